import type { EpochMs } from '../model/clock.ts'
import { LeaseLost, LeaseholdError, ProcessCancelled } from '../model/errors.ts'
import type { Holding, ParkRequest, RunningRecord } from '../model/holding.ts'
import type { Lease } from '../model/lease.ts'
import type { Entry } from '../model/log.ts'
import type { Output, ProcessRecord, TerminalRecord } from '../model/record.ts'
import type { WorkerParts } from './config.ts'

/**
 * A process in the hands of one run: its lease and its row, kept current by every reply. Writes go one after the
 * other, since each names the `commit` that the one before it left. Cancel requests and the loss of the lease are
 * noticed here, wherever they show first, and fire the run's abort signal.
 */
export class Hold {
  readonly #parts: WorkerParts
  readonly #abort = new AbortController()
  readonly #lost = Promise.withResolvers<LeaseLost>()
  #lease: Lease
  #row: RunningRecord
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: WorkerParts, holding: Holding) {
    this.#parts = parts
    this.#lease = holding.lease
    this.#row = holding.row
    this.#notice(holding.row)
  }

  get lease(): Lease {
    return this.#lease
  }

  get row(): RunningRecord {
    return this.#row
  }

  /** Fires with `ProcessCancelled`, `LeaseLost`, or the reason of a host that shuts down. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Settles when the lease is lost. */
  get lost(): Promise<LeaseLost> {
    return this.#lost.promise
  }

  /** Fires the run's signal for a host that wants its worker back. */
  interrupt(reason: unknown): void {
    this.#abort.abort(reason)
  }

  lose(error: LeaseLost): void {
    this.#abort.abort(error)
    this.#lost.resolve(error)
  }

  /** Renews, and looks at the row where someone poked. Throws what the registry throws; a lost lease is noticed too. */
  async renew(): Promise<void> {
    const { registry, clock, leaseTtlMs } = this.#parts
    const renewal = await this.#watched(registry.renew(this.#lease, leaseTtlMs, clock.now()))
    this.#lease = renewal.lease
    if (renewal.poke > this.#row.seq) await this.#write((holding) => registry.refresh(holding))
  }

  async commit(entries: readonly Entry[]): Promise<void> {
    const { registry, clock } = this.#parts
    await this.#write((holding) => registry.commit(holding, entries, clock.now()))
  }

  park(entries: readonly Entry[], request: ParkRequest): Promise<ProcessRecord> {
    return this.#inOrder((holding) => this.#parts.registry.park(holding, entries, request, this.#now()))
  }

  complete(entries: readonly Entry[], output: Output): Promise<TerminalRecord> {
    return this.#inOrder((holding) => this.#parts.registry.complete(holding, entries, output, this.#now()))
  }

  async #write(write: (holding: Holding) => Promise<Holding>): Promise<void> {
    const next = await this.#inOrder(write)
    this.#row = next.row
    this.#notice(next.row)
  }

  /** One write at a time, each from the row that the one before it left; a failed one does not stop the next. */
  #inOrder<T>(work: (holding: Holding) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#watched(work({ lease: this.#lease, row: this.#row })))
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

  #notice(row: RunningRecord): void {
    if (row.cancel === undefined || this.signal.aborted) return
    this.#abort.abort(new ProcessCancelled({ id: row.id, reason: row.cancel.reason }))
  }

  #now(): EpochMs {
    return this.#parts.clock.now()
  }
}

/** The lease ran out before a renewal came through. */
export function outOfTime(lease: Lease, cause?: unknown): LeaseLost {
  const why = cause instanceof LeaseholdError ? `: ${cause.code}` : ''
  return new LeaseLost(
    { id: lease.id, fence: lease.fence, because: `it ran out before it was renewed${why}` },
    cause,
  )
}
