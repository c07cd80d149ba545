import { endsOnceParked } from './claim.ts'
import type { EpochMs } from './clock.ts'
import type { RegistrationConflict } from './errors.ts'
import { sortedKeys } from './json.ts'
import type { Lease } from './lease.ts'
import { invariant } from './invariant.ts'
import type { Entry, PagePointer } from './log.ts'
import { type Output, type ProcessRecord, type StoredOutput, type Wait, statusOf } from './record.ts'
import { assertMove, FROM } from './transitions.ts'
import type { Expect, PagePlan, Plan, RowChange } from './writes.ts'

/**
 * What an owner holds: its lease, and the process item as its last write (or its claim) left it. Only the owner's
 * own writes change `commit`, so a row that has moved on by one under the same fence was moved by this owner (C18).
 */
export type Ownership = { readonly lease: Lease; readonly row: RunningRecord }
export type RunningRecord = Extract<ProcessRecord, { status: 'running' }>

/** What may ride on a commit besides the entries: pages to put first, which then replace the tail. */
export type Roll = { readonly pages: readonly PagePlan[] }

/**
 * FENCE AND COMMIT: the guard of every write of an owner (C17). An owner that lost its lease can write nothing,
 *   1. A claims (fence 4). 2. A stalls. 3. B claims (fence 5). 4. A wakes and commits: refused, fence 4 is gone.
 * and a write that is sent twice is applied once, since the first application moved `commit` on.
 */
function ownedBy(ownership: Ownership): Expect {
  return { fence: ownership.lease.fence, commit: ownership.row.commit, statusIn: FROM.commit }
}

/** FENCE: run by this owner still, whatever it has written meanwhile. For writes that stand beside the process. */
export function expectHeld({ lease }: Ownership): Expect {
  return { fence: lease.fence, statusIn: FROM.commit }
}

/** Appends entries. Any entry is progress: the stall counter starts again, and the process is no suspect any more. */
export function planCommit(ownership: Ownership, entries: readonly Entry[], roll?: Roll): Plan {
  assertMove('commit', ownership.row.status)
  const remove = suspicionOf(ownership.row)
  const change = {
    set: { stalls: 0 },
    add: { commit: 1 },
    ...(remove.length === 0 ? {} : { remove }),
  } as const
  return withEntries({ expect: ownedBy(ownership), change }, ownership, entries, roll)
}

/** Whatever a process does that its next run need not do again clears it: it did not kill the worker that it ran in. */
function suspicionOf({ suspect }: Pick<ProcessRecord, 'suspect'>): readonly 'suspect'[] {
  return suspect === true ? ['suspect'] : []
}

/**
 * True where the body has not begun in any claim before this one: no other claim started it, and no run of it parked. The
 * instant alone does not say so, since two claims may come in one millisecond, or by clocks that differ.
 */
export function neverBegan({ startedAt, grant, wait }: RunningRecord): boolean {
  return startedAt === grant.claimedAt && !leavesBegun(wait)
}

/** Did the run that parked for this call the process's code? */
function leavesBegun(wait: Wait | undefined): boolean {
  if (wait === undefined || wait.for === 'undeployed' || wait.for === 'slot') return false
  return wait.for !== 'worker' || wait.unbegun !== true
}

export type ParkRequest = {
  readonly wait: Wait
  /** When to look again; absent where only an outside event can move the process. */
  readonly dueAt?: EpochMs
  /** A wake-up for `dueAt` is about to be sent. */
  readonly wakeupScheduled: boolean
}

const REQUESTS = ['cancel', 'abandon'] as const

/** Standing requests that the process does not have. */
export function requestsAbsent(row: ProcessRecord): readonly (typeof REQUESTS)[number][] {
  return REQUESTS.filter((kind) => row[kind] === undefined)
}

/**
 * UNSEEN REQUEST: a park is due at once if `row` contains a request that its owner had not `seen` when it decided to park, or
 * if only the end is left to write. No worker would look otherwise, since a request does not change a running row's due time.
 */
export function dueAtOnceIfRequested(
  request: ParkRequest,
  seen: ProcessRecord,
  row: ProcessRecord,
  now: EpochMs,
): ParkRequest {
  const unseen = requestsAbsent(seen).some((kind) => row[kind] !== undefined)
  const atOnce = unseen || endsOnceParked(row, request.wait)
  return atOnce ? { ...request, dueAt: now, wakeupScheduled: false } : request
}

/** How the start of a child came out, and the parent as it stands then. */
export type StartChildReply = { readonly ownership: Ownership } & (
  | { readonly started: true }
  | { readonly started: false; readonly because: 'cancelled' }
  | { readonly started: false; readonly because: 'conflict'; readonly error: RegistrationConflict }
)

