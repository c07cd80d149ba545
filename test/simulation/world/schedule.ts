/** Something that happens at a moment of true time. Of two at the same moment the smaller tie goes first. */
type Entry = {
  at: number
  readonly tie: number
  readonly order: number
  fire: (() => void) | undefined
  /** A pass of the sweep and the like: as long as nothing else is to come, the world is at rest. */
  readonly background: boolean
}

/** Events that Node drains promises after, without a turn of its loop (and a system call) for each. */
const EVENTS_A_TURN = 64

/**
 * True time, and all that is to happen, in one queue. Between two events every promise that is ready runs to where it
 * waits for a port: so the order of events is the order of everything.
 */
export class Schedule {
  now: number
  events = 0
  /** Events to come that are no background. */
  waiting = 0
  readonly #heap: Entry[] = []
  #order = 0

  constructor(startAt: number) {
    this.now = startAt
  }

  /** The answer cancels it. */
  at(at: number, tie: number, fire: () => void, background = false): () => void {
    const entry: Entry = { at: Math.max(at, this.now), tie, order: this.#order++, fire, background }
    this.#push(entry)
    if (!background) this.waiting += 1
    return () => {
      if (entry.fire === undefined) return
      entry.fire = undefined
      if (!background) this.waiting -= 1
    }
  }

  /** Is the next thing to happen a background one? */
  get atBackground(): boolean {
    while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#pop()
    return this.#heap[0]?.background === true
  }

  /** When the next event that is no background happens: never, where there is none. */
  get soonest(): number {
    const times = this.#heap.flatMap(({ at, fire, background }) =>
      fire === undefined || background ? [] : [at],
    )
    return Math.min(Number.POSITIVE_INFINITY, ...times)
  }

  /** Fires one event after another until `done` says so, or there is nothing left; throws what an event throws. */
  run(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false
      const step = (): void => {
        if (over) return
        try {
          over = done() || !this.#fireNext()
        } catch (error) {
          over = true
          reject(error)
        }
        if (over) resolve()
      }
      // Between two immediates of one turn Node runs all that is ready: that is the whole draining.
      const turn = (): void => {
        for (let count = 0; count < EVENTS_A_TURN; count += 1) setImmediate(step)
        setImmediate(() => void (over || turn()))
      }
      turn()
    })
  }

  #fireNext(): boolean {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
      const { fire } = entry
      if (fire === undefined) continue
      entry.fire = undefined
      if (!entry.background) this.waiting -= 1
      this.now = entry.at
      this.events += 1
      fire()
      return true
    }
    return false
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !precedes(entry, above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  #pop(): Entry | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      const [left, right] = [heap[child], heap[child + 1]]
      if (left === undefined) break
      let smaller = left
      if (right !== undefined && precedes(right, left)) {
        smaller = right
        child += 1
      }
      if (!precedes(smaller, last)) break
      heap[at] = smaller
      at = child
    }
    heap[at] = last
    return first
  }
}

function precedes(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at
  return a.tie === b.tie ? a.order < b.order : a.tie < b.tie
}
