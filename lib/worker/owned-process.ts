import type { EpochMs } from '../model/clock.ts'
import { LeaseLost, ProcessCancelled, ProcessTimedOut } from '../model/errors.ts'
import { timedOutBefore, timeoutOf } from '../model/due.ts'
import { dueAtOnceIfRequested } from '../model/ownership.ts'
import type { Ownership, ParkRequest, RunningRecord } from '../model/ownership.ts'
import type { Lease, RunningStep } from '../model/lease.ts'
import { isArrival, numberTail, type Entry, type LogEntry } from '../model/log.ts'
import type { Output, ProcessRecord, TerminalRecord } from '../model/record.ts'
import type { Concurrency, Registration } from '../model/registration.ts'
import { reasonIn } from '../model/requests.ts'
import type { StartChildReply } from '../registry/port.ts'
import type { WorkerParts } from './config.ts'
import { outOfTime } from './execution.ts'
import { countRetries, sayParked, segmentFacts } from '../telemetry/run-lines.ts'

/**
 * A process in the hands of one run: its lease and its row, kept current by every reply. Writes go one after the
 * other, since each names the `commit` that the one before it left. Cancel requests, arrivals and the loss of the
 * lease are noticed here, wherever they show first; the first and the last fire the run's abort signal.
 */
export class OwnedProcess {
  readonly #parts: WorkerParts
  readonly #abort = new AbortController()
  /** A signal fires once: after a cancel, the run's own can no longer say that the lease is lost. */
  readonly #halt = new AbortController()
  readonly #over = new AbortController()
  readonly #lost = Promise.withResolvers<LeaseLost>()
  #loss: LeaseLost | undefined
  #lease: Lease
  #row: RunningRecord
  /** The newest entry that the run knows of. */
  #seen: number
  /** Arrived before a run was there to be told. */
  readonly #untold: LogEntry[] = []
  #tell = (entries: readonly LogEntry[]): void => void this.#untold.push(...entries)
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: WorkerParts, ownership: Ownership, log: readonly LogEntry[] = []) {
    this.#parts = parts
    this.#lease = ownership.lease
    this.#row = ownership.row
    this.#seen = ownership.row.seq
    if (timedOutBefore(ownership.row, log)) this.interrupt(timeoutOf(ownership.row))
    this.#noticeCancel(ownership.row)
  }

  get lease(): Lease {
    return this.#lease
  }

  get row(): RunningRecord {
    return this.#row
  }

  /** Fires with `ProcessCancelled`, `ProcessTimedOut`, `LeaseLost`, or the reason of a host that shuts down. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Fires with `LeaseLost`, or the reason of a host that shuts down, whatever went before. */
  get haltSignal(): AbortSignal {
    return this.#halt.signal
  }

  /** Fires at the end of the run, whatever its outcome: a body that the run no longer waits for has to stop. */
  get overSignal(): AbortSignal {
    return this.#over.signal
  }

  /** Settles when the lease is lost. */
  get lost(): Promise<LeaseLost> {
    return this.#lost.promise
  }

  /**
   * Reports arrivals while the process is held. Every arrival must reach the run: the row it parks from already includes all
   * arrivals, so the run would wait for a missed one for ever.
   *
   * 1. P is claimed, and asks for its place under its key. 2. Meanwhile a signal comes, and a reply brings it. 3. P has its
   * place, and its run begins from the log of the claim: it waits for the signal, and parks with it in the row.
   */
  onArrival(tell: (entries: readonly LogEntry[]) => void): void {
    this.#tell = tell
    if (this.#untold.length > 0) tell(this.#untold.splice(0))
  }

  /** Fires the run's signal: its host wants its worker back, or the process's time is up. */
  interrupt(reason: unknown): void {
    this.#abort.abort(reason)
    if (!(reason instanceof ProcessTimedOut)) this.#halt.abort(reason)
  }

  lose(error: LeaseLost): void {
    this.#abort.abort(error)
    this.#halt.abort(error)
    this.#loss ??= error
    this.#lost.resolve(error)
  }

  /** Ends the run: its worker holds nothing from here on. */
  end(): void {
    const { id, fence } = this.#lease
    this.#over.abort(new LeaseLost({ id, fence, because: 'its run has ended' }))
  }

  /** Throws `LeaseLost` if the lease has expired by this worker's clock. After a pause no timer may have fired yet. */
  expectHeld(): void {
    if (this.#loss === undefined && this.#lease.expiresAt <= this.#now()) this.lose(outOfTime(this.#lease))
    if (this.#loss !== undefined) throw this.#loss
  }

  /** Renews, and reads the row after a notice. Throws what the registry throws, and notices a lost lease. */
  async renew(step?: RunningStep): Promise<void> {
    const { registry, clock, leaseTtlMs } = this.#parts
    const renewal = await this.#watched(registry.renew(this.#lease, leaseTtlMs, clock.now(), step))
    this.#lease = renewal.lease
    if (renewal.notice > this.#row.seq) await this.refresh()
  }

  /** Looks at the row, where something is known to have been asked. Throws what the registry throws. */
  refresh(): Promise<void> {
    return this.#inOrder(async (ownership) => this.#took(await this.#parts.registry.refresh(ownership), 0))
  }

  async commit(entries: readonly Entry[]): Promise<void> {
    const { registry, clock } = this.#parts
    await this.#inOrder(async (ownership) =>
      this.#took(await registry.commit(ownership, entries, clock.now()), entries.length),
    )
    this.#recorded(entries)
  }

  /**
   * See `ProcessRegistry.startChild`. `onStarted` is called at once when the child exists: the arrivals beside its start may have
   * to be read, and if that fails the run ends, and no other part would wake the child.
   */
  startChild(
    entries: readonly Entry[],
    child: Registration,
    onStarted: () => void,
  ): Promise<StartChildReply> {
    return this.#inOrder(async (ownership) => {
      const reply = await this.#parts.registry.startChild(ownership, entries, child, this.#now())
      if (reply.started) onStarted()
      await this.#took(reply.ownership, reply.started ? entries.length : 0)
      if (reply.started) this.#recorded(entries)
      return reply
    })
  }

  /** See `ProcessRegistry.takeSlot`. */
  takeSlot(concurrency: Concurrency): Promise<'held' | 'queued' | 'full'> {
    return this.#inOrder((ownership) => this.#parts.registry.takeSlot(ownership, concurrency))
  }

  /**
   * Undefined if an arrival came that the run had not seen when it called; the run has seen it now, and nothing was
   * written. Waits for effects only: the others do not depend on what arrives.
   *
   * 1. The run decides to park. 2. A renewal that is under way brings a signal, and reports it. 3. The park is sent, from a
   * row that has the signal in it: the registry would accept it, and no part would wake it. The same with a cancel
   * request and a wait for a place: that park goes through, and is due at once.
   */
  park(entries: readonly Entry[], request: ParkRequest): Promise<ProcessRecord | undefined> {
    const [seen, decidedFrom] = [this.#seen, this.#row]
    return this.#inOrder(async (ownership) => {
      if (request.wait.for === 'effects') {
        if (this.#seen < this.#row.seq) await this.#tellNew()
        if (this.#seen !== seen) return undefined
      }
      const now = this.#now()
      const heeded = dueAtOnceIfRequested(request, decidedFrom, ownership.row, now)
      const reply = await this.#parts.registry.park(ownership, entries, heeded, now)
      if (reply.parked) {
        this.#recorded(entries)
        sayParked(this.#parts.telemetry, segmentFacts(this), reply.record)
        return reply.record
      }
      await this.#took(reply.ownership, 0)
      return undefined
    })
  }

  async complete(entries: readonly Entry[], output: Output): Promise<TerminalRecord> {
    const record = await this.#inOrder((ownership) =>
      this.#parts.registry.complete(ownership, entries, output, this.#now()),
    )
    this.#recorded(entries)
    return record
  }

  /**
   * One write at a time, each from the row that the one before it left; a failed one does not stop the next. None is sent
   * once the lease is lost (C47): until another worker takes over, the table would accept it.
   */
  #inOrder<T>(work: (ownership: Ownership) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      this.expectHeld()
      return this.#watched(work({ lease: this.#lease, row: this.#row }))
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #watched<T>(reply: Promise<T>): Promise<T> {
    try {
      return await reply
    } catch (error) {
      if (error instanceof LeaseLost) this.lose(error)
      throw error
    }
  }

  /** Takes over the row of a reply, of which `own` entries are this run's, and tells what else has come. */
  async #took({ row }: Ownership, own: number): Promise<void> {
    this.#row = row
    this.#noticeCancel(row)
    if (row.seq === this.#seen + own) this.#seen = row.seq
    else await this.#tellNew()
  }

  /** Where the entries cannot be had, they stay unseen, and are told by whatever is done next. */
  async #tellNew(): Promise<void> {
    const [row, after] = [this.#row, this.#seen]
    const tail = numberTail(row)
    const inTail = row.seq - tail.length <= after
    // Entries of others may have been rolled into a page together with this run's own.
    const fresh = inTail ? tail.filter(({ seq }) => seq > after) : await this.#logAfter(after, row.seq)
    this.#seen = row.seq
    this.#tell(fresh.filter(isArrival))
  }

  async #logAfter(after: number, last: number): Promise<LogEntry[]> {
    return [...(await this.#parts.registry.eventsAfter(this.#lease.id, after, last - after))]
  }

  #recorded(entries: readonly Entry[]): void {
    countRetries(this.#parts.telemetry, segmentFacts(this), entries)
  }

  #noticeCancel(row: RunningRecord): void {
    if (row.cancel === undefined || this.signal.aborted) return
    this.#abort.abort(new ProcessCancelled({ id: row.id, ...reasonIn(row.cancel) }))
  }

  #now(): EpochMs {
    return this.#parts.clock.now()
  }
}
