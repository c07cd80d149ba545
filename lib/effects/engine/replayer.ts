import type { Clock } from '../../model/clock.ts'
import type { NonDeterminism } from '../../model/errors.ts'
import { REPLAY_PATIENCE_MS } from '../../model/limits.ts'
import type { EffectKind, LogEntry, Outcome } from '../../model/log.ts'
import {
  mismatch,
  neverAskedFor,
  recordedEffects,
  titleOf,
  type EffectCall,
  type Recorded,
} from '../../model/replay.ts'
import type { Shown } from '../shown.ts'
import type { Turns } from './turns.ts'

/** Effects that answer at once: what is recorded of them needs no turn, for nothing waits for it. */
const INSTANT: readonly EffectKind[] = ['now', 'random', 'uuid', 'patched']

/**
 * Gives recorded outcomes back in the order in which they were recorded. Nothing new starts before the last of them is
 * delivered, so what a run sees first is what every earlier run saw.
 *
 * Code that waits here while it never asks for the next recorded effect has changed, and would wait for ever; code that
 * is only slow (it does something outside its context) gets some patience.
 */
export class Replayer {
  readonly #order: readonly Recorded[]
  readonly #byPosition: ReadonlyMap<number, Recorded>
  readonly #instantsLeft: Map<number, Recorded>
  readonly #waiting = new Map<number, Waiting>()
  readonly #ports: ReplayerPorts
  readonly #finished = Promise.withResolvers<void>()
  #delivered = 0
  #scheduled = false
  /** The latest call that waits here, and whether any is of something new. */
  #asked: EffectCall | undefined
  #newWaits = false
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
  recorded(call: EffectCall): Promise<Shown> | undefined {
    const recorded = this.#byPosition.get(call.position)
    if (recorded === undefined) return undefined
    const { promise, resolve } = Promise.withResolvers<Shown>()
    const error = mismatch(recorded, call)
    if (error !== undefined) this.#ports.onMismatch(error)
    else {
      // Its value is fetched at once, with those of the branches beside it, and waits for its turn.
      this.#waiting.set(call.position, { settle: resolve, shown: this.#ports.show(call, recorded.outcome) })
      this.#asked = call
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

  /** Settles when every recorded outcome is delivered. */
  finished(call: EffectCall): Promise<void> {
    if (!this.over) {
      this.#asked = call
      this.#newWaits = true
      this.#bePatient()
    }
    return this.#finished.promise
  }

  /** Ends the wait for the code to catch up; the answer is the first recorded effect that it never asked for. */
  stop(): Recorded | undefined {
    this.#stopPatience()
    const unasked = this.#order.slice(this.#delivered).find(({ position }) => !this.#waiting.has(position))
    return unasked ?? [...this.#instantsLeft.values()].at(0)
  }

  #schedule(): void {
    if (this.#scheduled) return
    const next = this.#order[this.#delivered]
    const waiting = next === undefined ? undefined : this.#waiting.get(next.position)
    if (next === undefined || waiting === undefined) return this.#bePatient()
    this.#stopPatience()
    this.#scheduled = true
    this.#ports.turns.take(async () => {
      const shown = await waiting.shown
      // Its value could not be had: that was reported, and the run goes no further.
      if (shown === undefined) return
      this.#scheduled = false
      this.#waiting.delete(next.position)
      this.#delivered += 1
      waiting.settle(shown)
      if (this.over) this.#finished.resolve()
      else this.#schedule()
    })
  }

  #bePatient(): void {
    if (this.over || this.#scheduled || (this.#waiting.size === 0 && !this.#newWaits)) return
    this.#cancelPatience ??= this.#ports.clock.after(REPLAY_PATIENCE_MS, () => {
      const missing = this.stop()
      if (missing !== undefined && this.#asked !== undefined)
        this.#ports.onMismatch(neverAskedFor(missing, titleOf(this.#asked)))
    })
  }

  #stopPatience(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
  }
}

type Waiting = {
  readonly settle: (shown: Shown) => void
  readonly shown: Promise<Shown | undefined>
}

type ReplayerPorts = {
  readonly turns: Turns
  readonly clock: Clock
  /** Gets the value of an outcome; undefined where it could not, which it has reported then. Never rejects. */
  readonly show: (call: EffectCall, outcome: Outcome) => Promise<Shown | undefined>
  readonly onMismatch: (error: NonDeterminism) => void
}
