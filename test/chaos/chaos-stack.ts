import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { build, stop as stopBundler } from 'esbuild'
import { esbuildOptions, ENTRIES } from '../../lib/bundle/options.ts'
import { ProcessClient } from '../../lib/client/client.ts'
import type { OnLocalEvent } from '../../lib/local/events.ts'
import { ensureTable } from '../../lib/local/resources.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SqsDoorbell } from '../../lib/queue/sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { dynamoOnDisk, sqsOnDisk, type Emulator } from './emulator.ts'
import { startProxy, type RequestOutcome, type Proxy } from './proxy.ts'

export const TABLE = 'leasehold-chaos'
/** A lease that many deaths fit in; renewed at a third, as deployed. */
export const LEASE_TTL_MS = 3_000
const TIMINGS = {
  leaseTtlMs: LEASE_TTL_MS,
  renewEveryMs: LEASE_TTL_MS / 3,
  sweepEveryMs: 1_000,
  // A run hands over ten seconds before its invocation ends: so each continues for four.
  functionTimeoutMs: 14_000,
  visibilityTimeoutMs: 14_000,
  receiveWaitMs: 1_000,
} as const
export const WORKERS = 16
const CONCURRENCY = 4

export type Parts = {
  readonly dynamo: Emulator
  readonly sqs: Emulator
  readonly proxy: Proxy
  readonly stack: LocalStack
  /** Past the proxy, for the recorder and the watch. */
  readonly direct: DynamoDBClient
  /** The caller's client, behind the proxy. */
  readonly client: ProcessClient
  /** The file to which workers log what their step bodies do. */
  readonly logs: string
}

export type ChaosStackOptions = {
  /** Contains the workers' logs and all state of the emulators. */
  readonly folder: string
  readonly onEvent: OnLocalEvent
}

/** Everything that runs, and how it is ended. */
export class ChaosStack {
  /** The fault that the next request to DynamoDB meets, if any. */
  outcome: () => RequestOutcome = () => ({ do: 'pass' })
  readonly #options: ChaosStackOptions
  readonly #closes: (() => Promise<unknown> | void)[] = []

  private constructor(options: ChaosStackOptions) {
    this.#options = options
  }

  /** Brings everything up; nothing is left where that fails. */
  static async open(options: ChaosStackOptions): Promise<{ chaosStack: ChaosStack; parts: Parts }> {
    const chaosStack = new ChaosStack(options)
    try {
      return { chaosStack, parts: await chaosStack.#start() }
    } catch (error) {
      await chaosStack.close()
      throw error
    }
  }

  /** The last that was started is ended first. Again is harmless. */
  async close(): Promise<void> {
    for (const close of this.#closes.splice(0).toReversed()) await close()
  }

  async #start(): Promise<Parts> {
    // Last of all: the stack bundles its other handlers, for which the bundler is started again.
    this.#closes.push(() => stopBundler())
    const [entries, dynamo, sqs] = await Promise.all([
      this.#bundle(),
      this.#kept(dynamoOnDisk(join(this.#options.folder, 'dynamodb'))),
      this.#kept(sqsOnDisk(join(this.#options.folder, 'sqs'))),
    ])
    const targetPort = Number(new URL(dynamo.endpoint).port)
    const proxy = await this.#kept(startProxy({ targetPort, outcome: () => this.outcome() }))
    const logs = join(this.#options.folder, 'workers.jsonl')
    writeFileSync(logs, '')
    // The recorder follows the stream. The stack makes a table without one where it runs no status events.
    const direct = this.#dynamoClient(dynamo.endpoint)
    await ensureTable(direct, TABLE)
    const stack = await this.#kept(
      startLocalStack({
        name: TABLE,
        dynamoEndpoint: `http://127.0.0.1:${proxy.port}`,
        sqsEndpoint: sqs.endpoint,
        timings: TIMINGS,
        workers: WORKERS,
        replaceKilled: true,
        statusEvents: false,
        concurrency: CONCURRENCY,
        ...entries,
        env: { CHAOS_WORKER_LOGS: logs, NODE_COMPILE_CACHE: join(this.#options.folder, 'compiled') },
        onEvent: this.#options.onEvent,
      }),
    )
    const client = this.#client(stack)
    return { dynamo, sqs, proxy, stack, direct, client, logs }
  }

  #dynamoClient(endpoint: string): DynamoDBClient {
    const client = new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
      requestHandler: { requestTimeout: 2_000, throwOnRequestTimeout: true },
    })
    this.#closes.push(() => client.destroy())
    return client
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
      const outfile = join(this.#options.folder, name, 'index.mjs')
      await build({ ...esbuildOptions(entry), outfile, write: true, sourcemap: false })
      return outfile
    }
    const [workerEntry, sweepEntry] = await Promise.all([
      bundled(join(import.meta.dirname, 'worker.ts'), 'worker'),
      bundled(ENTRIES.sweep, 'sweep'),
    ])
    return { workerEntry, sweepEntry }
  }

  /** It stands on the same bad wire as the workers do. */
  #client(stack: LocalStack): ProcessClient {
    const registry = new DynamoProcessRegistry({
      client: this.#dynamoClient(stack.dynamoEndpoint),
      tableName: TABLE,
      clock: SYSTEM_CLOCK,
      chance: SYSTEM_CHANCE,
    })
    const doorbell = new SqsDoorbell({ client: stack.clients.sqs, queueUrl: stack.queueUrl })
    return new ProcessClient({ registry, doorbell, clock: SYSTEM_CLOCK })
  }
}
