import { serveHttp } from '../http-server.ts'
import { Database } from './database.ts'
import { Disk } from './disk.ts'
import { answer } from './wire.ts'

export type EmbeddedStore = {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  /** Drops all connections and closes the file. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Starts a store that speaks DynamoDB's protocol on this port of the loopback or a free one. In memory, or with `dataDir`
 * (made if absent) on disk, where each acknowledged write is synced before its answer.
 */
export async function startEmbeddedStore(
  options: {
    readonly dataDir?: string
    readonly port?: number
    /** Of timestamps, of the time to live and of the lifetime of tokens. Default: the system's. */
    readonly now?: () => number
  } = {},
): Promise<EmbeddedStore> {
  const { dataDir, port, now = Date.now } = options
  const db = new Database({ now, ...(dataDir !== undefined && { disk: new Disk(dataDir) }) })
  const server = await serveHttp(
    (request, response) => answer(db, request, response),
    port === undefined ? {} : { port },
  )
  let stopped: Promise<void> | undefined
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    stop: () => {
      stopped ??= server.stop().then(() => db.close())
      return stopped
    },
  }
}
