import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { ProcessClient } from '../../lib/client/client.ts'
import { localClients } from '../../lib/local/emulators.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SqsDoorbell } from '../../lib/worker/queue/queue-sqs.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/worker/system.ts'
import { check } from '../simulation/checker/check.ts'
import type { Violation } from '../simulation/history.ts'
import { Random } from '../simulation/world/random.ts'
import { ChaosLoad } from './load.ts'
import { merged, readStream, readTold, scan, type Told, type WriteFact } from './recorder.ts'
import { REGION, startServices, type Services } from './services.ts'
import { Storm } from './storm.ts'

const TIMINGS = {
  leaseTtlMs: 1_500,
  renewEveryMs: 500,
  sweepEveryMs: 500,
  functionTimeoutMs: 20_000,
  visibilityTimeoutMs: 20_000,
  receiveWaitMs: 1_000,
}
const WORKERS = 6
/** So many processes a second: enough that every worker that is killed holds some. */
const START_EVERY_MS = 120
/** What is left when the storm is over has this long to end. */
const DRAIN_MAX_MS = 60_000

export type ChaosReport = {
  readonly seed: number
  readonly counts: Readonly<Record<string, number>>
  readonly kills: number
  readonly processes: number
  readonly writes: number
  /** From the death of an owner to the next claim of its process, in lease times. */
  readonly recovery: { readonly count: number; readonly p50: number; readonly p99: number }
  readonly violations: readonly Violation[]
}

/** Runs the whole system on real parts, does to it what it can, and judges what is left. Leaves no process behind. */
export async function runChaos({ seconds, seed }: { seconds: number; seed: number }): Promise<ChaosReport> {
  const storm = new Storm(new Random(seed, 'storm'), TIMINGS.leaseTtlMs)
  const services = await startServices(() => storm.mischief())
  try {
    const told = join(services.dir, 'told')
    mkdirSync(told)
    const stack = await startLocalStack({
      dynamoEndpoint: services.troubled.dynamo,
      sqsEndpoint: services.troubled.sqs,
      workerEntry: join(import.meta.dirname, 'worker.ts'),
      workers: WORKERS,
      timings: TIMINGS,
      env: { CHAOS_DIR: told },
    })
    try {
      return await rage({ storm, services, stack, told, seed, seconds })
    } finally {
      await stack.stop()
    }
  } finally {
    await services.stop()
  }
}

type Parts = {
  readonly storm: Storm
  readonly services: Services
  readonly stack: LocalStack
  readonly told: string
  readonly seed: number
  readonly seconds: number
}

async function rage(parts: Parts): Promise<ChaosReport> {
  const { storm, services, stack, seed, seconds } = parts
  const { dynamo: dynamoEndpoint, sqs: sqsEndpoint } = services.calm
  const clients = localClients({ region: REGION, dynamoEndpoint, sqsEndpoint })
  const registry = new DynamoProcessRegistry({
    client: clients.dynamo,
    tableName: stack.tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const doorbell = new SqsDoorbell({ client: clients.sqs, queueUrl: stack.queueUrl })
  const client = new ProcessClient({ registry, doorbell, clock: SYSTEM_CLOCK })
  const random = new Random(seed, 'load')
  const load = new ChaosLoad({ client, sqs: clients.sqs, queueUrl: () => stack.queueUrl, random })
  try {
    let raging = true
    const storming = storm.rage(stack, services, seconds * 1_000).finally(() => {
      raging = false
    })
    while (raging) {
      await load.start()
      await pause(START_EVERY_MS)
    }
    await storming
    await load.said()
    await drained(client, [...load.expected.keys()])
    const streams = new DynamoDBStreamsClient({
      endpoint: dynamoEndpoint,
      region: REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    const writes = await readStream(clients.dynamo, streams, stack.tableName)
    streams.destroy()
    const end = await scan(clients.dynamo, stack.tableName)
    return judged(parts, load, writes, end)
  } finally {
    clients.dynamo.destroy()
    clients.sqs.destroy()
  }
}

/** Waits until every process has ended; what has not by then is a finding of the checker. */
async function drained(client: ProcessClient, ids: readonly string[]): Promise<void> {
  const until = Date.now() + DRAIN_MAX_MS
  for (const id of ids) {
    while (Date.now() < until) {
      const record = await client.get(id)
      if (record !== undefined && 'endedAt' in record && record.owes !== true) break
      await pause(100)
    }
  }
}

function judged(
  { storm, seed, told: dir }: Parts,
  load: ChaosLoad,
  writes: readonly WriteFact[],
  end: Awaited<ReturnType<typeof scan>>,
): ChaosReport {
  const told = readTold(dir)
  const facts = merged(writes, told, load.facts)
  const violations = [...missing(writes, end), ...check({ facts, end }, load.expectations)]
  const recoveries = recoveriesOf(writes, told, storm).toSorted((a, b) => a - b)
  const quantile = (q: number) =>
    (recoveries[Math.floor((recoveries.length - 1) * q)] ?? 0) / TIMINGS.leaseTtlMs
  return {
    seed,
    counts: Object.fromEntries(storm.counts),
    kills: storm.kills.length,
    processes: load.expected.size,
    writes: writes.length,
    recovery: { count: recoveries.length, p50: quantile(0.5), p99: quantile(0.99) },
    violations,
  }
}

/** A stream with a hole would make the checker see less than there was: its last images have to be the table. */
function missing(writes: readonly WriteFact[], end: Awaited<ReturnType<typeof scan>>): Violation[] {
  const last = new Map(writes.map(({ pk, sk, after }) => [`${pk}/${sk}`, after]))
  const differ = end.filter((item) => {
    const seen = last.get(`${String(item['pk'])}/${String(item['sk'])}`)
    return seen?.['c'] !== item['c'] || seen?.['q'] !== item['q'] || seen?.['s'] !== item['s']
  })
  return differ.length === 0
    ? []
    : [
        {
          invariant: 'the history is whole',
          says: `${differ.length} items differ from the stream's last image`,
        },
      ]
}

/** From each kill to the claim that took a process of the dead owner over. */
function recoveriesOf(writes: readonly WriteFact[], told: readonly Told[], storm: Storm): number[] {
  const killedAt = new Map(storm.kills.map(({ pid, at }) => [pid, at]))
  const diedAt = new Map<string, number>()
  for (const each of told) {
    const at = each.kind === 'born' ? killedAt.get(each.pid) : undefined
    if (at !== undefined) diedAt.set(each.by, at)
  }
  return writes.flatMap(({ sk, before, after }) => {
    if (sk !== 'PROCESS' || before?.['s'] !== 'running' || after?.['s'] !== 'running') return []
    if (before['f'] === after['f']) return []
    const died = diedAt.get((before['gr'] as { o: string }).o)
    const claimed = (after['gr'] as { c: number }).c
    return died === undefined || claimed < died ? [] : [claimed - died]
  })
}
