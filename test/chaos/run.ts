import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { build, stop as stopBundler } from 'esbuild'
import { esbuildOptions, ENTRIES } from '../../lib/bundle/options.ts'
import { ProcessClient } from '../../lib/client/client.ts'
import type { LocalEvent } from '../../lib/local/events.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import type { Item } from '../../lib/registry/store/store.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { SqsDoorbell } from '../../lib/worker/queue/queue-sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/worker/system.ts'
import { dynamoOnDisk, sqsOnDisk, type Emulator } from './emulator.ts'
import { Faults, fates } from './faults.ts'
import { judge } from './judge.ts'
import { Load } from './load.ts'
import { startProxy, type Fate, type Proxy } from './proxy.ts'
import { StreamRecorder } from './recorder.ts'
import { reportOf, type ChaosReport } from './report.ts'
import { readTold } from './told.ts'

const TABLE = 'leasehold-chaos'
/** A lease that many deaths fit in; renewed at a third, as deployed. */
export const LEASE_TTL_MS = 3_000
const TIMINGS = {
  leaseTtlMs: LEASE_TTL_MS,
  renewEveryMs: LEASE_TTL_MS / 3,
  sweepEveryMs: 1_000,
  // A run hands over ten seconds before its invocation ends: so each goes on for four.
  functionTimeoutMs: 14_000,
  visibilityTimeoutMs: 14_000,
  receiveWaitMs: 1_000,
} as const
const WORKERS = 16
const CONCURRENCY = 4
/**
 * Processes open at a time. DynamoDB Local on disk takes some hundred writes a second, on a busy machine a tenth of that,
 * and each running process renews its lease once a second: more of them would leave no room for anything else.
 */
const OPEN = 24
/** Kills that are aimed at: with some to spare over what has to be reached. */
const KILLS_PER_SECOND = 3.7
/** Until a lost doorbell is rung again (30 s), and then some. */
const DRAIN_MAX_MS = 60_000
const LOOK_EVERY_MS = 100

export type ChaosOptions = {
  readonly seconds: number
  readonly seed: number
  /** Goes on until so many workers were killed, for half as long again at most. Default none. */
  readonly kills?: number
  readonly say?: (line: string) => void
  /** Where to leave the history, a fact a line, for a look at what went wrong. */
  readonly keep?: string
}

/** A whole run: brings the stack up, lets chaos loose on it, lets it come to rest, and judges what is left. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-chaos-'))
  const ground = await Ground.open(folder, options)
  try {
    return await ground.run()
  } finally {
    await ground.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Parts = {
  readonly dynamo: Emulator
  readonly sqs: Emulator
  readonly proxy: Proxy
  readonly stack: LocalStack
  readonly direct: DynamoDBClient
}

/** Everything that runs, and how it is ended. */
class Ground {
  readonly #options: ChaosOptions
  readonly #folder: string
  readonly #closes: (() => Promise<unknown> | void)[] = []
  readonly #workers = new Map<number, number>()
  #fate: () => Fate = () => ({ do: 'pass' })
  #parts: Parts | undefined

  private constructor(folder: string, options: ChaosOptions) {
    this.#folder = folder
    this.#options = options
  }

  static async open(folder: string, options: ChaosOptions): Promise<Ground> {
    const ground = new Ground(folder, options)
    try {
      ground.#parts = await ground.#start()
      return ground
    } catch (error) {
      await ground.close()
      throw error
    }
  }

  /** The last that was started is ended first. Again is harmless. */
  async close(): Promise<void> {
    for (const close of this.#closes.splice(0).toReversed()) await close()
  }

  async #start(): Promise<Parts> {
    const [entries, dynamo, sqs] = await Promise.all([
      this.#bundle(),
      this.#kept(dynamoOnDisk(join(this.#folder, 'dynamodb'))),
      this.#kept(sqsOnDisk(join(this.#folder, 'sqs'))),
    ])
    const targetPort = Number(new URL(dynamo.endpoint).port)
    const proxy = await this.#kept(startProxy({ targetPort, fate: () => this.#fate() }))
    writeFileSync(this.#told, '')
    const stack = await this.#kept(
      startLocalStack({
        name: TABLE,
        dynamoEndpoint: `http://127.0.0.1:${proxy.port}`,
        sqsEndpoint: sqs.endpoint,
        timings: TIMINGS,
        workers: WORKERS,
        replaceKilled: true,
        concurrency: CONCURRENCY,
        ...entries,
        env: { CHAOS_TOLD: this.#told, NODE_COMPILE_CACHE: join(this.#folder, 'compiled') },
        onEvent: (event) => this.#noticed(event),
      }),
    )
    const direct = this.#dynamoClient(dynamo.endpoint, stack.region)
    return { dynamo, sqs, proxy, stack, direct }
  }

  #dynamoClient(endpoint: string, region: string): DynamoDBClient {
    const client = new DynamoDBClient({
      endpoint,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: { requestTimeout: 2_000, throwOnRequestTimeout: true },
    })
    this.#closes.push(() => client.destroy())
    return client
  }

  get #told(): string {
    return join(this.#folder, 'told.jsonl')
  }

