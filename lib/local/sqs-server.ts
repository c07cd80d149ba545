import { startFauxqs } from 'fauxqs'
import { keepCompiled } from './compile-cache.ts'
import { dieWithParent } from './lifeline.ts'

// The SQS emulator in a process of its own, so that it can be killed and started again like everything else here.
//
//   node sqs-server.ts <region> <port, 0 for a free one> [folder for its data]

dieWithParent()
const [region = '', port = '0', dataDir] = process.argv.slice(2)
const server = await startFauxqs({
  port: Number(port),
  logger: false,
  defaultRegion: region,
  ...(dataDir === undefined ? {} : { dataDir }),
})
process.stdout.write(`listening ${server.port}\n`)
keepCompiled()
