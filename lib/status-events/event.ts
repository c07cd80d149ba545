import type { EpochMs } from '../model/clock.ts'
import type { Json } from '../model/json.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import { isTerminal, type Evidence, type Status, type StoredOutput, type Wait } from '../model/record.ts'
import { reasonIn } from '../model/requests.ts'
import type { ProcessImage } from '../registry/codec/projections.ts'

export const STATUS_EVENT_SOURCE = 'leasehold'

/** The detail types of the bus, each with what happened. Rules subscribe by these names, so they never change. */
export const DETAIL_TYPES = {
  registered: 'Process Registered',
  started: 'Process Started',
  resumed: 'Process Resumed',
  parked: 'Process Parked',
  stuck: 'Process Stuck',
  completed: 'Process Completed',
  failed: 'Process Failed',
  cancelled: 'Process Cancelled',
  abandoned: 'Process Abandoned',
} as const
export type DetailType = (typeof DETAIL_TYPES)[keyof typeof DETAIL_TYPES]

/** The event of a change of status. It omits values over 512 bytes, and encoded ones: read them by the process id. */
export type StatusEventDetail = {
  readonly version: 1
  /** The same each time that this change is published, so consumers can drop repetitions. */
  readonly eventId: string
  /** Grows with each change of a process: a consumer can drop an event with a lower revision than its own. */
  readonly revision: number
  readonly id: string
  readonly kind: string
  readonly scope?: string
  readonly status: Status
  /** Absent where the process was just registered. */
  readonly previousStatus?: Status
  readonly fence: number
  readonly at: EpochMs
  readonly createdAt: EpochMs
  readonly startedAt?: EpochMs
  readonly endedAt?: EpochMs
  readonly parent?: string
  readonly source?: string
  readonly retryOf?: string
  readonly waitingFor?: {
    readonly for: Wait['for']
    readonly on?: readonly string[]
    readonly dueAt?: EpochMs
  }
  readonly output?: Json
  /** Where the output is not in the event. */
  readonly outputBytes?: number
  readonly error?: ErrorFacts
  readonly reason?: string
  readonly evidence?: Evidence
}

export type StatusEvent = { readonly type: DetailType; readonly detail: StatusEventDetail }

/**
 * What the bus is to be told of a change of a process item: every change of its status, and nothing else (C54). Commits,
 * renewals, take-overs and requests leave the status as it is; the removal of an item is no change of a process.
 */
export function statusEventOf(
  before: ProcessImage | undefined,
  after: ProcessImage | undefined,
  at: EpochMs,
): StatusEvent | undefined {
  if (after === undefined) return undefined
  // Another process of the same id: its predecessor's last image says nothing of it.
  const previous = before?.createdAt === after.createdAt ? before : undefined
  if (previous?.status === after.status) return undefined
  return { type: DETAIL_TYPES[happened(previous, after)], detail: detailOf(previous, after, at) }
}

function happened(before: ProcessImage | undefined, after: ProcessImage): keyof typeof DETAIL_TYPES {
  switch (after.status) {
    case 'pending':
      return 'registered'
    case 'running':
      // A claim raises the fence by one, so the first is the only one that leaves it at 1.
      return after.fence === 1 ? 'started' : 'resumed'
    case 'waiting':
      // An external process waits from its registration on.
      return before === undefined && after.wait?.for === 'external' ? 'registered' : 'parked'
    case 'stuck':
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'abandoned':
      return after.status
  }
}

function detailOf(before: ProcessImage | undefined, after: ProcessImage, at: EpochMs): StatusEventDetail {
  const { id, kind, scope, status, fence, createdAt, startedAt, endedAt, parent, provenance } = after
  const revision = revisionOf(after)
  return present({
    version: 1,
    eventId: `${id}/${createdAt}/${revision}`,
    revision,
    id,
    kind,
    scope,
    status,
    previousStatus: before?.status,
    fence,
    at: instantOf(before, after, at),
    createdAt,
    startedAt,
    endedAt,
    parent: parent?.id,
    source: provenance?.source,
    retryOf: provenance?.retryOf,
    ...(isTerminal(status) ? endOf(after.output) : waitOf(after)),
  })
}

/**
 * The time of the change: by the writer's clock if the row contains it. The time of a park comes from the stream, to the
 * second or worse, and is never earlier than the change before it.
 */
function instantOf(before: ProcessImage | undefined, after: ProcessImage, at: EpochMs): EpochMs {
  if (after.endedAt !== undefined) return after.endedAt
  if (after.status === 'running' && after.grant !== undefined) return after.grant.claimedAt
  return before === undefined ? after.createdAt : Math.max(at, before.grant?.claimedAt ?? after.createdAt)
}

/** Each write of a process raises one of the three and lowers none, so the sum tells any two states of it apart, in order. */
function revisionOf({ fence, commit, seq }: ProcessImage): number {
  return fence + commit + seq
}

function waitOf({ status, wait, dueAt }: ProcessImage): Partial<StatusEventDetail> {
  if (wait === undefined || status === 'running' || status === 'pending') return {}
  if (wait.for === 'resume') return { error: wait.error }
  const on = wait.for === 'effects' ? wait.on : undefined
  return { waitingFor: present({ for: wait.for, on, dueAt }) }
}

function endOf(output: StoredOutput | undefined): Partial<StatusEventDetail> {
  switch (output?.outcome) {
    case undefined:
      return {}
    case 'success':
      return 'value' in output.value ? { output: output.value.value } : { outputBytes: output.value.bytes }
    case 'failure':
      return present({ error: output.error, evidence: output.evidence })
    case 'cancelled':
      return reasonIn(output)
    case 'abandoned':
      return { evidence: output.evidence }
  }
}

/** Without the fields that are undefined, which the type lets be absent. */
function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

/**
 * Whether anything can stand beside the row of an ended process that has to be let go with it. A process that was
 * claimed once and whose small values and few entries are all in its row has nothing there.
 */
export function mayHaveRelatedItems({ fence, page, input, output, tail }: ProcessImage): boolean {
  if (fence > 1 || page !== undefined || tail === undefined) return true
  const values = [input, output?.outcome === 'success' ? output.value : undefined]
  return (
    values.some(isApart) ||
    tail.some((entry) => {
      if (entry.type === 'signal' || entry.type === 'reply') return true
      if (entry.type !== 'effect' && entry.type !== 'begin') return false
      if (entry.effect === 'callback') return true
      return entry.type === 'effect' && entry.outcome.ok && isApart(entry.outcome.value)
    })
  )
}

function isApart(value: { readonly ref?: string } | object | undefined): boolean {
  return value !== undefined && 'ref' in value
}