  /** Remembers to stop it. */
  async #kept<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const started = await starting
    this.#closes.push(() => started.stop())
    return started
  }

  /** As they are deployed: one file each. */
  async #bundle(): Promise<{ workerEntry: string; sweepEntry: string }> {
    const bundled = async (entry: string, name: string): Promise<string> => {
      const outfile = join(this.#folder, name, 'index.mjs')
      await build({ ...esbuildOptions(entry), outfile, write: true, sourcemap: false })
      return outfile
    }
    const [workerEntry, sweepEntry] = await Promise.all([
      bundled(join(import.meta.dirname, 'worker.ts'), 'worker'),
      bundled(ENTRIES.sweep, 'sweep'),
    ])
    await stopBundler()
    return { workerEntry, sweepEntry }
  }

  #noticed(event: LocalEvent): void {
    if (event.type === 'environment-started' && event.function === 'worker')
      this.#workers.set(event.pid, performance.now())
    if (event.type === 'environment-ended') this.#workers.delete(event.pid)
    if (process.env['CHAOS_LOG'] !== undefined)
      process.stderr.write(`${Date.now()} ${JSON.stringify(event)}\n`)
  }

  async run(): Promise<ChaosReport> {
    const { seconds, seed, say = () => undefined } = this.#options
    if (this.#parts === undefined) throw new Error('nothing is started')
    const { dynamo, sqs, proxy, stack, direct } = this.#parts
    // Streams of chance of their own: what one part draws does not move the others.
    const programs = chanceOf(seed, 1)
    const blows = chanceOf(seed, 2)
    const wire = chanceOf(seed, 3)
    const [open, ended] = [new Set<string>(), new Set<string>()]
    const recorder = new StreamRecorder({
      dynamo: direct,
      endpoint: dynamo.endpoint,
      tableName: TABLE,
      onWrite({ pk, sk, after }) {
        if (sk !== 'PROCESS' || after === undefined) return
        const over = after['ea'] !== undefined && after['d'] === undefined
        ;(over ? ended : open).add(pk.slice(2))
        if (over) open.delete(pk.slice(2))
      },
    })
    const load = new Load({ random: programs, client: this.#client(stack), stack, ended, open: OPEN })
    const faults = new Faults({
      random: blows,
      workers: () => this.#workers,
      dynamo,
      proxy,
      sqs,
      leaseTtlMs: LEASE_TTL_MS,
      seconds,
      killsPerSecond: KILLS_PER_SECOND,
      kills: this.#options.kills ?? 0,
    })
    recorder.start()
    const loading = load.run()
    this.#fate = fates(wire)
    const beganAt = performance.now()
    try {
      await faults.run()
      load.stop()
      this.#fate = () => ({ do: 'pass' })
      const chaosMs = Math.round(performance.now() - beganAt)
      say(`chaos is over after ${chaosMs} ms; ${load.asked.size} processes asked for, ${open.size} open`)
      await loading
      await this.#drained(load, open)
      await recorder.caughtUp()
      const drainMs = Math.round(performance.now() - beganAt) - chaosMs
      const end = await everything(direct)
      const told = readTold(this.#told)
      const { writes } = recorder
      if (this.#options.keep !== undefined)
        keep(this.#options.keep, { writes, told, blows: faults.blows, asked: load.facts })
      const violations = judge({ writes, told, end, load })
      return reportOf({
        seed,
        seconds,
        leaseTtlMs: LEASE_TTL_MS,
        chaosMs,
        drainMs,
        load,
        writes,
        told,
        blows: faults.blows,
        wire: proxy.counts,
        outages: { dynamo: dynamo.outagesMs, sqs: sqs.outagesMs },
        violations,
      })
    } finally {
      load.stop()
      await recorder.stop()
    }
  }

  /** It stands on the same bad wire as the workers do. */
  #client(stack: LocalStack): ProcessClient {
    const registry = new DynamoProcessRegistry({
      client: this.#dynamoClient(stack.dynamoEndpoint, stack.region),
      tableName: TABLE,
      clock: SYSTEM_CLOCK,
      chance: SYSTEM_CHANCE,
    })
    const doorbell = new SqsDoorbell({ client: stack.clients.sqs, queueUrl: stack.queueUrl })
    return new ProcessClient({ registry, doorbell, clock: SYSTEM_CLOCK })
  }

  /**
   * Until every request was accepted and every process has ended and owes nobody anything, or patience is over. It counts
   * looks and not the clock: a machine that stands still for a minute does not use it up.
   */
  async #drained(load: Load, open: ReadonlySet<string>): Promise<void> {
    const settled = load.settled().then(() => true)
    for (let looks = 0; looks < DRAIN_MAX_MS / LOOK_EVERY_MS; looks += 1) {
      const talking = !(await Promise.race([settled, pause(LOOK_EVERY_MS, false)]))
      if (!talking && load.open.length === 0 && open.size === 0) return
      if (!talking) await pause(LOOK_EVERY_MS)
    }
  }
}

function chanceOf(seed: number, part: number): () => number {
  const chance = seededChance(seed * 7 + part)
  return () => chance.random()
}

function keep(file: string, lists: Readonly<Record<string, readonly object[]>>): void {
  const lines = Object.entries(lists).flatMap(([list, facts]) =>
    facts.map((fact) => JSON.stringify({ list, ...fact })),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
}

async function everything(client: DynamoDBClient): Promise<Item[]> {
  const items: Item[] = []
  for await (const page of paginateScan({ client }, { TableName: TABLE, ConsistentRead: true }))
    for (const item of page.Items ?? []) items.push(unmarshall(item))
  return items
}
