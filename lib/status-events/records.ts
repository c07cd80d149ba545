import type { AttributeValue as SdkValue } from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda'
import type { EpochMs } from '../model/clock.ts'
import { wakeSourceOf } from '../model/due.ts'
import type { ProcessId } from '../model/ids.ts'
import { isTerminal } from '../model/record.ts'
import { relatedItemsKeptUntil } from '../model/retention.ts'
import { readImage, type ProcessImage } from '../registry/codec/projections.ts'
import { idOf, PROCESS } from '../registry/codec/keys.ts'
import { fromAttributes } from '../registry/store/refusals.ts'
import { mayHaveRelatedItems, statusEventOf, type StatusEvent } from './event.ts'

/** What one record of the stream asks for. */
export type RecordTasks = {
  readonly publish?: StatusEvent & { readonly at: EpochMs }
  /** The process has ended: what stands beside its row is to go. */
  readonly setExpiry?: { readonly id: ProcessId; readonly keptUntil: EpochMs }
  /** Its row is gone. */
  readonly clear?: { readonly id: ProcessId }
  /** Nothing keeps the process, which is open, from being forgotten. */
  readonly breach?: { readonly id: ProcessId }
}

const NOTHING: RecordTasks = {}

/** Reads a record. What is no process item asks for nothing. Throws `UnreadableItem`. */
export function readStreamRecord(record: DynamoDBRecord): RecordTasks {
  const { dynamodb = {} } = record
  if (dynamodb.Keys?.['sk']?.S !== PROCESS) return NOTHING
  const after = imageOf(dynamodb.NewImage)
  if (after === undefined) {
    return { clear: { id: idOf({ pk: dynamodb.Keys['pk']?.S ?? '' }) } }
  }
  const at = Math.round((dynamodb.ApproximateCreationDateTime ?? 0) * 1_000)
  const breach = isForgotten(after) ? { breach: { id: after.id } } : NOTHING
  const publish = statusEventOf(readableOrNone(dynamodb.OldImage), after, at)
  if (publish === undefined) return breach
  const { id, status, endedAt, limits } = after
  if (!isTerminal(status) || endedAt === undefined || !mayHaveRelatedItems(after))
    return { ...breach, publish: { ...publish, at } }
  const keptUntil = relatedItemsKeptUntil({ endedAt, ...(limits === undefined ? {} : { limits }) })
  return { publish: { ...publish, at }, setExpiry: { id, keptUntil } }
}

/**
 * Audits each write (C52): an open process has to be due, or to wait for a named event. A lease alone is not enough, since a
 * running row is due at its lease's end. A wait that a newer version wrote, and this one cannot read, passes the audit.
 */
function isForgotten(after: ProcessImage): boolean {
  if (after.status === 'waiting' && after.wait === undefined) return false
  return wakeSourceOf(after, undefined, 0) === 'breach'
}

/** The key of a record as errors and dead letters name it. */
export function keyOf({ dynamodb }: DynamoDBRecord): string {
  return `${dynamodb?.Keys?.['pk']?.S ?? '?'}/${dynamodb?.Keys?.['sk']?.S ?? '?'}`
}

type StoredImage = { [attribute: string]: AttributeValue } | undefined

function imageOf(image: StoredImage): ProcessImage | undefined {
  // Lambda sends what the SDK would, but for binary values, of which our items have none.
  return image === undefined ? undefined : readImage(fromAttributes(image as Record<string, SdkValue>))
}

/** The item before the change serves only to find out what changed. If it is unreadable, the event is published anyway. */
function readableOrNone(image: StoredImage): ProcessImage | undefined {
  try {
    return imageOf(image)
  } catch {
    return undefined
  }
}
