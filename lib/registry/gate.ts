/**
 * Lets a bounded number of requests through at a time, in turn by the process they are for: the queue of one process delays
 * another by one request, however long it is.
 *
 * 1. 5,000 steps of a process end in one moment, each with a value for an item of its own. 2. Sent at once, they take all sockets
 * of the client for seconds. 3. The renewals of each process of the worker wait behind them, and the leases run out.
 */
export class Gate {
  readonly #most: number
  /** Requests that wait, by process. The first process of the map is the next. */
  readonly #waiting = new Map<string, (() => void)[]>()
  #open = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Sends a request once its turn comes. One that waits must not wait for another that passes the same gate. */
  async pass<T>(id: string, request: () => Promise<T>): Promise<T> {
    if (this.#open < this.#most) this.#open += 1
    else await this.#turn(id)
    try {
      return await request()
    } finally {
      // The place goes to the next one as it is, so that none can come between.
      const next = this.#next()
      if (next === undefined) this.#open -= 1
      else next()
    }
  }

  #turn(id: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const queue = this.#waiting.get(id)
    if (queue === undefined) this.#waiting.set(id, [resolve])
    else queue.push(resolve)
    return promise
  }

  #next(): (() => void) | undefined {
    const [first] = this.#waiting
    if (first === undefined) return undefined
    const [id, queue] = first
    const next = queue.shift()
    this.#waiting.delete(id)
    if (queue.length > 0) this.#waiting.set(id, queue)
    return next
  }
}
