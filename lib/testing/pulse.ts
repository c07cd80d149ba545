import { setImmediate as nextTurn } from 'node:timers/promises'
import type { VirtualClock } from './virtual-clock.ts'
import { isPromise } from '../model/realm.ts'

/** Turns without anything in flight and without new work after which a world counts as idle. */
const IDLE_TURNS = 8

/** Finds out whether a world whose time stands still is active: calls to a registry, or code that takes turns. */
export class Pulse {
  readonly #clock: VirtualClock
  #inFlight = 0

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  /** The same object with its calls counted while they are in flight. */
  watch<T extends object>(watched: T): T {
    return new Proxy(watched, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.#counted(value.apply(target, args))
      },
    })
  }

  /** The same promise, counted as in flight until it has settled. */
  during<T>(work: Promise<T>): Promise<T> {
    this.#inFlight += 1
    return work.finally(() => {
      this.#inFlight -= 1
    })
  }

  /** Settles when the world is at rest, or `enough` returns true. The clock stands still meanwhile. */
  async rest(enough: () => boolean = () => false): Promise<void> {
    let turns = this.#clock.turns
    for (let idle = 0; idle < IDLE_TURNS && !enough(); idle += 1) {
      await nextTurn()
      if (this.#inFlight > 0 || this.#clock.turns !== turns) idle = 0
      turns = this.#clock.turns
    }
  }

  #counted(reply: unknown): unknown {
    return isPromise(reply) ? this.during(reply) : reply
  }
}
