import type { EpochMs } from './clock.ts'
import { deadlineOf } from './due.ts'
import type { Owner } from './ids.ts'
import { isLive, isMine, leaseOf, type Grant, type Lease, type LeaseItem } from './lease.ts'
import { MAX_STALLS } from './limits.ts'
import {
  isEnded,
  type Evidence,
  type ProcessRecord,
  type ProcessRow,
  type TerminalRecord,
  type Wait,
} from './record.ts'
import { deadlinePassed, lastStep, stallBackoffMs } from './recovery.ts'
import type { Plan } from './writes.ts'
import { FROM } from './transitions.ts'

/** Who asks for a process, for how long, and the token that will make a lost reply recognisable. */
export type ClaimRequest = Owner & {
  readonly token: string
  readonly ttlMs: number
  readonly hardAt?: EpochMs
  /** Other processes run in the worker meanwhile, or may begin to. Such a claim takes no suspect. */
  readonly inCompany?: boolean
  /** The process was found to be a suspect. So its row is read at once, for a claim unread would be refused. */
  readonly ofSuspect?: boolean
}

/** What a claim would find, decided from the row, its lease item and a clock. */
export type ClaimDecision =
  | { readonly do: 'take-parked' }
  | { readonly do: 'take-over' }
  /** This very request was applied before; its reply was lost (C18). */
  | { readonly do: 'already-mine'; readonly lease: Lease }
  /** The same owner and attempt holds a live lease: extend it (C10). */
  | { readonly do: 'extend'; readonly lease: Lease }
  | { readonly do: 'skip'; readonly because: 'leased'; readonly lease: Lease }
  | { readonly do: 'skip'; readonly because: 'not-due'; readonly dueAt: EpochMs | undefined }
  | { readonly do: 'skip'; readonly because: 'external' | 'stuck' }
  /** A worker died with it. It may be what killed the worker, so only a claim without company takes it (C60). */
  | { readonly do: 'skip'; readonly because: 'suspect' }
  /** Recovery `abandon`, started, its lease expired, but nothing proves yet that the owner is dead (C48). */
  | { readonly do: 'skip'; readonly because: 'never-rerun'; readonly lease: Lease }
  /** No worker runs it or will run it: the worker that looks at it may write its end. */
  | { readonly do: 'end'; readonly as: UnownedEnd; readonly because: Evidence['because'] }
  | { readonly do: 'skip'; readonly because: 'ended'; readonly record: TerminalRecord }

/** How a process without an owner ends. `timed-out`: an external one that no caller completed in its time. */
type UnownedEnd = 'abandoned' | 'cancelled' | 'timed-out'

/** May this claim succeed? One function for every registry; the conditions of the plans below repeat its reasons. */
export function decideClaim(
  record: ProcessRecord,
  item: LeaseItem | undefined,
  request: ClaimRequest,
  now: EpochMs,
): ClaimDecision {
  if (isEnded(record)) return { do: 'skip', because: 'ended', record }
  if (record.status !== 'running' && record.abandon !== undefined) return endAs('abandoned')
  if (record.recovery === 'external') return decideExternal(record, now)
  switch (record.status) {
    case 'pending':
    case 'waiting':
      if (!isDue(record, now)) return { do: 'skip', because: 'not-due', dueAt: record.dueAt }
      return record.suspect === true ? alone(request, 'take-parked') : { do: 'take-parked' }
    case 'stuck':
      return record.cancel === undefined ? { do: 'skip', because: 'stuck' } : endAs('cancelled')
    case 'running':
      return decideRunning(record, item, request, now)
  }
}

/**
 * Returns whether the first worker that looks at the parked row will end it, as `decideClaim` decides. Then the row is due at
 * once: a request that its owner has seen sends no wake-up, and nothing else may come for months.
 */
export function endsOnceParked(row: Pick<ProcessRow, 'abandon' | 'cancel'>, wait: Wait): boolean {
  return row.abandon !== undefined || (wait.for === 'resume' && row.cancel !== undefined)
}

function decideExternal(record: ProcessRecord, now: EpochMs): ClaimDecision {
  if (record.cancel !== undefined) return endAs('cancelled')
  const timeout = deadlineOf(record)
  if (timeout !== undefined && timeout <= now) return { do: 'end', as: 'timed-out', because: 'timed-out' }
  return { do: 'skip', because: 'external' }
}

