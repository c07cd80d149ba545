import type { Clock } from '../../model/clock.ts'
import { BODIES_A_TURN } from '../../model/limits-flight.ts'

/**
 * Spreads the bodies of many parallel steps over turns of the event loop. If 5,000 begin in one turn, they hold the loop for
 * seconds on a small machine. Meanwhile no process of the host can renew its lease.
 */
export class Pace {
  readonly #clock: Clock
  /** A number that changes when the code was given something: the loop has turned since. */
  readonly #turned: () => number
  readonly #waiting: (() => void)[] = []
  #seen = -1
  #begun = 0

  constructor(clock: Clock, turned: () => number) {
    this.#clock = clock
    this.#turned = turned
  }

  /** Settles when the next body may begin; undefined if it may at once. */
  next(): Promise<void> | undefined {
    if (this.#waiting.length === 0) {
      if (this.#seen !== this.#turned()) this.#begun = 0
      this.#seen = this.#turned()
      this.#begun += 1
      if (this.#begun <= BODIES_A_TURN) return undefined
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    if (this.#waiting.length === 1) void this.#letIn()
    return promise
  }

  async #letIn(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#clock.turn()
      for (const begin of this.#waiting.splice(0, BODIES_A_TURN)) begin()
    }
    this.#begun = BODIES_A_TURN
  }
}
