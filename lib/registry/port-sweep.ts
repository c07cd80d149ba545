import type { EpochMs } from '../model/clock.ts'

/** What the newest pass of the sweep came to, and when. */
export type SweepNote = {
  readonly at: EpochMs
  /** From one pass to the next. */
  readonly everyMs: number
  /** Rows that were due, or that came due before the next pass. */
  readonly due: number
  /** Wake-ups sent. */
  readonly sent: number
  /** How long the oldest row without a live lease had been due. */
  readonly oldestDueMs: number
  /** A queue was long, so not every due row was woken. */
  readonly heldBack: boolean
  /** A shard had more rows than a pass reads. */
  readonly truncated: boolean
  readonly failedShards: number
}

/** The part of the registry in which the sweep leaves a note for operators. No decision of a process depends on it. */
export interface SweepNotes {
  /** Keeps the note, unless a newer one is there. One put of one unit. */
  noteSweep(note: SweepNote): Promise<void>

  /** The newest note; undefined before the first pass. One read of half a unit. */
  lastSweep(): Promise<SweepNote | undefined>
}
