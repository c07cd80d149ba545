import type { Clock } from '../../model/clock.ts'
import { Pace } from './pace.ts'

/**
 * Hands outcomes to the author's code one at a time, each with a whole turn of the event loop to itself. The code then
 * reacts to one outcome before it sees the next, on the first run and on every replay. So parallel branches ask for their
 * next effects in the same order each time (C40).
 *
 * 1. The first run records the outcome of one branch after a write; by then every branch has asked for its first effect.
 * 2. A replay has that outcome at hand. If delivered at once, its branch would continue before a slower one has asked, and take
 * the position of the slower one. So the first delivery leaves the code a turn to begin in.
 */
export class Turns {
  readonly pace: Pace
  readonly #clock: Clock
  readonly #queue: (() => Promise<void> | void)[] = []
  #running = false
  #passed = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.pace = new Pace(clock, () => this.#passed)
  }

  /** True while something is being delivered, or waits for its turn. */
  get busy(): boolean {
    return this.#running
  }

  /** How many deliveries there were: a number that stands still means that nothing new has reached the code. */
  get passed(): number {
    return this.#passed
  }

  /**
   * Runs `deliver` in the next free turn: at once where nothing was delivered in this one. One that has to write first
   * keeps the turn until it has, so that what is recorded after it is also seen after it.
   */
  take(deliver: () => Promise<void> | void): void {
    this.#queue.push(deliver)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    if (this.#passed === 0) await this.#clock.turn()
    for (let deliver = this.#queue.shift(); deliver !== undefined; deliver = this.#queue.shift()) {
      this.#passed += 1
      await deliver()
      await this.#clock.turn()
    }
    this.#running = false
  }
}
