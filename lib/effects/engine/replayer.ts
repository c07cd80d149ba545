import { INSTANT_KINDS, type EffectKind, type Outcome } from '../../model/log.ts'
import { mismatch, recordedEffects, type EffectCall, type RecordedEffect } from '../../model/replay.ts'
import type { RunPorts } from '../controller.ts'
import type { LoadedOutcome } from '../loaded-outcome.ts'
import type { Inbox } from './inbox.ts'
import { Patience, type PatiencePorts } from './patience.ts'
import type { Turns } from './turns.ts'

const INSTANTS: ReadonlySet<EffectKind> = new Set(INSTANT_KINDS)

/**
 * Gives recorded outcomes back in the order in which they were recorded. Nothing new starts before the last of them is
 * delivered, so what a run sees first is what every earlier run saw.
 *
 * Code that waits here while it never asks for the next recorded effect has changed, and would wait for ever. Code that
 * is only slow (it awaits work of its own beside its effects) gets time to catch up: see `Patience`.
 */
export class Replayer {
  readonly #order: readonly RecordedEffect[]
  readonly #byPosition: ReadonlyMap<number, RecordedEffect>
  readonly #instantsLeft: Map<number, RecordedEffect>
  readonly #waiting = new Map<number, PendingEffect>()
  readonly #ports: ReplayerPorts
  readonly #finished = Promise.withResolvers<void>()
  #delivered = 0
  #scheduled = false
  /** The latest call that waits here, and whether any is of something new. */
  #asked: EffectCall | undefined
  #newWaits = false
  readonly #patience: Patience

  constructor(ports: ReplayerPorts) {
    const recorded = recordedEffects(ports.run.log)
    this.#order = recorded.filter(({ effect }) => !INSTANTS.has(effect))
    this.#byPosition = new Map(recorded.map((each) => [each.position, each]))
    const instants = recorded.filter(({ effect }) => INSTANTS.has(effect))
    this.#instantsLeft = new Map(instants.map((each) => [each.position, each]))
    this.#ports = ports
    this.#patience = new Patience(ports, () => this.#stuckAt())
    if (this.over) this.#finished.resolve()
  }

  get over(): boolean {
    return this.#delivered === this.#order.length
  }

  /**
   * The outcome recorded for a call, in its turn; undefined where the journal holds none. Reports a mismatch with what the
   * journal holds at its position (an outcome, or an effect that only began), and then never settles.
   */
  recorded(call: EffectCall): Promise<LoadedOutcome> | undefined {
    const recorded = this.#byPosition.get(call.position)
    const known = recorded ?? this.#ports.inbox.openAt(call.position)
    if (known === undefined) return undefined
    const { promise, resolve } = Promise.withResolvers<LoadedOutcome>()
    const error = mismatch(known, call)
    if (error !== undefined) this.#ports.onMismatch(error)
    else if (recorded === undefined) return undefined
    else {
      // Its value is fetched at once, with those of the branches beside it, and waits for its turn.
      this.#waiting.set(call.position, { settle: resolve, loaded: this.#ports.load(call, recorded.outcome) })
      this.#asked = call
      this.#schedule()
    }
    return promise
  }

  /** What is recorded for an effect that answers at once. A mismatch is reported, and thrown, since it cannot wait. */
  instant(call: EffectCall): Outcome | undefined {
    const recorded = this.#byPosition.get(call.position)
    const known = recorded ?? this.#ports.inbox.openAt(call.position)
    const error = known === undefined ? undefined : mismatch(known, call)
    if (error !== undefined) {
      this.#ports.onMismatch(error)
      throw error
    }
    if (recorded === undefined) return undefined
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
  stop(): RecordedEffect | undefined {
    this.#patience.end()
    return this.#unasked
  }

  #schedule(): void {
    if (this.#scheduled) return
    const next = this.#order[this.#delivered]
    const waiting = next === undefined ? undefined : this.#waiting.get(next.position)
    if (next === undefined || waiting === undefined) return this.#bePatient()
    this.#patience.end()
    this.#scheduled = true
    this.#ports.turns.take(async () => {
      const loaded = await waiting.loaded
      // Its value could not be had: that was reported, and the run goes no further.
      if (loaded === undefined) return
      this.#scheduled = false
      this.#waiting.delete(next.position)
      this.#delivered += 1
      waiting.settle(loaded)
      if (this.over) this.#finished.resolve()
      else this.#schedule()
    })
  }

  #bePatient(): void {
    if (this.over || this.#scheduled || (this.#waiting.size === 0 && !this.#newWaits)) return
    this.#patience.begin()
  }

  /** What the code waits at, and the first recorded effect that it has not asked for. */
  #stuckAt(): { readonly missing: RecordedEffect; readonly asked: EffectCall } | undefined {
    const missing = this.#unasked
    return missing === undefined || this.#asked === undefined ? undefined : { missing, asked: this.#asked }
  }

  get #unasked(): RecordedEffect | undefined {
    const unasked = this.#order.slice(this.#delivered).find(({ position }) => !this.#waiting.has(position))
    return unasked ?? [...this.#instantsLeft.values()].at(0)
  }
}

type PendingEffect = {
  readonly settle: (loaded: LoadedOutcome) => void
  readonly loaded: Promise<LoadedOutcome | undefined>
}

type ReplayerPorts = PatiencePorts & {
  readonly run: Pick<RunPorts, 'log'>
  readonly turns: Turns
  /** Knows the effects that began, and the failed attempts. */
  readonly inbox: Inbox
  /** Gets the value of an outcome; undefined where it could not, which it has reported then. Never rejects. */
  readonly load: (call: EffectCall, outcome: Outcome) => Promise<LoadedOutcome | undefined>
}
