import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, EpochMs } from '../model/clock.ts'

type Timer = { readonly at: EpochMs; readonly order: number; readonly fire: () => void }

/** A clock that stands still until a test moves it. Timers fire in order of their time, each with turns in between. */
export class VirtualClock implements Clock {
  #now: EpochMs
  #order = 0
  #turns = 0
  readonly #timers = new Set<Timer>()

  constructor(startAt: EpochMs = Date.UTC(2026, 0, 1)) {
    this.#now = startAt
  }

  now(): EpochMs {
    return this.#now
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, fire: callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  turn(): Promise<void> {
    this.#turns += 1
    return nextTurn()
  }

  /** How often code asked for a turn: while the number grows, something is going on. */
  get turns(): number {
    return this.#turns
  }

  /** Timers that wait to fire: none are left once a run has cleaned up. */
  get pending(): number {
    return this.#timers.size
  }

  get nextAt(): EpochMs | undefined {
    return this.#next()?.at
  }

  /** The time of the last timer that is set; now, if none is set. */
  get lastAt(): EpochMs {
    return Math.max(this.#now, ...[...this.#timers].map(({ at }) => at))
  }

  /** Moves by `ms`, fires the timers that come due on the way, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (let timer = this.#next(); timer !== undefined && timer.at <= until; timer = this.#next()) {
      await this.#fire(timer)
    }
    this.#now = Math.max(this.#now, until)
    await this.settle()
  }

  /** Jumps to the next timer and fires it. False where there is none. */
  async skip(): Promise<boolean> {
    const timer = this.#next()
    if (timer !== undefined) await this.#fire(timer)
    return timer !== undefined
  }

  /** Lets what is ready run, for a few turns. */
  async settle(turns = 5): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await nextTurn()
  }

  /** The same time as seen by a machine whose clock is off. */
  skewed(offsetMs: number): Clock {
    return {
      now: () => this.#now + offsetMs,
      after: (delayMs, callback) => this.after(delayMs, callback),
      turn: () => this.turn(),
    }
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers.delete(timer)
    this.#now = Math.max(this.#now, timer.at)
    timer.fire()
    await this.settle()
  }

  #next(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer
    }
    return first
  }
}
