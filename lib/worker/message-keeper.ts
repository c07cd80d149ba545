import { HIDE_AFTER_MS, HIDE_MARGIN_MS } from '../model/limits-redelivery.ts'
import type { Delivery } from '../queue/delivery.ts'
import type { BatchParts } from './delivery.ts'

/**
 * THE MESSAGE IS A DEAD MAN'S SWITCH (C80). While a worker serves a batch, it keeps the messages hidden for a lease at a time.
 * Once the worker is gone, the queue delivers them again, and no sweep has to find their processes.
 *
 * 1. A (batch of M) claims P until 0:30, and hides M until 0:31. 2. A renews P until 0:40, and hides M until 0:41. 3. A dies.
 * 4. At 0:41 the queue delivers M to B, which finds that the lease of P has expired, and takes over.
 *
 * A request that fails costs time and nothing else: M comes too early and finds a live lease, or the sweep finds P.
 */
export class MessageKeeper {
  readonly #parts: BatchParts
  /** Messages that the queue has to deliver again if this worker dies. */
  readonly #kept: Set<string>
  readonly #hidden = new Set<string>()
  #cancelTimer: () => void = () => {}
  #isOver = false
  #hasBegun = false
  #hasWarned = false

  constructor(parts: BatchParts, deliveries: readonly Delivery[]) {
    this.#parts = parts
    this.#kept = new Set(parts.redelivery === undefined ? [] : deliveries.map(({ id }) => id))
    // Its worker died, or could not serve it: the next one may not live for long either.
    const isRedelivered = deliveries.some(({ attempt = 1 }) => attempt > 1)
    if (this.#kept.size > 0) this.#after(isRedelivered ? 0 : HIDE_AFTER_MS)
  }

  /** For a suspect, which may kill this worker at once. */
  hasten(): void {
    if (this.#hasBegun || this.#isOver || this.#kept.size === 0) return
    this.#cancelTimer()
    this.#after(0)
  }

  /** Another delivery would find nothing to do. One that is hidden for a lease only stays hidden until the batch ends. */
  served({ id }: Delivery): void {
    if (!this.#hidden.has(id)) this.#kept.delete(id)
  }

  /** Its next delivery is decided. Returns whether it is hidden for less than the queue would hide it. */
  release({ id }: Pick<Delivery, 'id'>): boolean {
    this.#kept.delete(id)
    return this.#hidden.has(id)
  }

  /** The batch ends: the host deletes what was served. */
  stop(): void {
    this.#isOver = true
    this.#cancelTimer()
  }

  #after(ms: number): void {
    this.#cancelTimer = this.#parts.worker.clock.after(ms, () => void this.#hide())
  }

  async #hide(): Promise<void> {
    const { redelivery, worker } = this.#parts
    this.#hasBegun = true
    const forMs = worker.leaseTtlMs + HIDE_MARGIN_MS
    const ids = [...this.#kept]
    for (const id of ids) this.#hidden.add(id)
    try {
      const refused = await redelivery?.hide(ids.map((id) => ({ id, forMs })))
      for (const id of refused ?? []) this.#kept.delete(id)
    } catch (error) {
      this.#warn(error)
    }
    if (!this.#isOver && this.#kept.size > 0) this.#after(worker.renewEveryMs)
  }

  #warn(error: unknown): void {
    if (this.#isOver || this.#hasWarned) return
    this.#hasWarned = true
    this.#parts.worker.telemetry.warn(
      'messages of a batch could not be kept hidden; they may come while their processes run, or late',
      { messages: this.#kept.size, error: String(error) },
    )
  }
}
