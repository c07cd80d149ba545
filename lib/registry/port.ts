import type { ClaimRequest } from '../model/claim.ts'
import type { EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import type { PayloadUnavailable, UnreadableItem } from '../model/errors.ts'
import type { Ownership, ParkRequest, StartChildReply } from '../model/ownership.ts'
import type { ProcessId, Seq } from '../model/ids.ts'
import type { Page, ProcessLists, ProcessSlots, SweepNotes } from './port-lists.ts'
import type { Json } from '../model/json.ts'
import type { FenceCheck } from '../model/fence-check.ts'
import type { LeaseHolder, Lease, Renewal, RunningStep } from '../model/lease.ts'
import type { Entry, LogEntry, Payload } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { Output, ProcessRecord, Status, TerminalRecord } from '../model/record.ts'
import type { Registration } from '../model/registration.ts'
import type { ChildEndReply, OutsideRequest, OpenStatus } from '../model/requests.ts'

export type { StartChildReply } from '../model/ownership.ts'
export type * from './port-lists.ts'

/** A successful claim: the right to run, the whole log so far, and the input. */
export type ClaimedProcess = {
  readonly outcome: 'claimed'
  readonly ownership: Ownership
  readonly log: readonly LogEntry[]
  readonly input: Json
  /** The reason if the input or a page of the log is missing, or cannot be read by this host. */
  readonly unreadable?: UnreadableItem | PayloadUnavailable
}

export type ClaimReply =
  | ClaimedProcess
  /** Another owner's lease is live. Nothing was changed (C9). */
  | { readonly outcome: 'busy'; readonly lease: Lease }
  | { readonly outcome: 'not-due'; readonly dueAt: EpochMs | undefined }
  /** A worker died with it, and this claim was to be in company (C60). Nothing was changed: ask again alone. */
  | { readonly outcome: 'suspect' }
  | { readonly outcome: 'refused'; readonly because: 'external' | 'stuck' | 'never-rerun' }
  /** `fresh`: this claim wrote the end, since no worker may run the process. */
  | { readonly outcome: 'ended'; readonly record: TerminalRecord; readonly fresh?: true }
  | { readonly outcome: 'unknown' }

/** Not parked: what the process waits for has come meanwhile, and nothing was written. */
export type ParkReply =
  | { readonly parked: true; readonly record: ProcessRecord }
  | { readonly parked: false; readonly ownership: Ownership }

export type SignalRequest = { readonly name: string; readonly key: string; readonly payload: Json }
type CallbackResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: ErrorFacts }
export type CallbackReply = {
  readonly position: number
  readonly token: string
  readonly outcome: CallbackResult
}

/** Where an append from outside found the process (a repetition may find it `ended`), and whether this call wrote the entry. */
export type Arrival = {
  readonly id: ProcessId
  readonly status: OpenStatus | 'ended'
  /** The process is parked and waits for it, so a wake-up has to follow. */
  readonly wakes: boolean
  readonly fresh: boolean
}

/** `unreadable`: keys of rows that are damaged or of a newer version, and were passed over. */
export type DuePage = Page<DueRow> & { readonly unreadable?: readonly string[] }

export type RegisterOptions = {
  readonly now: EpochMs
  /** A wake-up follows, so the sweep need not send one before that is overdue. */
  readonly wakeupScheduled: boolean
  /** For recovery `external`: the token that will complete it. Stored as a hash only. */
  readonly completionToken?: string
}

/**
 * The truth about processes. Every operation takes the caller's time; no operation trusts it for anything but *when*
 * a lease may be taken over. Two implementations stand behind it, and one conformance suite holds both to the contract.
 *
 * All may throw `StoreUnavailable`, `Contended` or `UnreadableItem`, and those called from outside `NoLongerRetained`.
 * Costs are DynamoDB requests without retries, for records whose payloads are inline and whose log has no pages.
 */
