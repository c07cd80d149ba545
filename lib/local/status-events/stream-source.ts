import { setTimeout as pause } from 'node:timers/promises'
import { type DynamoDBStreamsClient, type _Record } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { passes } from '../../status-events/filter.ts'
import type { StatusEventsShape } from '../../status-events/shape.ts'
import { readBatchAnswer } from '../batch-answer.ts'
import type { InvocationOutcome } from '../environment.ts'
import type { OnLocalEvent } from '../events.ts'
import { ShardReader, shardsOf } from './shards.ts'

// Reads a table's stream and invokes a function with it, as Lambda's mapping does with ReportBatchItemFailures: one batch
// of a shard at a time, a child shard after its parent, filtered records passed over. A batch that failed is delivered
// again from its first failed record on, until it succeeds. Lambda would give up when a record is a day old; nothing here
// runs for so long.

/** Between two reads of a shard without records: a local stream has no other reader. */
const POLL_EVERY_MS = 100
/** New shards come every few hours. */
const LOOK_FOR_SHARDS_EVERY_MS = 2_000
const RETRY_FIRST_MS = 200
const RETRY_MAX_MS = 5_000

export type StreamSourceOptions = {
  readonly streams: DynamoDBStreamsClient
  readonly streamArn: string
  readonly region: string
  readonly shape: Pick<StatusEventsShape, 'batchSize' | 'filters'>
  readonly invoke: (event: DynamoDBStreamEvent) => Promise<InvocationOutcome>
  readonly onEvent: OnLocalEvent
}

export type StreamSource = {
  /** Resolves once everything that stood in the table by now has been served, or the source is stopped. */
  caughtUp(): Promise<void>
  /** Reads nothing more, and resolves when the invocations in progress are over. */
  stop(): Promise<void>
}

export function startStreamSource(options: StreamSourceOptions): StreamSource {
  const stopping = new AbortController()
  const { signal } = stopping
  const emptyReads: EmptyReads = new Map()
  const running = followShards(options, emptyReads, signal)
  return {
    async caughtUp() {
      const before = new Map(emptyReads)
      // One read may have been under way when this was asked, so the second is the one that counts.
      const behind = () => [...emptyReads].some(([shard, count]) => count < (before.get(shard) ?? 0) + 2)
      while (!signal.aborted && (emptyReads.size === 0 || behind())) await rest(POLL_EVERY_MS, signal)
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** How often each open shard was read and had nothing new. */
type EmptyReads = Map<string, number>

async function followShards(
  options: StreamSourceOptions,
  emptyReads: EmptyReads,
  signal: AbortSignal,
): Promise<void> {
  const reading = new Map<string, Promise<void>>()
  const finished = new Set<string>()
  while (!signal.aborted) {
    try {
      const shards = await shardsOf(options.streams, options.streamArn, signal)
      const known = new Set(shards.map(({ ShardId }) => ShardId))
      for (const { ShardId = '', ParentShardId } of shards) {
        // A parent that is no longer listed has nothing left to read.
        const waits = ParentShardId !== undefined && known.has(ParentShardId) && !finished.has(ParentShardId)
        if (reading.has(ShardId) || waits) continue
        emptyReads.set(ShardId, 0)
        const done = serveShard(options, { shardId: ShardId, emptyReads }, signal).then((ended) => {
          emptyReads.delete(ShardId)
          if (ended) finished.add(ShardId)
        })
        reading.set(ShardId, done)
      }
    } catch (error) {
      tell(options, 'read the shards of the stream', error, signal)
    }
    await rest(LOOK_FOR_SHARDS_EVERY_MS, signal)
  }
  await Promise.all(reading.values())
}

/** True once the shard is closed and all of it is served. */
async function serveShard(
  options: StreamSourceOptions,
  { shardId, emptyReads }: { shardId: string; emptyReads: EmptyReads },
  signal: AbortSignal,
): Promise<boolean> {
  const { streams, streamArn, shape } = options
  const reader = new ShardReader(streams, { streamArn, shardId })
  for (let failures = 0; !signal.aborted;) {
    try {
      const { records, closed } = await reader.read(shape.batchSize, signal)
      if (closed) return true
      if (records.length === 0) emptyReads.set(shardId, (emptyReads.get(shardId) ?? 0) + 1)
      const served = await serveBatch(options, records)
      if (served.upTo !== undefined) reader.done(served.upTo)
      failures = served.all ? 0 : failures + 1
      const restMs =
        failures > 0 ? Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1)) : POLL_EVERY_MS
      if (failures > 0 || records.length === 0) await rest(restMs, signal)
    } catch (error) {
      tell(options, 'read the stream', error, signal)
      await rest(RETRY_FIRST_MS, signal)
    }
  }
  return false
}

/** `upTo`: the last record that is done with, with all before it. */
type BatchResult = { readonly all: boolean; readonly upTo?: string | undefined }

async function serveBatch(options: StreamSourceOptions, records: readonly _Record[]): Promise<BatchResult> {
  const all = records.map((record) => recordOf(options, record))
  const batch = all.filter((record) => passes(options.shape.filters, record))
  const last = numberOf(all.at(-1))
  if (batch.length === 0) return { all: true, upTo: last }
  const outcome = await options.invoke({ Records: batch })
  const numbers = batch.map(numberOf).filter((number) => number !== undefined)
  const answer =
    outcome.kind === 'succeeded'
      ? readBatchAnswer(outcome.payload, numbers)
      : ({ failed: 'all', because: `${outcome.error.type}: ${outcome.error.message}` } as const)
  const failed = answer.failed === 'all' ? numbers : answer.failed
  options.onEvent({
    type: 'stream-batch',
    received: numbers,
    failed,
    ...('because' in answer ? { because: answer.because } : {}),
  })
  if (failed.length === 0) return { all: true, upTo: last }
  const from = Math.min(...failed.map((number) => all.findIndex((record) => numberOf(record) === number)))
  return { all: false, upTo: numberOf(all[from - 1]) }
}

function numberOf(record: DynamoDBRecord | undefined): string | undefined {
  return record?.dynamodb?.SequenceNumber
}

/** A record as a function gets it. Instants come in seconds and the service that deletes in lower case, as on AWS. */
function recordOf({ streamArn, region }: StreamSourceOptions, record: _Record): DynamoDBRecord {
  const { ApproximateCreationDateTime: at, ...dynamodb } = record.dynamodb ?? {}
  const { Type: type, PrincipalId: principalId } = record.userIdentity ?? {}
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion ?? '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    eventSourceARN: streamArn,
    ...(record.userIdentity === undefined ? {} : { userIdentity: { type, principalId } }),
    dynamodb: {
      ...(dynamodb as NonNullable<DynamoDBRecord['dynamodb']>),
      ApproximateCreationDateTime: Math.floor((at?.getTime() ?? 0) / 1_000),
    },
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

function tell({ onEvent }: StreamSourceOptions, doing: string, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) return
  onEvent({
    type: 'queue-trouble',
    doing,
    error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  })
}
