import { AsyncLocalStorage } from 'node:async_hooks'

/** What a run is given while it has a place. */
export type CapacityPlace = {
  /** The run need not be alone any more: others may begin beside it. Without effect on a run that was not. */
  endAlone(): void
}

type CapacityRequest = { readonly alone: boolean; readonly signal: AbortSignal | undefined }
type CapacityWaiter = { readonly alone: boolean; readonly admit: (admitted: boolean) => void }

/**
 * How many processes a worker runs at once, over all its entrances (C69), and how one of them has the worker for itself
 * (C60). Runs are admitted in the order in which they asked. So a run that is to be alone waits for those that run
 * already and holds up those that asked later, and neither kind can keep the other out.
 *
 * **A process that runs another one on its own worker lends it its place**, to one at a time. It waits for the other one:
 * if that had to wait for a place of its own, both might wait for ever. Where the other one is to be alone, the lender
 * counts as waiting:
 *   1. P and Q run, and each runs a suspect. 2. P's suspect waits for Q to end, and Q's waits for P. 3. Both P and Q only
 *   wait, so P's suspect is admitted, and Q's after it.
 */
export class Capacity {
  readonly #size: number
  readonly #current = new AsyncLocalStorage<HeldPlace>()
  readonly #waiting: CapacityWaiter[] = []
  /** Places of runs that do not themselves wait for a run to be alone. */
  #taken = 0
  #isAlone = false

  constructor(size: number) {
    this.#size = size
  }

  /** Works in a place beside others. Answers undefined, and begins nothing, if the signal fires before there is one. */
  share<T>(work: (place: CapacityPlace) => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    return this.#work({ alone: false, signal }, work)
  }

  /** Works while no other run does. Answers as `share`. */
  alone<T>(work: (place: CapacityPlace) => Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
    return this.#work({ alone: true, signal }, work)
  }

  #work<T>(asked: CapacityRequest, work: (place: CapacityPlace) => Promise<T>): Promise<T | undefined> {
    const lender = this.#current.getStore()
    // Code that a run left behind may ask after the run has given its place back.
    if (lender?.isHeld !== true) return this.#workInOwn(asked, work)
    return lender.lend(() => this.#workInLent(lender, asked, work))
  }

  async #workInOwn<T>(
    asked: CapacityRequest,
    work: (place: CapacityPlace) => Promise<T>,
  ): Promise<T | undefined> {
    if (!(await this.#admitted(asked))) return undefined
    const held = new HeldPlace(asked.alone ? this.#solitude() : undefined, asked.alone)
    try {
      return await this.#current.run(held, () => work(held))
    } finally {
      void held.giveBack().then(() => {
        this.#taken -= 1
        this.#admitNext()
      })
    }
  }

  async #workInLent<T>(
    lender: HeldPlace,
    asked: CapacityRequest,
    work: (place: CapacityPlace) => Promise<T>,
  ): Promise<T | undefined> {
    const { solitude } = lender
    const waitsToBeAlone = asked.alone && solitude === undefined
    if (waitsToBeAlone && !(await this.#admittedInstead(asked))) return undefined
    const held = new HeldPlace(waitsToBeAlone ? this.#solitude() : solitude, asked.alone)
    try {
      return await this.#current.run(held, () => work(held))
    } finally {
      await held.giveBack()
    }
  }

  /** The lender's place counts as free meanwhile. It is taken back in any case, for the lender runs on. */
  async #admittedInstead(asked: CapacityRequest): Promise<boolean> {
    this.#taken -= 1
    this.#admitNext()
    const admitted = await this.#admitted(asked)
    if (!admitted) this.#taken += 1
    return admitted
  }

  /** Settles with true once there is room, and with false if the signal fires before. */
  #admitted({ alone, signal }: CapacityRequest): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting: CapacityWaiter = { alone, admit: resolve }
    const giveUp = (): void => {
      const at = this.#waiting.indexOf(waiting)
      if (at === -1) return
      this.#waiting.splice(at, 1)
      resolve(false)
      this.#admitNext()
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    this.#waiting.push(waiting)
    this.#admitNext()
    return promise.finally(() => signal?.removeEventListener('abort', giveUp))
  }

  #admitNext(): void {
    for (let [next] = this.#waiting; next !== undefined && this.#hasRoomFor(next); [next] = this.#waiting) {
      this.#waiting.shift()
      this.#taken += 1
      this.#isAlone = next.alone
      next.admit(true)
    }
  }

  #hasRoomFor({ alone }: CapacityWaiter): boolean {
    return !this.#isAlone && this.#taken < (alone ? 1 : this.#size)
  }

  #solitude(): Solitude {
    return new Solitude(() => {
      this.#isAlone = false
      this.#admitNext()
    })
  }
}

/** That one run has the worker for itself: as long as that run, or one that it lends its place to, needs it. */
class Solitude {
  readonly #onEnd: () => void
  #needs = 0

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  get lasts(): boolean {
    return this.#needs > 0
  }

  begin(): void {
    this.#needs += 1
  }

  end(): void {
    this.#needs -= 1
    if (this.#needs === 0) this.#onEnd()
  }
}

/** A place that a run holds. */
class HeldPlace implements CapacityPlace {
  readonly #solitude: Solitude | undefined
  #needsSolitude: boolean
  #isHeld = true
  #lent: Promise<unknown> = Promise.resolve()

  constructor(solitude: Solitude | undefined, needsSolitude: boolean) {
    this.#solitude = solitude
    this.#needsSolitude = needsSolitude
    if (needsSolitude) solitude?.begin()
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  get solitude(): Solitude | undefined {
    return this.#solitude?.lasts === true ? this.#solitude : undefined
  }

  lend<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lent.then(work)
    this.#lent = turn.catch(() => undefined)
    return turn
  }

  endAlone(): void {
    if (!this.#needsSolitude) return
    this.#needsSolitude = false
    this.#solitude?.end()
  }

  /** Settles once the runs that it was lent to have ended as well. */
  async giveBack(): Promise<void> {
    this.#isHeld = false
    await this.#lent
    this.endAlone()
  }
}
