import type { EpochMs } from './clock.ts'
import type { Fence, ProcessId, Seq } from './ids.ts'
import type { Json } from './json.ts'
import type { Grant } from './lease.ts'
import type { ArrivalKind, Entry, LastStep, PagePointer, Payload } from './log.ts'
import type { ErrorFacts } from './recorded-error.ts'
import type { Registration } from './registration.ts'

/** `pending`: never started. `waiting`: parked. `stuck`: open, waits for `resume`. The last four are terminal. */
export type Status = 'pending' | 'running' | 'waiting' | 'stuck' | TerminalStatus
export type TerminalStatus = 'completed' | 'failed' | 'cancelled' | 'abandoned'

export const OPEN_STATUSES = ['pending', 'running', 'waiting', 'stuck'] as const satisfies readonly Status[]
export const TERMINAL_STATUSES = [
  'completed',
  'failed',
  'cancelled',
  'abandoned',
] as const satisfies readonly Status[]
export const STATUSES = [...OPEN_STATUSES, ...TERMINAL_STATUSES] as const

/** Proof that the owner of an abandoned process was gone, kept with its end. */
export type Evidence = {
  readonly lastOwner: string
  readonly lastFence: Fence
  /** When the owner last said it was alive: its last renewal, or its claim. */
  readonly lastSeenAt?: EpochMs
  readonly leaseExpiredAt?: EpochMs
  readonly hardAt?: EpochMs
  /** Who wrote the end. */
  readonly writtenBy: string
  readonly because:
    | 'hard-deadline-passed'
    | 'operator-request'
    | 'attempts-exhausted'
    | 'timed-out'
    /** Its own run was stopped in the middle of something that must not be done twice. */
    | 'interrupted'
  readonly claims: number
  /** The step that the owner was in when it renewed last. */
  readonly step?: LastStep
}

/** How a process ended, with what it leaves. */
export type Output =
  | { readonly outcome: 'success'; readonly value: Json }
  | { readonly outcome: 'failure'; readonly error: ErrorFacts; readonly evidence?: Evidence }
  /** Without a reason if the caller gave none. */
  | { readonly outcome: 'cancelled'; readonly reason?: string }
  | { readonly outcome: 'abandoned'; readonly evidence: Evidence }

/**
 * What a parked process waits for. `worker`: nothing but a free worker (a hand-over or a release), `unbegun` where no run
 * has called its code yet.
 * `undeployed`: a definition of its kind. `external`: a caller completes it with its token. `since`: when it was parked.
 */
export type Wait = { readonly since?: EpochMs } &
  /** With `tries` a value of it could be neither read nor stored, for the reason in `error`, so many times in a row. */
  (
    | {
        readonly for: 'worker'
        readonly unbegun?: boolean
        readonly tries?: number
        readonly error?: ErrorFacts
      }
    | { readonly for: 'undeployed'; readonly kind: string; readonly tries: number }
    | { readonly for: 'external' }
    /** Effects that others or time bring to an end, by name: `sleep nap`, `signal approve`, `child order-7.3`. */
    | {
        readonly for: 'effects'
        readonly on: readonly string[]
        /** Kinds of arrivals of which any may be waited for: `on` shows the first names only. */
        readonly anyOf?: readonly ArrivalKind[]
      }
    /**
     * A free place among the processes of its concurrency key. With `tries` it does not stand in the queue of that key: the
     * queue was full so many times, and it asks again when it is due.
     */
    | { readonly for: 'slot'; readonly key: string; readonly tries?: number }
    | { readonly for: 'resume'; readonly error: ErrorFacts }
  )

/** The first request of its kind, which stands until the process ends. Later ones with another reason are in the log. */
export type StandingRequest = { readonly at: EpochMs; readonly reason?: string; readonly by?: string }

/**
 * The process item as data. Fields that only some statuses have are optional here, since this is what a conditional
 * write works on; `ProcessRecord` is the same as a union that the rest of the code reads.
 */
export type ProcessRow = Omit<Registration, 'input' | 'made'> & {
  readonly hash: string
  readonly input: Payload
  readonly status: Status
  /** Every write of an owner names it. The number of claims so far. */
  readonly fence: Fence
  /** Writes of owners so far: makes a repeated request recognisable (C18). */
  readonly commit: number
  readonly grant?: Grant
  readonly seq: Seq
  readonly tail: readonly Entry[]
  readonly page?: PagePointer
  /** Workers that died while they ran this process alone, since its last progress. */
  readonly stalls: number
  /** A worker died with it, and it made no progress since: each of its claims is alone until it does. */
  readonly suspect?: boolean
  readonly wait?: Wait
  /** When the sweep has to look at the row; absent where only an outside event can move it. */
  readonly dueAt?: EpochMs
  /** A wake-up for `dueAt` was sent, so the sweep wakes the process only once that is overdue. */
  readonly wakeupScheduled?: boolean
  readonly cancel?: StandingRequest
  readonly abandon?: StandingRequest
  /** Children started so far. */
  readonly children?: number
  /** It has ended, and its children and its parent are yet to be told. It stays due until they are. */
  readonly pendingNotifications?: boolean
  /** SHA-256 of the token that completes an external process. */
  readonly completionHash?: string
  readonly output?: StoredOutput
  /** The newest process that retries this one from the start. Only an ended one has it. */
  readonly retriedBy?: ProcessId
  readonly createdAt: EpochMs
  readonly startedAt?: EpochMs
  readonly endedAt?: EpochMs
}

/** An output whose value may stand in an item of its own. */
export type StoredOutput =
  | { readonly outcome: 'success'; readonly value: Payload }
  | Exclude<Output, { outcome: 'success' }>

type ProcessBase = Omit<
  ProcessRow,
  'status' | 'grant' | 'wait' | 'dueAt' | 'output' | 'startedAt' | 'endedAt'
>

/** What the table says of a process. */
export type ProcessRecord = ProcessBase &
  (
    | { readonly status: 'pending'; readonly dueAt: EpochMs }
    | {
        readonly status: 'running'
        readonly grant: Grant
        readonly dueAt: EpochMs
        readonly startedAt: EpochMs
        /** What it was parked for before this claim. */
        readonly wait?: Wait
      }
    | {
        readonly status: 'waiting'
        readonly wait: Wait
        readonly dueAt?: EpochMs
        readonly startedAt?: EpochMs
      }
    | { readonly status: 'stuck'; readonly wait: Wait; readonly startedAt?: EpochMs }
    | {
        readonly status: TerminalStatus
        readonly output: StoredOutput
        readonly startedAt?: EpochMs
        readonly endedAt: EpochMs
      }
  )

export type TerminalRecord = Extract<ProcessRecord, { status: TerminalStatus }>

export function isTerminal(status: Status): status is TerminalStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'abandoned'
}

export function isEnded(record: ProcessRecord): record is TerminalRecord {
  return isTerminal(record.status)
}

/** The status an output ends a process in. */
export function statusOf(output: { outcome: Output['outcome'] }): TerminalStatus {
  return (
    { success: 'completed', failure: 'failed', cancelled: 'cancelled', abandoned: 'abandoned' } as const
  )[output.outcome]
}
