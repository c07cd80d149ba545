import { STORE_CALLS, type CallClass, type Fault, type Moment } from './faults.ts'
import type { Random } from './random.ts'

const SECOND = 1_000
/** The code tries a request for some seconds. What it does when it has given up is seen only where none gets through. */
const LENGTHS_MS = [5 * SECOND, 20 * SECOND, 60 * SECOND]
/** Most processes of a world begin by then. */
const LATEST_MS = 5 * SECOND

/** In some worlds the store answers nothing but errors for a while. Each of them is a fault like any other. */
export class Outage {
  readonly #from: number
  readonly #to: number

  constructor(random: Random, startAt: number) {
    const happens = random.chance(0.08)
    this.#from = startAt + random.next() * LATEST_MS
    this.#to = happens ? this.#from + random.pick(LENGTHS_MS) : this.#from
  }

  at({ at, nth }: Moment, on: CallClass, now: number): Fault | undefined {
    const away = now >= this.#from && now < this.#to && STORE_CALLS.includes(on)
    return away ? { at, nth, kind: 'error 500' } : undefined
  }
}
