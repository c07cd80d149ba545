import { randomUUID } from 'node:crypto'
import type { StreamView } from './schema.ts'
import type { Table } from './table.ts'
import { itemBytes, type Attributes } from './values.ts'

/** "Sequence numbers are from 21 to 40 characters." */
const SEQUENCE_CHARS = 21

/** One row's change, as a request or the expiry of its time to live makes it. */
export type ItemChange = {
  readonly table: Table
  readonly key: Attributes
  readonly before: Attributes | undefined
  readonly after: Attributes | undefined
  /** The row was removed by the service, since its time was over. */
  readonly expired?: boolean
}
export type StreamEntry = { readonly sequence: number; readonly at: number; readonly record: StreamRecord }

export type StreamRecord = {
  readonly eventID: string
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly eventVersion: '1.1'
  readonly eventSource: 'aws:dynamodb'
  readonly awsRegion: string
  readonly dynamodb: {
    /** In seconds. */
    readonly ApproximateCreationDateTime: number
    readonly Keys: Attributes
    readonly NewImage?: Attributes
    readonly OldImage?: Attributes
    readonly SequenceNumber: string
    readonly SizeBytes: number
    readonly StreamViewType: StreamView
  }
  readonly userIdentity?: { readonly PrincipalId: string; readonly Type: string }
}

export function streamRecord(
  change: ItemChange,
  view: StreamView,
  sequence: number,
  now: number,
): StreamRecord {
  const { key, before, after, expired } = change
  const old = view === 'OLD_IMAGE' || view === 'NEW_AND_OLD_IMAGES' ? before : undefined
  const fresh = view === 'NEW_IMAGE' || view === 'NEW_AND_OLD_IMAGES' ? after : undefined
  const bytes = [key, old, fresh].reduce((sum, each) => sum + (each === undefined ? 0 : itemBytes(each)), 0)
  return {
    eventID: randomUUID(),
    eventName: nameOf(before, after),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'ddblocal',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(now / 1_000),
      Keys: key,
      ...(fresh && { NewImage: fresh }),
      ...(old && { OldImage: old }),
      SequenceNumber: sequenceText(sequence),
      SizeBytes: bytes,
      StreamViewType: view,
    },
    // "Items that are deleted by TTL are marked as a service deletion."
    ...(expired === true && { userIdentity: { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' } }),
  }
}

export function sequenceText(sequence: number): string {
  return String(sequence).padStart(SEQUENCE_CHARS, '0')
}

function nameOf(before: Attributes | undefined, after: Attributes | undefined): StreamRecord['eventName'] {
  if (before === undefined) return 'INSERT'
  return after === undefined ? 'REMOVE' : 'MODIFY'
}
