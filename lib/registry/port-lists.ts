import type { EpochMs } from '../model/clock.ts'
import type { ProcessRow, Status } from '../model/record.ts'

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
