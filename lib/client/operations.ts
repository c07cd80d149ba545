import type { AttentionQuery, AttentionRow, KindCounts, Page } from '../registry/port-lists.ts'
import type { KindView } from './kinds.ts'
import type { ChildView, PayloadView } from './log-views.ts'
import type { HealthView } from './health-view.ts'
import type { SlotRelease, SlotsView } from './slots.ts'
import type { WaitsView } from './waits.ts'

export type CountsQuery = { readonly kind?: string }

/**
 * What an operator asks of all processes together. Two stand behind it, and one suite of tests holds both to the same
 * answers: `OperationsClient`, straight on the table, and `HttpOperationsClient`, over the API. Errors are those of `Processes`.
 */
export interface Operations {
  /** The kinds that are deployed with the API, or that the direct client was given, by name. No request to the table. */
  kinds(): Promise<readonly KindView[]>

  /** All stuck, failed and abandoned processes, of any kind, those that became so last first. At most four queries. */
  attention(query?: AttentionQuery): Promise<Page<AttentionRow>>

  /** How many processes each kind has by status: of one kind, or of all that are deployed. */
  counts(query?: CountsQuery): Promise<readonly KindCounts[]>

  /** The children that a process has started, in that order, with the ends that it was told of. Throws `UnknownProcess`. */
  children(id: string): Promise<readonly ChildView[]>

  /**
   * What an open process waits for: since when, until when, and how each wait is answered. A running process waits for
   * nothing: `get` with `include: 'lease'` reports its step. Throws `UnknownProcess`.
   */
  waits(id: string): Promise<WaitsView>

  /**
   * How the system does: due rows by shard, the queues, the newest pass of the sweep, and what of this needs an operator. One query
   * for each shard of the due index, one read, and one request for each queue.
   */
  health(): Promise<HealthView>

  /** The places of a concurrency key: which processes hold one, and which wait. One read. */
  slots(key: string): Promise<SlotsView>

  /**
   * Gives back a place of a concurrency key that a process has left behind. Only a place whose process has ended or is gone
   * is released: throws `SlotInUse` for any other. Repeated, it finds nothing to release.
   */
  releaseSlot(place: { readonly key: string; readonly id: string }): Promise<SlotRelease>

  /**
   * A value of a process, however large: that of the log entry with this number, or its input under number 0. Throws
   * `UnknownProcess`, and `InvalidInput` if no entry has the number or if that entry has no value.
   */
  payload(id: string, seq: number): Promise<PayloadView>
}
