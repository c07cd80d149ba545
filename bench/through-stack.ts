import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import pMap from 'p-map'
import type { LocalEvent } from '../lib/local/events.ts'
import { startLocalStack, type LocalStack } from '../lib/local/stack.ts'
import { parseProcessId, type ProcessId } from '../lib/model/ids.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { startMessage } from '../lib/queue/messages.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/host/system.ts'
import { THREE_STEPS } from './three-steps.ts'

/** As many as a local stack has by default: two cores run no more at once. */
export const WORKERS = 2
const SQS_BATCH = 10
/** Senders and checkers at once: never what is waited for. */
const AT_ONCE = 8

export type BenchStack = {
  readonly stack: LocalStack
  /** Resolves once so many messages more are served, or rejects with the first that failed. */
  readonly served: (count: number) => Promise<void>
  /** How often each step's body ran: `<id> <step>` → times. */
  readonly runs: () => Promise<ReadonlyMap<string, number>>
  readonly stop: () => Promise<void>
}

/** The embedded stack with the bench's process: emulators, and workers in processes of their own behind the queue. */
export async function startBenchStack(options: {
  name: string
  dynamoEndpoint?: string
}): Promise<BenchStack> {
  const trace = join(tmpdir(), `leasehold-${options.name}-${process.pid}.trace`)
  const count = batchCounter()
  const stack = await startLocalStack({
    ...options,
    workers: WORKERS,
    workerEntry: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    // The emulators are compared with clients that read no stream: neither side pays for it.
    statusEvents: false,
    env: { BENCH_TRACE: trace },
    onEvent: count.onEvent,
  })
  return {
    stack,
    served: count.served,
    runs: async () => counted((await readFile(trace, 'utf8')).trimEnd().split('\n')),
    async stop() {
      await stack.stop()
      await rm(trace, { force: true })
    },
  }
}

/** Sends the start messages and waits until all are served. Answers how long that took. */
export async function driveStack({ stack, served }: BenchStack, ids: readonly ProcessId[]): Promise<number> {
  const startedAt = performance.now()
  const done = served(ids.length)
  const bodies = ids.map((id, index) => startMessage({ id, kind: THREE_STEPS, input: { order: index } }))
  await Promise.all([done, sendAll(stack.clients.sqs, stack.queueUrl, bodies)])
  return performance.now() - startedAt
}

/** Throws unless each process is completed, its log whole, and each of its steps ran exactly once. */
export async function expectAllDone(
  { stack, runs }: Pick<BenchStack, 'stack' | 'runs'>,
  ids: readonly ProcessId[],
): Promise<void> {
  const { clients, tableName } = stack
  const registry = new DynamoProcessRegistry({
    client: clients.dynamo,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const times = await runs()
  await pMap(
    ids,
    async (id) => {
      const record = await registry.get(id)
      const log = await registry.eventsAfter(id, 0)
      const said = log.map((entry) => (entry.type === 'effect' ? entry.name : entry.type)).join(' ')
      const ran = ['check', 'charge', 'ship'].map((step) => times.get(`${id} ${step}`) ?? 0).join(' ')
      const found = `${record?.status}: ${said}: ran ${ran}`
      if (found !== 'completed: check charge ship end: ran 1 1 1') throw new Error(`${id} is ${found}`)
    },
    { concurrency: AT_ONCE },
  )
}

export async function sendAll(sqs: SQSClient, QueueUrl: string, bodies: readonly string[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(bodies.length / SQS_BATCH) }, (_, index) =>
    bodies.slice(index * SQS_BATCH, (index + 1) * SQS_BATCH),
  )
  await pMap(
    batches,
    async (batch) => {
      const Entries = batch.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      if (Failed.length > 0) throw new Error(`${Failed.length} messages could not be sent`)
    },
    { concurrency: AT_ONCE },
  )
}

/** Ids of one length, so that every process is of one size. */
export function idsOf(prefix: string, count: number): ProcessId[] {
  return Array.from({ length: count }, (_, index) =>
    parseProcessId(`${prefix}-${String(index).padStart(7, '0')}`),
  )
}

function batchCounter() {
  let [wanted, seen] = [0, 0]
  let waiting = Promise.withResolvers<void>()
  return {
    served: (count: number): Promise<void> => {
      wanted += count
      waiting = Promise.withResolvers<void>()
      return waiting.promise
    },
    onEvent: (event: LocalEvent): void => {
      if (event.type !== 'batch') return
      if (event.failed.length > 0)
        waiting.reject(new Error(`${event.failed.length} messages failed: ${event.because ?? ''}`))
      seen += event.received.length
      if (seen >= wanted) waiting.resolve()
    },
  }
}

function counted(lines: readonly string[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const line of lines) times.set(line, (times.get(line) ?? 0) + 1)
  return times
}
