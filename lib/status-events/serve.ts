import pMap from 'p-map'
import type { DynamoDBRecord } from 'aws-lambda'
import type { Clock } from '../model/clock.ts'
import { LeaseholdError } from '../model/errors.ts'
import { codeOf } from '../model/failure.ts'
import { EXPIRY_WRITES_AT_ONCE } from '../model/limits.ts'
import { OBJECT_KEPT_MS } from '../model/limits-status-events.ts'
import type { LargePayloads } from '../registry/payload-ports.ts'
import type { Retention } from '../registry/retention.ts'
import { tellBreach } from '../telemetry/breach.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { DeadRecord, DeadRecords } from './dead-letters.ts'
import { publishInOrder, type PublishParts } from './publish.ts'
import { keyOf, readStreamRecord, type RecordTasks } from './records.ts'

export type ServeParts = PublishParts & {
  readonly clock: Clock
  readonly deadRecords: DeadRecords
  readonly retention: Pick<Retention, 'setExpiry' | 'clear'>
  /** Where large values are, if the functions keep any. */
  readonly large?: LargePayloads
  readonly telemetry: Telemetry
}

type ReadRecord = { readonly record: DynamoDBRecord; readonly index: number; readonly asked: RecordTasks }

/**
 * Serves a batch of the stream in order. Returns undefined if all records are done, else the sequence number of the first one
 * that is not: the stream delivers from there again. A record delivered twice is published twice, under the same event ids.
 *
 * An unreadable record, and an event that the bus will never accept, go to the dead-letter queue for an operator, and the
 * batch continues: no single process stops the stream.
 */
export async function serveRecords(
  parts: ServeParts,
  records: readonly DynamoDBRecord[],
): Promise<string | undefined> {
  const undone = new Set<number>()
  const reads: ReadRecord[] = []
  for (const [index, record] of records.entries()) {
    const asked = await readOrDeadLetter(parts, record)
    if (asked === 'failed') undone.add(index)
    else if (asked !== 'buried') reads.push({ record, index, asked })
  }
  // A batch that comes again counts it again: what matters is that it is not zero.
  for (const { asked } of reads) if (asked.breach !== undefined) tellBreach(parts.telemetry, asked.breach.id)
  for (const index of await publish(parts, reads)) undone.add(index)
  for (const index of await expire(parts, reads)) undone.add(index)
  const first = Math.min(...undone)
  if (undone.size === 0) return undefined
  parts.telemetry.count('StatusEventDelayed', records.length - first)
  return records[first]?.dynamodb?.SequenceNumber
}

async function readOrDeadLetter(
  parts: ServeParts,
  record: DynamoDBRecord,
): Promise<RecordTasks | 'buried' | 'failed'> {
  try {
    return readStreamRecord(record)
  } catch (error) {
    const reason = error instanceof LeaseholdError ? error.message : 'its record could not be read'
    parts.telemetry.error(
      'a stream record cannot be read as a status event; it goes to the dead-letter queue',
      error,
      { key: keyOf(record) },
    )
    const deadLettered = await deadLetter(parts, record, { code: codeOf(error), reason })
    return deadLettered ? 'buried' : 'failed'
  }
}

/** False where it could not be put there either. */
async function deadLetter(
  { deadRecords, telemetry }: ServeParts,
  record: DynamoDBRecord,
  why: Pick<DeadRecord, 'code' | 'reason' | 'event'>,
): Promise<boolean> {
  const key = keyOf(record)
  const { eventName = 'UNKNOWN', dynamodb } = record
  try {
    await deadRecords.put({ key, eventName, sequenceNumber: dynamodb?.SequenceNumber ?? '', ...why })
    telemetry.count('StatusEventDeadLettered', 1, { key, code: why.code })
    return true
  } catch (error) {
    telemetry.error('a record could not be put among the dead letters; the stream delivers it again', error, {
      key,
    })
    return false
  }
}

/** Answers the places of records whose events are not told. */
async function publish(parts: ServeParts, reads: readonly ReadRecord[]): Promise<readonly number[]> {
  const events = reads.flatMap((read) =>
    read.asked.publish === undefined ? [] : [{ ...read.asked.publish, read }],
  )
  const { taken, refused, left, because = '' } = await publishInOrder(parts, events)
  if (taken.length > 0) parts.telemetry.count('StatusEventPublished', taken.length)
  if (left.length > 0)
    parts.telemetry.warn('the bus did not take all events; the stream delivers them again', {
      left: left.length,
      because,
    })
  const notDeadLettered: number[] = []
  for (const { event, because: reason } of refused) {
    const { read, type, detail } = event
    const { id, kind, fence } = detail
    parts.telemetry.warn('the bus refused an event for good', { id, kind, fence, because: reason })
    const deadLettered = await deadLetter(parts, read.record, {
      code: 'event_refused',
      reason,
      event: { type, detail },
    })
    if (!deadLettered) notDeadLettered.push(read.index)
  }
  return [...left.map(({ read }) => read.index), ...notDeadLettered]
}

/** Answers the places of records whose process could not be let go. Repeating it writes nothing twice. */
async function expire(parts: ServeParts, reads: readonly ReadRecord[]): Promise<readonly number[]> {
  const failed = await pMap(
    reads,
    async ({ index, asked }) => {
      try {
        await expireOne(parts, asked)
        if (asked.clear !== undefined) await releaseObjects(parts, asked.clear.id)
        return []
      } catch (error) {
        const id = asked.setExpiry?.id ?? asked.clear?.id
        parts.telemetry.error(
          'the items of an ended process got no expiry time; the stream delivers the record again',
          error,
          {
            id,
          },
        )
        return [index]
      }
    },
    { concurrency: EXPIRY_WRITES_AT_ONCE },
  )
  return failed.flat()
}

async function expireOne(
  { retention, telemetry, clock }: ServeParts,
  { setExpiry, clear }: RecordTasks,
): Promise<void> {
  const count =
    setExpiry === undefined
      ? clear === undefined
        ? 0
        : await retention.clear(clear.id, clock.now())
      : await retention.setExpiry(setExpiry.id, setExpiry.keptUntil)
  if (count > 0) telemetry.count('ExpirySet', count, { id: setExpiry?.id ?? clear?.id })
}

/**
 * A refusal by the place for large values stops no stream: it costs storage, and is reported. A request that fails by chance was
 * tried again by its client.
 */
async function releaseObjects({ large, clock, telemetry }: ServeParts, id: string): Promise<void> {
  try {
    const count = (await large?.release?.(id, clock.now() - OBJECT_KEPT_MS)) ?? 0
    if (count > 0) telemetry.count('ExpirySet', count, { id })
  } catch (error) {
    telemetry.error(
      'the large values of a removed process stay in their bucket: they could not be marked for removal',
      error,
      {
        id,
      },
    )
  }
}
