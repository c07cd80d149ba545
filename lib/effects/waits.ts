import type { Clock, EpochMs } from '../model/clock.ts'
import { STAY_MS, TIMER_MAX_MS } from '../model/limits.ts'
import type { Outcome } from '../model/log.ts'
import { titleOf, type EffectCall } from '../model/replay.ts'

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

/**
 * The waits of a run that are still open. They are looked at in the order in which the code asked for them, whenever
 * something arrives and when the soonest is due, so that a signal and a timeout race to one outcome, which is then
 * recorded (C39).
 */
export class Waits {
  readonly #clock: Clock
  readonly #open = new Map<number, Open>()
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#open.size
  }

  /** True while an outcome is being worked out that takes its time. */
  get ending(): boolean {
    return [...this.#open.values()].some((wait) => wait.ending)
  }

  /** Names of what is waited for, as an operator reads them. */
  get names(): readonly string[] {
    return [...this.#open.values()].map(({ call }) => titleOf(call))
  }

  get dueAt(): EpochMs | undefined {
    const times = [...this.#open.values()].map((wait) => wait.dueAt()).filter((at) => at !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** True where the soonest wait is over so soon that parking for it is not worth two writes. */
  get soon(): boolean {
    const { dueAt } = this
    return dueAt !== undefined && dueAt - this.#clock.now() <= STAY_MS
  }

  /** Settles with what the wait comes to. */
  add(wait: Wait): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    this.#open.set(wait.call.position, { ...wait, settle: resolve, ending: false })
    this.look()
    return promise
  }

  /** Ends what has arrived or is due, and sets the timer for the next. */
  look(): void {
    for (const wait of this.#inOrder()) {
      const outcome = wait.look()
      if (outcome !== undefined) this.#end(wait, outcome)
      else if ((wait.dueAt() ?? Number.POSITIVE_INFINITY) <= this.#clock.now()) void this.#due(wait)
    }
    this.#setTimer()
  }

  /** Ends all waits that are not shielded: the process was asked to cancel, or its time is up. */
  cancel(outcome: Outcome): void {
    for (const wait of this.#inOrder()) if (!wait.shielded) this.#end(wait, outcome)
    this.#setTimer()
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#open.clear()
  }

  async #due(wait: Open): Promise<void> {
    if (wait.ending) return
    wait.ending = true
    const outcome = await wait.atDue()
    wait.ending = false
    if (outcome !== undefined && this.#open.has(wait.call.position)) this.#end(wait, outcome)
    this.#setTimer()
  }

  #end(wait: Open, outcome: Outcome): void {
    this.#open.delete(wait.call.position)
    wait.settle(outcome)
  }

  #inOrder(): Open[] {
    return [...this.#open.values()]
      .filter((wait) => !wait.ending)
      .sort((a, b) => a.call.position - b.call.position)
  }

  #setTimer(): void {
    this.#cancelTimer?.()
    const { dueAt } = this
    // A timer of the platform reaches some 24 days: a longer one is set again on the way.
    const delayMs =
      dueAt === undefined ? undefined : Math.min(Math.max(0, dueAt - this.#clock.now()), TIMER_MAX_MS)
    this.#cancelTimer =
      delayMs === undefined || this.ending ? undefined : this.#clock.after(delayMs, () => this.look())
  }
}
