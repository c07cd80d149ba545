import type { ClaimRequest } from '../model/claim.ts'
import type { EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import type { Holding, ParkRequest } from '../model/holding.ts'
import type { ProcessId, Seq } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { Lease, Renewal } from '../model/lease.ts'
import type { Entry, LogEntry, Payload } from '../model/log.ts'
import type { Output, ProcessRecord, Status, TerminalRecord } from '../model/record.ts'
import type { Registration } from '../model/registration.ts'
import type { OutsideRequest } from '../model/requests.ts'

/** A successful claim: the right to run, the whole log so far, and the input. */
export type Claimed = {
  readonly outcome: 'claimed'
  readonly holding: Holding
  readonly log: readonly LogEntry[]
  readonly input: Json
}

export type ClaimReply =
  | Claimed
  /** Another owner's lease is live. Nothing was changed (C9). */
  | { readonly outcome: 'busy'; readonly lease: Lease }
  | { readonly outcome: 'not-due'; readonly dueAt: EpochMs | undefined }
  | { readonly outcome: 'refused'; readonly because: 'external' | 'stuck' | 'never-rerun' }
  | { readonly outcome: 'ended'; readonly record: TerminalRecord }
  | { readonly outcome: 'unknown' }

export type ListQuery = {
  /** One of the two: a process with a scope is listed under its scope, every other under its kind. */
  readonly kind?: string
  readonly scope?: string
  readonly status?: Status
  readonly createdFrom?: EpochMs
  readonly createdBefore?: EpochMs
  readonly limit?: number
  readonly cursor?: string
}

/** What a list shows of a process. */
export type ListedProcess = {
  readonly id: ProcessId
  readonly kind: string
  readonly status: Status
  readonly createdAt: EpochMs
}
export type Page<T> = { readonly items: readonly T[]; readonly cursor?: string }

export type RegisterOptions = {
  readonly now: EpochMs
  /** A doorbell follows, so the sweep need not ring before that is overdue. */
  readonly belled: boolean
  /** For recovery `external`: the token that will complete it. Stored as a hash only. */
  readonly completionToken?: string
}

/**
 * The truth about processes. Every operation takes the caller's time; no operation trusts it for anything but *when*
 * a lease may be taken over. Two implementations stand behind it, and one conformance suite holds both to the contract.
 *
 * All of them may throw `StoreUnavailable`, `Contended` or `UnreadableItem`. Costs are DynamoDB requests without
 * retries, for records whose payloads are inline and whose log has no pages.
 */
export interface ProcessRegistry {
  /** False where a restart forgets everything. A durable controller refuses such a registry. */
  readonly durable: boolean
  readonly name: string

  /** Records intent (C5). Same registration: the first record, nothing written (C1). Throws `RegistrationConflict`, `PayloadTooLarge`. One put. */
  register(
    registration: Registration,
    options: RegisterOptions,
  ): Promise<{ created: boolean; record: ProcessRecord }>

  /** Registers and claims in one put. Where the id is taken by the same registration it goes on as `claim`. */
  start(registration: Registration, request: ClaimRequest, now: EpochMs): Promise<ClaimReply>

  /** One read. Undefined where no process has the id. */
  get(id: ProcessId): Promise<ProcessRecord | undefined>

  /**
   * Takes a free, parked or expired process (C8–C12, C15). One update for a parked one; for an expired running one the
   * refusal, one query and one transaction that also fences the old owner's next renewal. A process that nobody will
   * run (abandoned, or external and cancelled) is ended here, and answered as `ended`.
   */
  claim(id: ProcessId, request: ClaimRequest, now: EpochMs): Promise<ClaimReply>

  /** Extends the lease to now + ttlMs. One update of the lease item, one write unit. Throws `LeaseLost` (C13). */
  renew(lease: Lease, ttlMs: number, now: EpochMs): Promise<Renewal>

  /** Gives the lease back, so that anyone may claim at once. A stale or repeated release does nothing (C14). One update. */
  release(holding: Holding, now: EpochMs): Promise<void>

  /** The process item as it stands, for an owner that was poked. Throws `LeaseLost` where the fence has moved. One read. */
  refresh(holding: Holding): Promise<Holding>

  /** Appends entries under the fence. Throws `LeaseLost` (C17). One update, and one put for each page that is rolled out. */
  commit(holding: Holding, entries: readonly Entry[], now: EpochMs): Promise<Holding>

  /** The last entries, and the process is nobody's until it is due. Throws `LeaseLost`. One update. */
  park(
    holding: Holding,
    entries: readonly Entry[],
    request: ParkRequest,
    now: EpochMs,
  ): Promise<ProcessRecord>

  /**
   * The terminal write (C19). Repeated with the same output it answers the same record; throws `CompletionConflict`
   * where another end is recorded (C20), `LeaseLost`. One update.
   */
  complete(holding: Holding, entries: readonly Entry[], output: Output, now: EpochMs): Promise<TerminalRecord>

  /** Ends an external process for whoever has its token. Throws `CompletionRefused`, `CompletionConflict`, `UnknownProcess` (C22). */
  completeExternal(id: ProcessId, token: string, output: Output, now: EpochMs): Promise<TerminalRecord>

  /** Records the request as one entry and pokes the owner (C29). Throws `UnknownProcess`, `ProcessEnded`. One update, and a poke where it runs. */
  requestCancel(id: ProcessId, request: OutsideRequest, now: EpochMs): Promise<ProcessRecord>

  /** Asks that the process be ended as abandoned once its lease is over (C48). Throws as `requestCancel`. */
  requestAbandon(id: ProcessId, request: OutsideRequest, now: EpochMs): Promise<ProcessRecord>

  /** Open rows of one shard that are due by `until`, soonest first. One query of the due index a page. */
  listDue(query: { shard: number; until: EpochMs; limit?: number; cursor?: string }): Promise<Page<DueRow>>
  readonly dueShards: number

  /** Until when each of these rows is leased, as far as a lease item of the row's fence says so. One batch read for 100. */
  leasedUntil(rows: readonly DueRow[]): Promise<ReadonlyMap<ProcessId, EpochMs>>

  /** Newest first (C53). Throws `InvalidInput` on a cursor of another query. One query of the list index a page. */
  list(query: ListQuery): Promise<Page<ListedProcess>>

  /** Entries above `after`, in order (C25). Throws `UnknownProcess`. */
  eventsAfter(id: ProcessId, after: Seq, limit?: number): Promise<readonly LogEntry[]>

  /** Stores a value out of line where it is too big to ride in the process item. Throws `PayloadTooLarge`. */
  keep(id: ProcessId, value: Json, what: string): Promise<Payload>

  /** Reads a payload back, intact. */
  load(id: ProcessId, payload: Payload): Promise<Json>

  /** The output of an ended process, with its value loaded. */
  outputOf(record: TerminalRecord): Promise<Output>
}
