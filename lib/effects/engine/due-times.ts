import type { EpochMs } from '../../model/clock.ts'

type TimedWait<T> = { readonly at: EpochMs; readonly of: T }

/**
 * When things are due, the soonest first: a heap. One that is timed anew, or is gone, stays in it until it comes to the top,
 * where `holds` says that it no longer counts. So each change costs the depth of the heap, however many there are.
 */
export class DueTimes<T> {
  readonly #heap: TimedWait<T>[] = []
  readonly #holds: (of: T, at: EpochMs) => boolean

  constructor(holds: (of: T, at: EpochMs) => boolean) {
    this.#holds = holds
  }

  add(of: T, at: EpochMs): void {
    this.#heap.push({ at, of })
    this.#up(this.#heap.length - 1)
  }

  get soonest(): EpochMs | undefined {
    return this.#top()?.at
  }

  /** Takes out all that are due by `now`. */
  take(now: EpochMs): T[] {
    const due: T[] = []
    for (let top = this.#top(); top !== undefined && top.at <= now; top = this.#top()) {
      due.push(top.of)
      this.#pop()
    }
    return due
  }

  clear(): void {
    this.#heap.length = 0
  }

  #top(): TimedWait<T> | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#holds(top.of, top.at)) return top
      this.#pop()
    }
    return undefined
  }

  #pop(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    this.#down(0)
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const above = (at - 1) >> 1
      if (!this.#swapped(above, at)) return
      at = above
    }
  }

  #down(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]]
      if (left === undefined) return
      const below = right !== undefined && right.at < left.at ? 2 * at + 2 : 2 * at + 1
      if (!this.#swapped(at, below)) return
      at = below
    }
  }

  /** Puts the sooner of the two above. */
  #swapped(above: number, below: number): boolean {
    const [upper, lower] = [this.#heap[above], this.#heap[below]]
    if (upper === undefined || lower === undefined || upper.at <= lower.at) return false
    this.#heap[above] = lower
    this.#heap[below] = upper
    return true
  }
}