export interface ProcessRegistry extends ProcessLists, ProcessSlots, SweepNotes {
  /** False where a restart forgets everything. A durable controller refuses such a registry. */
  readonly durable: boolean
  readonly name: string

  /**
   * Records intent (C5). Same registration: the first record, nothing written (C1). Throws `RegistrationConflict`,
   * `PayloadTooLarge`, `NoLongerRetained`. One put.
   */
  register(
    registration: Registration,
    options: RegisterOptions,
  ): Promise<{ created: boolean; record: ProcessRecord }>

  /** Registers and claims in one put. If the same registration exists already, continues as `claim`. */
  start(registration: Registration, request: ClaimRequest, now: EpochMs): Promise<ClaimReply>

  /** One read. Undefined if no process has the id. Throws `NoLongerRetained` if one had it (C55), except for its `parent`. */
  get(id: ProcessId, parent?: ProcessId): Promise<ProcessRecord | undefined>

  /** Who holds a running process, until when and in which step (C72); undefined if it is not running. One read, or none. */
  heldBy(record: ProcessRecord): Promise<LeaseHolder | undefined>

  /**
   * Takes a free, parked or expired process (C8–C12, C15). One update for a parked one; for an expired running one the
   * refusal, one query and one transaction that also fences the old owner's next renewal. A process that no worker may
   * run (abandoned, or external and cancelled) is ended here, and returned as `ended`.
   */
  claim(id: ProcessId, request: ClaimRequest, now: EpochMs): Promise<ClaimReply>

  /**
   * Extends the lease to now + ttlMs, and notes the step that its owner runs. One update of the lease item, one write
   * unit. Throws `LeaseLost` if the lease expired, or another owner claimed, first (C13).
   */
  renew(lease: Lease, ttlMs: number, now: EpochMs, step?: RunningStep): Promise<Renewal>

  /** Gives the lease back, so that any worker may claim at once. A stale or repeated release does nothing (C14). One update. */
  release(ownership: Ownership, now: EpochMs): Promise<void>

  /** The process item as it stands, for an owner that got a notice. Throws `LeaseLost` if the fence has moved. One read. */
  refresh(ownership: Ownership): Promise<Ownership>

  /** Appends entries under the fence. Throws `LeaseLost` (C17). One update, and one put for each page that is rolled out. */
  commit(ownership: Ownership, entries: readonly Entry[], now: EpochMs): Promise<Ownership>

  /**
   * Writes the last entries and gives the process up until it is due. A wait for effects is refused if the log contains an
   * arrival that the owner has not seen, and a wait for a slot if the process is at the front of the queue. Then nothing
   * was written, and the reply contains the row. Throws `LeaseLost`. One update; for a slot, one transaction.
   */
  park(
    ownership: Ownership,
    entries: readonly Entry[],
    request: ParkRequest,
    now: EpochMs,
  ): Promise<ParkReply>

  /**
   * Appends entries (the start of a child among them) and registers the child, in one transaction: the parent is held
   * under this fence and not asked to cancel (C6). Answers `cancelled` where it was, `conflict` where another process
   * has the child's id. Throws `LeaseLost`, `PayloadTooLarge`.
   */
  startChild(
    ownership: Ownership,
    entries: readonly Entry[],
    child: Registration,
    now: EpochMs,
  ): Promise<StartChildReply>

  /**
   * Appends a signal, once by its key (C26, C38): the same again answers the first entry and writes nothing. It wakes
   * or leaves its owner a notice. Throws `UnknownProcess`, `ProcessEnded`, `KeyConflict`, `SignalRefused`, `PayloadTooLarge`.
   * One transaction where the process is parked; where it runs one more, a read and a notice.
   */
  signal(id: ProcessId, signal: SignalRequest, now: EpochMs): Promise<Arrival>

