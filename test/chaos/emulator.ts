import { startSqs } from '../../lib/local/sqs.ts'
import { startStore } from '../../lib/local/store.ts'
import { testStore } from '../helpers/test-store.ts'

/** By the machine's clock, until it answered again. */
export type Outage = { readonly at: number; readonly until: number }

/** An emulator with its state on disk that is killed and comes back where it was. */
export type Emulator = {
  readonly endpoint: string
  /** When it was away. */
  readonly outages: readonly Outage[]
  /** kill -9, and start again. Resolves when it answers. */
  restart(around?: { readonly before: () => Promise<void>; readonly after: () => void }): Promise<void>
  /** Waits for a restart in progress. Again is harmless. */
  stop(): Promise<void>
}

type Running = {
  readonly endpoint: string
  readonly pid: number
  readonly ended: Promise<unknown>
  stop(): Promise<void>
}

export function dynamoOnDisk(dataDir: string): Promise<Emulator> {
  const store = testStore()
  return restartable((port) => startStore(store, { dataDir, ...(port === undefined ? {} : { port }) }))
}

export function sqsOnDisk(dataDir: string): Promise<Emulator> {
  const region = 'us-east-1'
  return restartable((port) => startSqs({ region, dataDir, ...(port === undefined ? {} : { port }) }))
}

async function restartable(start: (port?: number) => Promise<Running>): Promise<Emulator> {
  let running = await start()
  const { endpoint } = running
  const outages: Outage[] = []
  let stopped = false
  let restarting: Promise<void> = Promise.resolve()
  const restart: Emulator['restart'] = async (around) => {
    if (stopped) return
    await around?.before()
    const at = Date.now()
    process.kill(running.pid, 'SIGKILL')
    await running.ended
    around?.after()
    running = await start(Number(new URL(endpoint).port))
    outages.push({ at, until: Date.now() })
  }
  return {
    endpoint,
    outages,
    restart: (around) => (restarting = restarting.then(() => restart(around))),
    async stop() {
      stopped = true
      await restarting.catch(() => undefined)
      await running.stop()
    },
  }
}
