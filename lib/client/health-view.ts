import type { EpochMs } from '../model/clock.ts'
import type { QueueDepth } from '../queue/queue-watch.ts'
import type { SweepNote } from '../registry/port.ts'

// What an operator sees of a system, whichever client asked.

export const HEALTH_PROBLEMS = [
  'sweep_unknown',
  'sweep_late',
  'sweep_failing',
  'sweep_held_back',
  'overdue',
  'dead_letters',
  'queue_unread',
] as const
/** `code` is for programs, `message` for people. */
export type HealthProblem = { readonly code: (typeof HEALTH_PROBLEMS)[number]; readonly message: string }

/** The rows of one shard of the due index that are due now, the soonest first, up to a bound. */
export type DueShard = {
  readonly shard: number
  /** Rows that wait for a worker. */
  readonly due: number
  /** Running rows whose first grant has passed. Most have renewed their lease, which is not read here. */
  readonly running: number
  /** Since when the oldest row that waits for a worker has been due. */
  readonly oldestDueAt?: EpochMs
  /** There are more rows than were read. */
  readonly atLeast?: true
}

export type HealthView = {
  readonly at: EpochMs
  /** Of the package that made the stack, if it says so. */
  readonly version?: string
  readonly due: readonly DueShard[]
  readonly queues: readonly QueueDepth[]
  /** The newest pass of the sweep; absent before the first one. */
  readonly sweep?: SweepNote
  /** What needs an operator, by what was read. Empty if all is well. */
  readonly problems: readonly HealthProblem[]
}