  /**
   * Makes a callback known, so that its token can be checked where it comes back. Called before the owner parks. Of two
   * owners the later one's token counts. One update.
   */
  openCallback(
    ownership: Ownership,
    callback: { position: number; tokenHash: string },
    now: EpochMs,
  ): Promise<void>

  /** Answers a callback, once (C26). Throws as `signal`; `SignalRefused` on a foreign token. One transaction. */
  reply(id: ProcessId, reply: CallbackReply, now: EpochMs): Promise<Arrival>

  /** Records a heartbeat of the system that holds the token. Throws `SignalRefused`. One update, and none of the process. */
  heartbeat(id: ProcessId, callback: { position: number; token: string }, now: EpochMs): Promise<void>

  /** The time of the callback's last heartbeat; undefined if there was none. One read. */
  lastHeartbeat(id: ProcessId, position: number): Promise<EpochMs | undefined>

  /** Records in a parent that a child has ended. Undefined if the parent is unknown or has ended. One update. */
  childEnded(
    parent: ProcessId,
    child: { id: ProcessId; status: Status },
    now: EpochMs,
  ): Promise<ChildEndReply | undefined>

  /** Marks the dependents of an ended process as notified: it leaves the due index. One update. */
  dependentsNotified(record: TerminalRecord): Promise<void>

  /** Marks an ended process as retried by another; an open or missing one stays as it is (C76). One update. */
  markRetried(id: ProcessId, by: ProcessId): Promise<void>

  /** Lets a stuck process continue. Throws `UnknownProcess`, `ProcessEnded`, `SignalRefused` if it is not stuck. One update. */
  resume(id: ProcessId, by: string | undefined, now: EpochMs): Promise<ProcessRecord>

  /**
   * The terminal write (C19). Repeated with the same output it returns the same record. Throws `CompletionConflict` if
   * another end is recorded (C20), `LeaseLost`. One update.
   */
  complete(
    ownership: Ownership,
    entries: readonly Entry[],
    output: Output,
    now: EpochMs,
  ): Promise<TerminalRecord>

  /** Ends an external process for a caller that has its token. Throws `CompletionRefused`, `CompletionConflict`, `UnknownProcess` (C22). */
  completeExternal(id: ProcessId, token: string, output: Output, now: EpochMs): Promise<TerminalRecord>

  /** Records the request as one entry and leaves the owner a notice (C29). Throws `UnknownProcess`, `ProcessEnded`. One update, and a notice if it runs. */
  requestCancel(id: ProcessId, request: OutsideRequest, now: EpochMs): Promise<ProcessRecord>

  /** Asks that the process be ended as abandoned once its lease has expired (C48). Throws as `requestCancel`. */
  requestAbandon(id: ProcessId, request: OutsideRequest, now: EpochMs): Promise<ProcessRecord>

  /** Open rows of one shard that are due by `until`, soonest first. A cursor holds for a later `until` too. One query a page. */
  listDue(query: { shard: number; until: EpochMs; limit?: number; cursor?: string }): Promise<DuePage>
  readonly dueShards: number

  /** Until when each of these rows is leased, as far as a lease item of the row's fence says so. One batch read for 100. */
  leasedUntil(rows: readonly DueRow[]): Promise<ReadonlyMap<ProcessId, EpochMs>>

  /** Entries above `after`, in order (C25). Throws `UnknownProcess`. */
  eventsAfter(id: ProcessId, after: Seq, limit?: number): Promise<readonly LogEntry[]>

  /** A condition for a DynamoDB transaction of the author's own: it holds only under this lease's fence (C57). No request. */
  fenceCheck(lease: Lease): FenceCheck

  /** Stores a value out of line where it is too big to ride in the process item. Throws `PayloadTooLarge`. */
  keep(id: ProcessId, value: Json, what: string): Promise<Payload>

  /** Reads a payload back, intact. */
  load(id: ProcessId, payload: Payload): Promise<Json>

  /** The output of an ended process, with its value loaded. */
  outputOf(record: TerminalRecord): Promise<Output>
}
