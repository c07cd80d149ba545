import type { Clock } from '../model/clock.ts'

/**
 * Hands outcomes to the author's code one at a time, each with a whole turn of the event loop to itself. The code then
 * reacts to one outcome before it sees the next, on the first run as on every replay, so branches that run side by
 * side ask for their next effects in the same order each time (C40).
 */
export class Turns {
  readonly #clock: Clock
  readonly #queue: (() => void)[] = []
  #running = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `deliver` in the next free turn: at once where nothing was delivered in this one. */
  take(deliver: () => void): void {
    this.#queue.push(deliver)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let deliver = this.#queue.shift(); deliver !== undefined; deliver = this.#queue.shift()) {
      deliver()
      await this.#clock.turn()
    }
    this.#running = false
  }
}
