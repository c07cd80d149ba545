import type { Clock, EpochMs } from '../../model/clock.ts'
import { STAY_MS, TIMER_MAX_MS, WAITS_SHOWN } from '../../model/limits.ts'
import { parkedFor, type EffectsWait } from '../../model/arrivals.ts'
import type { Entry, Outcome } from '../../model/log.ts'
import { titleOf, type EffectCall } from '../../model/replay.ts'
import { DueTimes } from './due-times.ts'
import { Takers, type Takes } from './takers.ts'

/** An effect that others or time bring to an end. */
export type PendingWait = {
  readonly call: EffectCall
  /** Which arrivals it takes, as `takenBy` says of each; absent: none. */
  readonly takes?: Takes
  /** When it ends by itself. Only its own `atDue` moves it. */
  readonly dueAt: () => EpochMs | undefined
  /** What it has come to, if that has arrived. Called in order of position, and what it takes is taken. */
  readonly look: () => Outcome | undefined
  /** What it comes to at `dueAt`. */
  readonly atDue: () => Promise<Outcome | undefined> | Outcome | undefined
  /** True inside `shield`: a cancel request does not end it. */
  readonly shielded: boolean
}

type OpenWait = PendingWait & {
  readonly settle: (outcome: Outcome) => void
  ending: boolean
  /** When it is due, as it was last asked. */
  at: EpochMs | undefined
}

type WaitsPorts = {
  readonly clock: Clock
  /** Told of an `atDue` that failed: what the wait comes to is not known. */
  readonly onFailure: (error: unknown) => void
  /** Told when an `atDue` has moved its wait to a later time. */
  readonly onRest: () => void
}

/**
 * The waits of a run that are still open. Waits with an arrival and waits that are due are checked in the order in which the
 * code asked for them. So a signal and a timeout race to one outcome, which is then recorded (C39).
 * The others are left alone: a parent of thousands of children has as many waits, and as many arrivals.
 */
export class Waits {
  readonly #ports: WaitsPorts
  readonly #open = new Map<number, OpenWait>()
  readonly #takers = new Takers<OpenWait>()
  readonly #due = new DueTimes<OpenWait>((wait, at) => wait.at === at && !wait.ending && this.#isOpen(wait))
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

  /** What is waited for, in the order in which the code asked. */
  get calls(): readonly EffectCall[] {
    return [...this.#open.values()].map(({ call }) => call)
  }

  /** What a row that parks for them says of them. */
  get parkedFor(): EffectsWait {
    const shown: OpenWait[] = []
    for (const wait of this.#open.values()) {
      if (shown.length === WAITS_SHOWN) break
      shown.push(wait)
    }
    return parkedFor(
      shown.map(({ call }) => titleOf(call)),
      this.#takers.kindsBeyond(shown),
    )
  }

  /** The soonest time at which a wait ends by itself, except waits whose outcome is being computed. */
  get dueAt(): EpochMs | undefined {
    return this.#due.soonest
  }

  /** True if the soonest wait ends so soon that parking for it is not worth two writes. */
  get soon(): boolean {
    const { dueAt } = this
    return dueAt !== undefined && dueAt - this.#ports.clock.now() <= STAY_MS
  }

  /** Settles with the outcome of the wait; never, after the end of the run. */
  add(wait: PendingWait): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    if (this.#stopped) return promise
    const open: OpenWait = { ...wait, settle: resolve, ending: false, at: undefined }
    this.#open.set(wait.call.position, open)
    this.#takers.add(open)
    // The others were looked at when they were added, and at all that has arrived since.
    this.#lookAt(open)
    this.#setTimer(open.at)
    return promise
  }

  /** Ends those that take what has arrived, in order, and those that are due. */
  arrived(entries: readonly Entry[]): void {
    const takers = this.#takers.of(entries)
    this.#lookAtAll([...takers, ...this.#due.take(this.#ports.clock.now())])
  }

  /** Ends those that are due, and sets the timer for the next. */
  lookDue(): void {
    this.arrived([])
  }

  /** Ends all waits that are not shielded, now and from now on: the process was asked to cancel, or its time is up. */
  cancel(outcome: Outcome): void {
    this.#cancelled = outcome
    this.#lookAtAll([...this.#open.values()])
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#open.clear()
    this.#takers.clear()
    this.#due.clear()
  }

  #isOpen(wait: OpenWait): boolean {
    return this.#open.get(wait.call.position) === wait
  }

  #lookAtAll(waits: readonly OpenWait[]): void {
    const inOrder = [...new Set(waits)].sort((a, b) => a.call.position - b.call.position)
    for (const wait of inOrder) this.#lookAt(wait)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#setTimer(this.dueAt)
  }

  #lookAt(wait: OpenWait): void {
    if (wait.ending || !this.#isOpen(wait)) return
    const outcome = (wait.shielded ? undefined : this.#cancelled) ?? wait.look()
    if (outcome !== undefined) return this.#end(wait, outcome)
    const at = wait.dueAt()
    if (at !== undefined && at <= this.#ports.clock.now()) return this.#comesDue(wait)
    if (at === wait.at) return
    wait.at = at
    if (at !== undefined) this.#due.add(wait, at)
  }

  #comesDue(wait: OpenWait): void {
    wait.ending = true
    // It is timed anew once it is known whether it has moved.
    wait.at = undefined
    this.#ending += 1
    Promise.resolve(wait.atDue())
      .then((outcome) => this.#decided(wait, outcome))
      .catch(this.#ports.onFailure)
  }

  #decided(wait: OpenWait, outcome: Outcome | undefined): void {
    wait.ending = false
    this.#ending -= 1
    if (this.#stopped) return
    if (outcome !== undefined) this.#end(wait, outcome)
    // What arrived while it was at work went past it.
    this.#lookAt(wait)
    this.lookDue()
    if (outcome === undefined) this.#ports.onRest()
  }

  #end(wait: OpenWait, outcome: Outcome): void {
    this.#open.delete(wait.call.position)
    this.#takers.delete(wait)
    wait.settle(outcome)
  }

  /** Sees to it that the next look is not later than `dueAt`; while an outcome is being worked out, the one after it is. */
  #setTimer(dueAt: EpochMs | undefined): void {
    if (dueAt === undefined || this.#stopped || this.#ending > 0) return
    const now = this.#ports.clock.now()
    // A timer of the platform reaches some 24 days: a longer one is set again on the way.
    const at = Math.min(Math.max(dueAt, now), now + TIMER_MAX_MS)
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.cancel()
    const cancel = this.#ports.clock.after(at - now, () => this.lookDue())
    this.#timer = { at, cancel }
  }
}