/** Gives the process up in order: status waiting, nothing held. A run that never began its body leaves no start. */
export function planPark(
  ownership: Ownership,
  entries: readonly Entry[],
  request: ParkRequest,
  roll?: Roll,
): Plan {
  const { wait, dueAt, wakeupScheduled } = request
  assertMove(wait.for === 'resume' ? 'markStuck' : 'park', ownership.row.status)
  const began = !neverBegan(ownership.row) || leavesBegun(wait)
  // A suspect that its worker hands over, or that no body ran of, has not shown yet that it kills no worker.
  const progress = entries.length > 0 || !['worker', 'undeployed', 'slot'].includes(wait.for)
  const change: RowChange = {
    set: {
      status: wait.for === 'resume' ? 'stuck' : 'waiting',
      wait,
      ...(progress ? { stalls: 0 } : {}),
      ...(dueAt === undefined ? {} : { dueAt, wakeupScheduled }),
    },
    add: { commit: 1 },
    remove: [
      'grant',
      ...(progress ? suspicionOf(ownership.row) : []),
      ...(dueAt === undefined ? (['dueAt', 'wakeupScheduled'] as const) : []),
      ...(began ? [] : (['startedAt'] as const)),
    ],
  }
  // A wait for effects is a claim that nothing has arrived: an entry that the owner has not seen refutes it.
  const seen = wait.for === 'effects' ? { seq: ownership.row.seq } : {}
  return withEntries({ expect: { ...ownedBy(ownership), ...seen }, change }, ownership, entries, roll)
}

/**
 * The start of a child is part of a commit of its parent, in one transaction with the child's own row. The parent is open,
 * held under this fence and not asked to cancel (C6). So the child is in the parent's log from its first moment.
 */
export function planStartChild(ownership: Ownership, entries: readonly Entry[], roll?: Roll): Plan {
  const plan = planCommit(ownership, entries, roll)
  return {
    expect: { ...plan.expect, absent: ['cancel'] },
    change: { ...plan.change, add: { ...plan.change.add, children: 1 } },
  }
}

/** The terminal write: last entries, terminal mark, status, output and leaving `due` in one request (C19). */
export function planFinish(
  ownership: Ownership,
  entries: readonly Entry[],
  output: StoredOutput,
  now: EpochMs,
): Plan {
  assertMove('finish', ownership.row.status)
  const notifications = pendingNotificationsOf(ownership.row, now)
  const change: RowChange = {
    set: { status: statusOf(output), output, endedAt: now, stalls: 0, ...notifications.set },
    add: { commit: 1 },
    remove: ['grant', 'wait', ...suspicionOf(ownership.row), ...notifications.remove],
  }
  const last: Entry = { type: 'end', at: now, status: statusOf(output) }
  return withEntries({ expect: ownedBy(ownership), change }, ownership, [...entries, last], undefined)
}

/** The end of a process without an owner (abandoned, or an external one that is cancelled). It fences a former owner off. */
export function planUnownedEnd(record: ProcessRecord, output: StoredOutput, now: EpochMs): Plan {
  const status = statusOf(output)
  const notifications = pendingNotificationsOf(record, now)
  return {
    expect: { fence: record.fence, commit: record.commit, seq: record.seq, statusIn: [record.status] },
    change: {
      set: { status, output, endedAt: now, ...notifications.set },
      add: { fence: 1, seq: 1 },
      append: [{ type: 'end', at: now, status }],
      remove: ['grant', 'wait', ...suspicionOf(record), ...notifications.remove],
    },
  }
}

/**
 * Whom the end of a process concerns: its parent, its children, the queue of its concurrency key. They are told right
 * after the terminal write; until that is done the row stays due, so the sweep finds what a dead owner left untold.
 */
function pendingNotificationsOf(
  row: { parent?: unknown; children?: number; concurrency?: unknown },
  now: EpochMs,
): {
  set: Pick<NonNullable<RowChange['set']>, 'pendingNotifications' | 'dueAt' | 'wakeupScheduled'>
  remove: readonly ('dueAt' | 'wakeupScheduled')[]
} {
  const pendingNotifications =
    row.parent !== undefined || (row.children ?? 0) > 0 || row.concurrency !== undefined
  return pendingNotifications
    ? { set: { pendingNotifications: true, dueAt: now, wakeupScheduled: true }, remove: [] }
    : { set: {}, remove: ['dueAt', 'wakeupScheduled'] }
}

/** The completion of an external process by a caller with its token (checked before, C22). */
export function planExternalEnd(record: ProcessRecord, output: StoredOutput, now: EpochMs): Plan {
  assertMove('finishFromOutside', record.status)
  return planUnownedEnd(record, output, now)
}

/** True where `output` is what the record already ended with (C20). `value` is the recorded value, loaded. */
export function sameOutput(a: Output, b: Output): boolean {
  return JSON.stringify(sortedKeys(a)) === JSON.stringify(sortedKeys(b))
}

/**
 * Adds entries to a plan. Rolled pages contain the whole tail and all the entries, so the remaining tail is empty. The log
 * number must be unchanged: no client may have appended since the pages were made.
 */
function withEntries(
  plan: Plan,
  ownership: Ownership,
  entries: readonly Entry[],
  roll: Roll | undefined,
): Plan {
  const add = { ...plan.change.add, ...(entries.length === 0 ? {} : { seq: entries.length }) }
  if (roll === undefined) {
    return { ...plan, change: { ...plan.change, add, ...(entries.length === 0 ? {} : { append: entries }) } }
  }
  return {
    expect: { ...plan.expect, seq: ownership.row.seq },
    change: { ...plan.change, add, set: { ...plan.change.set, tail: [], page: pointerOf(roll) } },
  }
}

/** How the row points at the last of its pages. */
export function pointerOf({ pages }: Roll): PagePointer {
  const newest = pages.at(-1)
  invariant(newest !== undefined, 'a roll makes a page')
  const { first, last, fence } = newest
  return { first, last, fence }
}
