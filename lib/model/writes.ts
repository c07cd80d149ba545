import type { EpochMs } from './clock.ts'
import type { Fence, Seq } from './ids.ts'
import type { ArrivalEntry, Entry, PagePointer } from './log.ts'
import type { ProcessRow, Status, Wait } from './record.ts'
import type { Recovery } from './registration.ts'

/**
 * The plan language of the process item: what a decision wants written, and what must still hold when it is.
 * The registry's codec turns a plan into a store's own terms; this room knows no store.
 */
export type Plan = { readonly expect: Expect; readonly change: RowChange }

/** Conditions on the process item as it stands before the write. All of them must hold. */
export type Expect = {
  readonly fence?: Fence
  readonly commit?: number
  readonly seq?: Seq
  readonly statusIn?: readonly Status[]
  readonly recoveryIsNot?: Recovery
  /** `dueAt` is there and not later than this. */
  readonly dueBy?: EpochMs
  /** `dueAt` is not there, or later than this. */
  readonly notDueBy?: EpochMs
  readonly absent?: readonly (keyof ProcessRow)[]
  /** What a parked process waits for. */
  readonly waitFor?: Wait['for']
  /** It is parked for effects of which one takes this arrival. */
  readonly awaits?: ArrivalEntry
  /** Bytes of the tail as it is stored: entries that no write has rolled into a page yet. */
  readonly tailBytesAtMost?: number
}

/** No field stands in two of the parts. */
export type RowChange = {
  readonly set?: Partial<SettableFields>
  /** Set only where it is not there yet. */
  readonly once?: { readonly startedAt?: EpochMs }
  readonly add?: {
    readonly fence?: 1
    readonly commit?: 1
    readonly seq?: number
    readonly children?: number
  }
  /** Entries to put at the end of the tail. */
  readonly append?: readonly Entry[]
  readonly remove?: readonly (keyof SettableFields)[]
}

/** The fields that may change after the row is made. */
type SettableFields = Pick<
  ProcessRow,
  | 'status'
  | 'grant'
  | 'fence'
  | 'stalls'
  | 'suspect'
  | 'wait'
  | 'dueAt'
  | 'wakeupScheduled'
  | 'cancel'
  | 'abandon'
  | 'output'
  | 'retriedBy'
  | 'startedAt'
  | 'endedAt'
  | 'pendingNotifications'
  | 'page'
  | 'tail'
>

/** A page that has to stand before the plan that points at it is carried out. */
export type PagePlan = PagePointer & { readonly entries: readonly Entry[]; readonly before?: PagePointer }
