import type { Clock } from '../model/clock.ts'
import type { NonDeterminism } from '../model/errors.ts'
import { REPLAY_PATIENCE_MS } from '../model/limits.ts'
import type { EffectKind, LogEntry, Outcome } from '../model/log.ts'
import {
  mismatch,
  neverAskedFor,
  recordedEffects,
  titleOf,
  type EffectCall,
  type Recorded,
} from '../model/replay.ts'
import type { Turns } from './turns.ts'

/** Effects that answer at once: what is recorded of them needs no turn, for nothing waits for it. */
const INSTANT: readonly EffectKind[] = ['now', 'random', 'uuid', 'patched']

/**
 * Gives recorded outcomes back in the order in which they were recorded. Nothing new starts before the last of them is
 * delivered, so what a run sees first is what every earlier run saw.
 */
export class Replayer {
  readonly #order: readonly Recorded[]
  readonly #byPosition: ReadonlyMap<number, Recorded>
  readonly #instantsLeft: Map<number, Recorded>
  readonly #waiting = new Map<number, (outcome: Outcome) => void>()
  readonly #ports: ReplayerPorts
  readonly #finished = Promise.withResolvers<void>()
  #delivered = 0
  #scheduled = false
  #cancelPatience: (() => void) | undefined

  constructor(log: readonly LogEntry[], ports: ReplayerPorts) {
    const recorded = recordedEffects(log)
    this.#order = recorded.filter(({ effect }) => !INSTANT.includes(effect))
    this.#byPosition = new Map(recorded.map((each) => [each.position, each]))
    const instants = recorded.filter(({ effect }) => INSTANT.includes(effect))
    this.#instantsLeft = new Map(instants.map((each) => [each.position, each]))
    this.#ports = ports
    if (this.over) this.#finished.resolve()
  }

  get over(): boolean {
    return this.#delivered === this.#order.length
  }

  /** The outcome recorded for a call, in its turn; undefined where the journal holds none. Reports a mismatch, and then never settles. */
  recorded(call: EffectCall): Promise<Outcome> | undefined {
    const recorded = this.#byPosition.get(call.position)
    if (recorded === undefined) return undefined
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const error = mismatch(recorded, call)
    if (error !== undefined) this.#ports.onMismatch(error)
    else {
      this.#waiting.set(call.position, resolve)
      this.#schedule()
    }
    return promise
  }

  /** What is recorded for an effect that answers at once. A mismatch is reported, and thrown, since it cannot wait. */
  instant(call: EffectCall): Outcome | undefined {
    const recorded = this.#byPosition.get(call.position)
    if (recorded === undefined) return undefined
    const error = mismatch(recorded, call)
    if (error !== undefined) {
      this.#ports.onMismatch(error)
      throw error
    }
    this.#instantsLeft.delete(call.position)
    return recorded.outcome
  }

  /** Is this very effect recorded at its position? Asks without taking anything. */
  holds(call: EffectCall): boolean {
    const recorded = this.#byPosition.get(call.position)
    return recorded !== undefined && mismatch(recorded, call) === undefined
  }

  /**
   * Settles when every recorded outcome is delivered. Code that waits here while it never asks for the next recorded
   * effect has changed; code that is only slow (it does something outside its context) gets some patience.
   */
  finished(call: EffectCall): Promise<void> {
    if (this.over) return this.#finished.promise
    this.#cancelPatience ??= this.#ports.clock.after(REPLAY_PATIENCE_MS, () => {
      const missing = this.stop()
      if (missing !== undefined) this.#ports.onMismatch(neverAskedFor(missing, titleOf(call)))
    })
    return this.#finished.promise
  }

  /** Ends the wait for the code to catch up; the answer is the first recorded effect that it never asked for. */
  stop(): Recorded | undefined {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
    const unasked = this.#order.slice(this.#delivered).find(({ position }) => !this.#waiting.has(position))
    return unasked ?? [...this.#instantsLeft.values()].at(0)
  }

  #schedule(): void {
    const next = this.#order[this.#delivered]
    const settle = next === undefined ? undefined : this.#waiting.get(next.position)
    if (next === undefined || settle === undefined || this.#scheduled) return
    this.#scheduled = true
    this.#ports.turns.take(() => {
      this.#scheduled = false
      this.#waiting.delete(next.position)
      this.#delivered += 1
      settle(next.outcome)
      if (this.over) {
        this.#cancelPatience?.()
        this.#finished.resolve()
      } else this.#schedule()
    })
  }
}

type ReplayerPorts = {
  readonly turns: Turns
  readonly clock: Clock
  readonly onMismatch: (error: NonDeterminism) => void
}