function decideRunning(
  record: Extract<ProcessRecord, { status: 'running' }>,
  item: LeaseItem | undefined,
  request: ClaimRequest,
  now: EpochMs,
): ClaimDecision {
  const lease = leaseOf(record, item)
  if (isLive(lease, now)) {
    if (!isMine(lease, request)) return { do: 'skip', because: 'leased', lease }
    return { do: lease.token === request.token ? 'already-mine' : 'extend', lease }
  }
  if (record.abandon !== undefined) return endAs('abandoned')
  if (record.recovery === 'abandon') {
    if (deadlinePassed(lease, now)) return { do: 'end', as: 'abandoned', because: 'hard-deadline-passed' }
    return { do: 'skip', because: 'never-rerun', lease }
  }
  return isDue(record, now)
    ? alone(request, 'take-over')
    : { do: 'skip', because: 'not-due', dueAt: record.dueAt }
}

/** SUSPECTS RUN ALONE (C60): what killed its worker once may do so again, and takes no other process with it then. */
function alone(request: ClaimRequest, verdict: 'take-parked' | 'take-over'): ClaimDecision {
  return request.inCompany === true ? { do: 'skip', because: 'suspect' } : { do: verdict }
}

function endAs(as: 'abandoned' | 'cancelled'): ClaimDecision {
  return { do: 'end', as, because: 'operator-request' }
}

function isDue(record: { dueAt?: EpochMs }, now: EpochMs): boolean {
  return record.dueAt !== undefined && record.dueAt <= now
}

export function grantFor(request: ClaimRequest, now: EpochMs): Grant {
  const { ownerId, attemptId, token, ttlMs, hardAt } = request
  return {
    ownerId,
    attemptId,
    token,
    claimedAt: now,
    until: now + ttlMs,
    ...(hardAt === undefined ? {} : { hardAt }),
  }
}

/**
 * The claim of a row without an owner, sent without a read before. Its conditions are those under which
 * `decideClaim` says `take-parked`; the claim itself refuses a terminal, external, stuck or sleeping row (C15, C49), and
 * in company a suspect one (C60).
 */
export function planBlindClaim(request: ClaimRequest, now: EpochMs): Plan {
  const grant = grantFor(request, now)
  return {
    expect: {
      statusIn: FROM.claim,
      recoveryIsNot: 'external',
      dueBy: now,
      absent: request.inCompany === true ? ['abandon', 'suspect'] : ['abandon'],
    },
    change: {
      set: { status: 'running', grant, dueAt: grant.until },
      once: { startedAt: now },
      add: { fence: 1 },
      remove: ['wakeupScheduled'],
    },
  }
}

/**
 * The take-over of a running row whose lease has expired. The row must be exactly as it was read: the same fence, no write
 * of its owner and no entry appended since. The new owner works with the row and the log that were read.
 * A row that stalls again and again is not due before the end of its backoff (C50).
 *
 * A death counts against the process only where it was a suspect already: then it ran alone when its worker died. The
 * first death may be a neighbour's doing, or the host's.
 */
export function planTakeover(
  record: ProcessRecord,
  item: LeaseItem | undefined,
  request: ClaimRequest,
  now: EpochMs,
): Plan {
  const grant = grantFor(request, now)
  const stalls = record.suspect === true ? record.stalls + 1 : 0
  const from = record.status === 'running' ? record.grant.ownerId : ''
  const step = item?.fence === record.fence ? item.step : undefined
  return {
    expect: { fence: record.fence, commit: record.commit, seq: record.seq, statusIn: FROM.takeOver },
    change: {
      set: { grant, dueAt: grant.until + stallBackoffMs(stalls), stalls, suspect: true },
      add: { fence: 1, seq: 1 },
      append: [
        {
          type: 'takeover',
          at: now,
          fence: record.fence + 1,
          from,
          to: request.ownerId,
          ...(step === undefined ? {} : { step: lastStep(step) }),
        },
      ],
    },
  }
}

/** It took as many workers down as it may, alone each time: its next owner ends it instead of running it. */
export function stallsExhausted(record: ProcessRecord): boolean {
  return record.suspect === true && record.stalls >= (record.limits?.maxStalls ?? MAX_STALLS)
}
