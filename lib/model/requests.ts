import { awaits } from './arrivals.ts'
import type { EpochMs } from './clock.ts'
import { CompletionRefused, ProcessEnded, SignalRefused } from './errors.ts'
import { sameHash } from './hash.ts'
import { pointerOf, type Roll } from './ownership.ts'
import type { ProcessId } from './ids.ts'
import { BACKLOG_MAX_BYTES, TAIL_ROLLED_BYTES } from './limits.ts'
import type { ArrivalEntry, Entry } from './log.ts'
import { isEnded, TERMINAL_STATUSES, type ProcessRecord, type Status, type TerminalRecord } from './record.ts'
import { mayMove, FROM } from './transitions.ts'
import type { Plan } from './writes.ts'

/** A client's request for a process: cancel it, or give it up as lost. */
export type OutsideRequest = { readonly reason?: string; readonly by?: string }
export type RequestKind = 'cancel' | 'abandon'

/** The reason that a caller gave, as a field of its own; no field where there is none. */
export function reasonIn({ reason }: { readonly reason?: string | undefined }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason }
}

/** How a process ends that a request cancelled. */
export function cancelledBy(request: { readonly reason?: string | undefined }) {
  return { outcome: 'cancelled', ...reasonIn(request) } as const
}

/**
 * An append by a client, which holds no lease: one entry, on a row of one of these statuses. `wake` makes a parked row due
 * at once, so that a worker looks at it even if the wake-up that follows is lost. The due time of a running row is
 * left alone: its owner gets a notice, and a park that did not see the entry is refused.
 */
function planAppend(entry: Entry, at: { statusIn: readonly Status[]; wake: boolean; now: EpochMs }): Plan {
  return {
    expect: { statusIn: at.statusIn },
    change: {
      ...(at.wake ? { set: { dueAt: at.now, wakeupScheduled: true } } : {}),
      add: { seq: 1 },
      append: [entry],
    },
  }
}

/** Where an append from outside finds an open process. */
export type OpenStatus = 'running' | 'waiting' | 'pending' | 'stuck'

/**
 * Records the first request of its kind as one entry (C29), which stands from then on. It is sent without reading the row:
 * it is refused where one stands already, or the process has ended. Wherever it is parked, the request wakes it.
 */
export function planRequest(
  kind: RequestKind,
  request: OutsideRequest,
  now: EpochMs,
  status: 'running' | 'other',
): Plan {
  const standing = { at: now, ...request }
  const statusIn = status === 'running' ? FROM.commit : FROM.request.filter((from) => from !== 'running')
  const { expect, change } = planAppend(
    { type: kind, ...standing },
    { statusIn, wake: status !== 'running', now },
  )
  return {
    expect: { ...expect, absent: [kind] },
    change: { ...change, set: { ...change.set, [kind]: standing } },
  }
}

/** Records a request that came after the one that stands, with another reason: it is on record, and changes nothing else. */
export function planFurtherRequest(
  kind: RequestKind,
  request: OutsideRequest,
  status: Status,
  now: EpochMs,
): Plan {
  const plan = planAppend({ type: kind, at: now, ...request }, { statusIn: [status], wake: false, now })
  return { ...plan, expect: { ...plan.expect, tailBytesAtMost: BACKLOG_MAX_BYTES } }
}

/** How a refused request is answered. `standing`: the same was asked before, nothing more is to be written. */
export function readRequestRefusal(kind: RequestKind, record: ProcessRecord): 'standing' | 'other-status' {
  if (isEnded(record)) throw new ProcessEnded({ id: record.id, status: record.status, asked: kind })
  return record[kind] === undefined && mayMove('request', record.status) ? 'other-status' : 'standing'
}

/** The parent as the end of its child left it. `wakes`: a wake-up has to follow. */
export type ChildEndReply = { readonly record: ProcessRecord; readonly wakes: boolean }

/** A row as an arrival finds it, with the bytes of its tail. */
export type FoundRow = { readonly record: ProcessRecord; readonly tailBytes: number }

/**
 * Something that arrives for a process: a signal, the reply to a callback, a child's end. Sent without reading the row, it
 * expects a process that is parked and waits for it, and wakes it. The refusal brings the row, and the arrival is planned
 * again from there: only a process whose wait takes it is woken. A claim raises the fence, so the fence pins that wait.
 */
