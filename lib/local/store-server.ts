import { startEmbeddedStore } from './embedded/embedded-store.ts'
import { keepCompiled } from './compile-cache.ts'
import { dieWithParent } from './lifeline.ts'

// The embedded store in a process of its own, so that it can be killed and started again like everything else here.
//
//   node store-server.ts <port, 0 for a free one> [folder for its data]

dieWithParent()
const [port = '0', dataDir] = process.argv.slice(2)
const store = await startEmbeddedStore({
  ...(port === '0' ? {} : { port: Number(port) }),
  ...(dataDir === undefined ? {} : { dataDir }),
})
process.stdout.write(`listening ${new URL(store.endpoint).port}\n`)
keepCompiled()
