import { LeaseholdError } from '../model/errors.ts'
import type { Registration } from '../model/registration.ts'
import type { OutsideRequest } from '../model/requests.ts'
import type { WorkerParts } from './config.ts'
import { wakeUnlessRunning } from '../queue/wakeups.ts'
import { isError } from '../model/realm.ts'

/**
 * A caller's cancellation of a process: once the caller's signal fires, a cancel request is on record. The process is
 * registered first. So the request meets the process that the caller asked for, and no other one under its id; and a
 * signal that fires before the start is answered as one that fires just after it.
 */
export class Cancellation {
  readonly #parts: WorkerParts
  readonly #registration: Registration
  readonly #signal: AbortSignal | undefined
  readonly #settled = new AbortController()
  #asking: Promise<void> = Promise.resolve()
  #stopRetry = (): void => {}
  #over = false

  constructor(parts: WorkerParts, registration: Registration, signal: AbortSignal | undefined) {
    this.#parts = parts
    this.#registration = registration
    this.#signal = signal
    if (signal?.aborted === true) this.#ask()
    else signal?.addEventListener('abort', this.#ask, { once: true })
  }

  /** The caller has cancelled, and that is not on record yet. */
  get pending(): boolean {
    return this.#signal?.aborted === true && !this.#settled.signal.aborted
  }

  /** Fires once the request is on record; also where the process has ended, or is not the one that was asked for. */
  get settled(): AbortSignal {
    return this.#settled.signal
  }

  /** Asks no more. Settles when nothing of it is in flight. */
  end(): Promise<void> {
    this.#over = true
    this.#stopRetry()
    this.#signal?.removeEventListener('abort', this.#ask)
    return this.#asking
  }

  readonly #ask = (): void => {
    this.#asking = this.#record().then(
      () => this.#settled.abort(),
      (error: unknown) => this.#failed(error),
    )
  }

  async #record(): Promise<void> {
    const { registry, clock } = this.#parts
    await registry.register(this.#registration, { now: clock.now(), wakeupScheduled: false })
    const request = requestOf(this.#signal?.reason)
    const record = await registry.requestCancel(this.#registration.id, request, clock.now())
    await wakeUnlessRunning(this.#parts, record)
  }

  #failed(error: unknown): void {
    // The process has ended, or cannot be registered: its run says so as well.
    if (error instanceof LeaseholdError && error.next === 'end') return this.#settled.abort()
    const { clock, telemetry, watchEveryMs } = this.#parts
    const { id, kind } = this.#registration
    telemetry.warn('a cancel request could not be recorded; it is sent again', {
      id,
      kind,
      error: String(error),
    })
    if (!this.#over) this.#stopRetry = clock.after(watchEveryMs, this.#ask)
  }
}

/** The request that a signal's reason makes. `abort()` without a reason gives none. */
function requestOf(reason: unknown): OutsideRequest {
  if (isError(reason)) return reason.message === NO_REASON ? {} : { reason: reason.message }
  return typeof reason === 'string' ? { reason } : {}
}

/** What the platform says in place of a reason. */
const NO_REASON = 'This operation was aborted'