export function planArrival(entry: ArrivalEntry, found: FoundRow | undefined, now: EpochMs): Plan {
  const blind = found === undefined
  const statusIn = [blind ? 'waiting' : found.record.status] as const
  const { expect, change } = planAppend(entry, { statusIn, wake: wakes(entry, found?.record, now), now })
  const wait = blind ? { awaits: entry, notDueBy: now } : { fence: found.record.fence }
  const tailBytesAtMost = blind ? TAIL_ROLLED_BYTES : BACKLOG_MAX_BYTES
  return { expect: { ...expect, ...wait, recoveryIsNot: 'external', tailBytesAtMost }, change }
}

/**
 * The same where the tail is long: it is left behind in a page, and the arrival begins a new one. All that the page holds is
 * in the log, so no owner has to have seen it. The row must be as it was found: any other write since has moved one of these.
 */
export function planRollingArrival(
  entry: ArrivalEntry,
  { record }: FoundRow,
  roll: Roll,
  now: EpochMs,
): Plan {
  const { fence, commit, seq, status } = record
  const { change } = planAppend(entry, { statusIn: [status], wake: wakes(entry, record, now), now })
  return {
    expect: { fence, commit, seq, statusIn: [status] },
    change: { set: { ...change.set, tail: [entry], page: pointerOf(roll) }, add: { seq: 1 } },
  }
}

/**
 * Does the arrival wake the process, where it is in this row? Unread, it is sent to one that waits for it and is not due.
 * One that is due already, with a wake-up on its way, needs none for each of a thousand children.
 */
export function wakes(entry: ArrivalEntry, record: ProcessRecord | undefined, now: EpochMs): boolean {
  if (record === undefined) return true
  if (record.status !== 'waiting' || !awaits(record.wait, entry)) return false
  return record.wakeupScheduled !== true || record.dueAt === undefined || record.dueAt > now
}

/** Throws `ProcessEnded`, or `SignalRefused` where it runs no code that could take an arrival. */
export function expectTakes(record: ProcessRecord, asked: string): void {
  const { id, status } = record
  if (isEnded(record)) throw new ProcessEnded({ id, status, asked })
  if (record.recovery === 'external')
    throw new SignalRefused({ id, asked, because: 'an external process runs no code here' })
}

/** Lets a stuck process continue: its next run replays the journal on the code deployed then. */
export function planResume(by: string | undefined, now: EpochMs): Plan {
  const entry = { type: 'resume', at: now, ...(by === undefined ? {} : { by }) } as const
  const { expect, change } = planAppend(entry, { statusIn: FROM.resume, wake: true, now })
  return {
    expect,
    change: {
      ...change,
      set: { ...change.set, status: 'waiting', wait: { for: 'worker', since: now }, stalls: 0 },
    },
  }
}

/** Wakes a process that has come to the front of its concurrency key's queue. */
export function planSlotFree(now: EpochMs): Plan {
  return {
    expect: { statusIn: ['waiting'], waitFor: 'slot' },
    change: { set: { dueAt: now, wakeupScheduled: true } },
  }
}

/** The children, the parent and the queue of an ended process have been told: nothing is left to look at it for. */
export function planDependentsNotified(record: TerminalRecord): Plan {
  return {
    expect: { statusIn: [record.status], fence: record.fence },
    change: { remove: ['pendingNotifications', 'dueAt', 'wakeupScheduled'] },
  }
}

/** Marks an ended process as retried by another one. It changes nothing in an open one. */
export function planRetried(by: ProcessId): Plan {
  return { expect: { statusIn: TERMINAL_STATUSES }, change: { set: { retriedBy: by } } }
}

/** May a completion from outside be written? Throws what it is refused with (C22). */
export function expectCompletable(record: ProcessRecord, tokenHash: string): void {
  if (record.recovery !== 'external') throw new CompletionRefused({ id: record.id, because: 'disposition' })
  const { completionHash } = record
  if (completionHash === undefined || !sameHash(completionHash, tokenHash))
    throw new CompletionRefused({ id: record.id, because: 'token' })
}
