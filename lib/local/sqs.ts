import { mkdirSync } from 'node:fs'
import { moduleFile } from '../bundle/module-file.ts'
import { startServer, type LocalServer } from './server.ts'

/**
 * Starts the SQS emulator in a process of its own, on this port or a free one. In memory, or with `dataDir` (made if
 * absent) on disk.
 *
 * Throws `EmulatorFailed` if it does not come up.
 */
export function startSqs(options: {
  region: string
  dataDir?: string
  /** For an emulator that was killed: its clients find it again at this port. */
  port?: number
}): Promise<LocalServer> {
  const { region, dataDir, port = 0 } = options
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true })
  return startServer({
    emulator: 'the SQS emulator',
    script: moduleFile(import.meta, './sqs-server'),
    args: [region, String(port), ...(dataDir === undefined ? [] : [dataDir])],
  })
}
