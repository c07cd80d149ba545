import type { Clock, EpochMs } from '../../model/clock.ts'
import { STAY_MS, TIMER_MAX_MS } from '../../model/limits.ts'
import type { Outcome } from '../../model/log.ts'
import { titleOf, type EffectCall } from '../../model/replay.ts'

/** An effect that others or time bring to an end. */
export type Wait = {
  readonly call: EffectCall
  /** When it is over by itself. A heartbeat may move it, so it is asked for anew at each look. */
  readonly dueAt: () => EpochMs | undefined
  /** What it has come to, if that has arrived. Called in order of position, and what it takes is taken. */
  readonly look: () => Outcome | undefined
  /** What it comes to at `dueAt`. */
  readonly atDue: () => Promise<Outcome | undefined> | Outcome | undefined
  /** True inside `shield`: a cancel request does not end it. */
  readonly shielded: boolean
}

type Open = Wait & { readonly settle: (outcome: Outcome) => void; ending: boolean }

type WaitsPorts = {
  readonly clock: Clock
  /** Told of an `atDue` that failed: what the wait comes to is not known. */
  readonly onFailure: (error: unknown) => void
  /** Told when an `atDue` has moved its wait to a later time. */
  readonly onRest: () => void
}

/**
 * The waits of a run that are still open. They are looked at in the order in which the code asked for them, whenever
 * something arrives and when the soonest is due, so that a signal and a timeout race to one outcome, which is then
 * recorded (C39).
 */
export class Waits {
  readonly #ports: WaitsPorts
  readonly #open = new Map<number, Open>()
  /** Waits whose `atDue` is at work. */
  #ending = 0
  #cancelled: Outcome | undefined
  #stopped = false
  #timer: { readonly at: EpochMs; cancel(): void } | undefined

  constructor(ports: WaitsPorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#open.size
  }

  /** True while an outcome is being worked out that takes its time. */
  get ending(): boolean {
    return this.#ending > 0
  }

  /** Names of what is waited for, as an operator reads them. */
  get names(): readonly string[] {
    return [...this.#open.values()].map(({ call }) => titleOf(call))
  }

  get dueAt(): EpochMs | undefined {
    let soonest: EpochMs | undefined
    for (const wait of this.#open.values()) {
      const dueAt = wait.dueAt()
      if (dueAt !== undefined) soonest = Math.min(dueAt, soonest ?? dueAt)
    }
    return soonest
  }

  /** True where the soonest wait is over so soon that parking for it is not worth two writes. */
  get soon(): boolean {
    const { dueAt } = this
    return dueAt !== undefined && dueAt - this.#ports.clock.now() <= STAY_MS
  }

  /** Settles with what the wait comes to; never, once the run is over. */
  add(wait: Wait): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    if (this.#stopped) return promise
    const open = { ...wait, settle: resolve, ending: false }
    this.#open.set(wait.call.position, open)
    // The others were looked at when they were added, and at all that has arrived since.
    this.#lookAt(open)
    this.#setTimer(wait.dueAt())
    return promise
  }

  /** Ends what has arrived or is due, and sets the timer for the next. */
  look(): void {
    for (const wait of this.#inOrder()) this.#lookAt(wait)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#setTimer(this.dueAt)
  }

  /** Ends all waits that are not shielded, now and from now on: the process was asked to cancel, or its time is up. */
  cancel(outcome: Outcome): void {
    this.#cancelled = outcome
    this.look()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#open.clear()
  }

  #lookAt(wait: Open): void {
    if (wait.ending || !this.#open.has(wait.call.position)) return
    const outcome = (wait.shielded ? undefined : this.#cancelled) ?? wait.look()
    if (outcome !== undefined) this.#end(wait, outcome)
    else if ((wait.dueAt() ?? Number.POSITIVE_INFINITY) <= this.#ports.clock.now()) this.#due(wait)
  }

  #due(wait: Open): void {
    wait.ending = true
    this.#ending += 1
    Promise.resolve(wait.atDue())
      .then((outcome) => this.#decided(wait, outcome))
      .catch(this.#ports.onFailure)
  }

  #decided(wait: Open, outcome: Outcome | undefined): void {
    wait.ending = false
    this.#ending -= 1
    if (this.#stopped) return
    if (outcome !== undefined) this.#end(wait, outcome)
    this.look()
    if (outcome === undefined) this.#ports.onRest()
  }

  #end(wait: Open, outcome: Outcome): void {
    this.#open.delete(wait.call.position)
    wait.settle(outcome)
  }

  #inOrder(): Open[] {
    return [...this.#open.values()].sort((a, b) => a.call.position - b.call.position)
  }

  /** Sees to it that the next look is not later than `dueAt`; while an outcome is being worked out, the one after it is. */
  #setTimer(dueAt: EpochMs | undefined): void {
    if (dueAt === undefined || this.#stopped || this.#ending > 0) return
    const now = this.#ports.clock.now()
    // A timer of the platform reaches some 24 days: a longer one is set again on the way.
    const at = Math.min(Math.max(dueAt, now), now + TIMER_MAX_MS)
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const cancel = this.#ports.clock.after(at - now, () => this.look())
    this.#timer = { at, cancel }
  }
}
