import { serveHttp } from '../http-server.ts'
import { Database, type IsHeld } from './database.ts'
import { Disk } from './disk.ts'
import { sweepExpired } from './expiry.ts'
import { answer } from './wire.ts'

/** Between two sweeps for expired items. The service takes days; a developer waits seconds. */
const SWEEP_EVERY_MS = 1_000

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
    /**
     * Makes transaction conflicts happen, for tests: this store never runs two requests at once, so that none arise by
     * themselves. Default: no item is held.
     */
    readonly isHeld?: IsHeld
  } = {},
): Promise<EmbeddedStore> {
  const { dataDir, port, now = Date.now, isHeld } = options
  const db = new Database({
    now,
    ...(dataDir !== undefined && { disk: new Disk(dataDir) }),
    ...(isHeld !== undefined && { isHeld }),
  })
  const server = await serveHttp(
    (request, response) => answer(db, request, response),
    port === undefined ? {} : { port },
  )
  const sweeps = setInterval(() => sweepExpired(db), SWEEP_EVERY_MS)
  // Sweeps alone do not keep the process alive.
  sweeps.unref()
  let stopped: Promise<void> | undefined
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    stop: () => {
      clearInterval(sweeps)
      stopped ??= server.stop().then(() => db.close())
      return stopped
    },
  }
}
