import type { LeaseholdError } from '../model/errors.ts'
import { asKnown } from '../model/failure.ts'
import type { RunStop } from './controller.ts'

/** How a run stops before the author's code does: once, by whatever comes first. */
export class Stopping {
  readonly stopped: Promise<RunStop>
  readonly stop: (stop: RunStop) => void
  #failure: LeaseholdError | undefined

  constructor() {
    const { promise, resolve } = Promise.withResolvers<RunStop>()
    this.stopped = promise
    this.stop = resolve
  }

  /** Why the run goes no further; undefined where it does, or where it parked or handed over. */
  get failure(): LeaseholdError | undefined {
    return this.#failure
  }

  fail(thrown: unknown): void {
    const error = asKnown(thrown, 'commit')
    this.#failure ??= error
    this.stop({ kind: 'error', error })
  }
}
