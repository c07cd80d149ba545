import type { EpochMs } from '../model/clock.ts'
import type { ProcessRow, Status, ProcessRecord } from '../model/record.ts'
import type { Ownership } from '../model/ownership.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Concurrency } from '../model/registration.ts'

export type ListQuery = {
  /** One of the two, or neither: then a client lists each kind that it knows. */
  readonly kind?: string
  readonly scope?: string
  readonly status?: Status
  readonly createdFrom?: EpochMs
  readonly createdBefore?: EpochMs
  readonly limit?: number
  readonly cursor?: string
}

/** What a list shows of a process. */
export type ListedProcess = Pick<ProcessRow, 'id' | 'kind' | 'status' | 'createdAt' | 'scope' | 'endedAt'> & {
  /** Of a waiting or stuck one: `signal "approved"`, `slot account-7`, `undeployed order`, `worker`, `external`, `resume`. Cut. */
  readonly waitsFor?: string
  /** Since when it waits. */
  readonly since?: EpochMs
  /** When that wait ends by itself, as it was when the process was parked. */
  readonly until?: EpochMs
  /** The code of the error of a failed or stuck one; why one was abandoned. Cut. */
  readonly code?: string
}
export type Page<T> = { readonly items: readonly T[]; readonly cursor?: string }

/** The query over several kinds at once. */
export type ManyKindsQuery = Omit<ListQuery, 'kind' | 'scope'> & { readonly kinds: readonly string[] }

export const ATTENTION_STATUSES = ['stuck', 'failed', 'abandoned'] as const satisfies readonly Status[]
export type AttentionQuery = {
  readonly status?: (typeof ATTENTION_STATUSES)[number]
  readonly limit?: number
  readonly cursor?: string
}
/** A process that needs people. `at`: since when. */
export type AttentionRow = ListedProcess & Pick<ProcessRow, 'retriedBy'> & { readonly at: EpochMs }

/** How many processes of a kind have each status. `atLeast`: older ones were not counted. */
export type KindCounts = {
  readonly kind: string
  readonly counts: Readonly<Partial<Record<Status, number>>>
  readonly atLeast?: true
}

/** The part of the registry that reads lists. Each method throws `InvalidInput` on a cursor of another query. */
export interface ProcessLists {
  /** Of one kind or one scope, newest first (C53). One query of an index a page. */
  list(query: ListQuery): Promise<Page<ListedProcess>>

  /** Of several kinds, merged, newest first (C77). A query for each kind and shard; a page ends early rather than read much. */
  listKinds(query: ManyKindsQuery): Promise<Page<ListedProcess>>

  /** All stuck, failed and abandoned processes, those that became so last first (C78). At most four queries. */
  attention(query: AttentionQuery): Promise<Page<AttentionRow>>

  /** Counts the newest processes of each kind by status. At most ten queries of 1,000 rows, or one for each kind. */
  counts(kinds: readonly string[]): Promise<readonly KindCounts[]>
}

/** The places of a concurrency key. `limit` is that of the start which came last; 0 if no process has ever asked for a place. */
export type SlotsOfKey = {
  readonly limit: number
  readonly holders: readonly ProcessId[]
  /** Those that wait for a place, the next one first. */
  readonly queue: readonly ProcessId[]
}

/** The part of the registry that keeps the places of concurrency keys. */
export interface ProcessSlots {
  /**
   * Takes a place among the `limit` running processes of a key, or one in its queue, first come, first served. A repeated
   * call returns the same. `full`: the queue has no room, and nothing was written (C67). A process that has ended, or has
   * another owner, gets no place (C17). Throws `LeaseLost`. One read, and one transaction if it has no place yet.
   */
  takeSlot(ownership: Ownership, concurrency: Concurrency): Promise<'held' | 'queued' | 'full'>

  /**
   * Gives the place back, whether held or queued. The same write makes the parked processes due that come to the front, and
   * the reply names them, so that the caller wakes them. A repetition does nothing. One read and one put; a read and a
   * transaction for each process that comes to the front.
   */
  leaveSlot(id: ProcessId, concurrency: Concurrency, now: EpochMs): Promise<readonly ProcessRecord[]>

  /** Which processes hold the places of a key, and which wait. One read. */
  slots(key: string): Promise<SlotsOfKey>

  /**
   * Gives back the place of a process that has ended or is gone, for an operator. `released` is false if it had none, and
   * `woken` is as for `leaveSlot`. Throws `SlotInUse` if the process has not ended. Three reads and one transaction.
   */
  releaseSlot(
    id: ProcessId,
    key: string,
    now: EpochMs,
  ): Promise<{ readonly released: boolean; readonly woken: readonly ProcessRecord[] }>
}

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
