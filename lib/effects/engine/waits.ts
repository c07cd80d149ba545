import type { Clock, EpochMs } from '../../model/clock.ts'
import { STAY_MS, TIMER_MAX_MS, WAITS_SHOWN } from '../../model/limits.ts'
import { parkedFor, takenBy, type EffectsWait } from '../../model/arrivals.ts'
import { isArrival, type ArrivalKind, type Entry, type Outcome } from '../../model/log.ts'
import { titleOf, type EffectCall } from '../../model/replay.ts'
import { DueTimes } from './due-times.ts'

/** An effect that others or time bring to an end. */
export type Wait = {
  readonly call: EffectCall
  /** Which arrivals it takes, as `takenBy` says of each; absent: none. */
  readonly takes?: Takes
  /** When it is over by itself. Only its own `atDue` moves it. */
  readonly dueAt: () => EpochMs | undefined
  /** What it has come to, if that has arrived. Called in order of position, and what it takes is taken. */
  readonly look: () => Outcome | undefined
  /** What it comes to at `dueAt`. */
  readonly atDue: () => Promise<Outcome | undefined> | Outcome | undefined
  /** True inside `shield`: a cancel request does not end it. */
  readonly shielded: boolean
}

type Takes = { readonly kind: ArrivalKind; readonly what: string | number }

type Open = Wait & {
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
 * The waits of a run that are still open. Those that take what has arrived, and those that are due, are looked at in the
 * order in which the code asked for them, so that a signal and a timeout race to one outcome, which is then recorded (C39).
 * The others are left alone: a parent of thousands of children has as many waits, and as many arrivals.
 */
export class Waits {
  readonly #ports: WaitsPorts
  readonly #open = new Map<number, Open>()
  /** By what they take, in the order of their positions. */
  readonly #takers = new Map<string, Open[]>()
  readonly #counts = new Map<ArrivalKind, number>()
  readonly #due = new DueTimes<Open>((wait, at) => wait.at === at && !wait.ending && this.#isOpen(wait))
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

  /** What a row that parks for them says of them. */
  get parkedFor(): EffectsWait {
    const shown: Open[] = []
    for (const wait of this.#open.values()) {
      if (shown.length === WAITS_SHOWN) break
      shown.push(wait)
    }
    const beyond = [...this.#counts].filter(
      ([kind, count]) => count > shown.filter(({ takes }) => takes?.kind === kind).length,
    )
    return parkedFor(
      shown.map(({ call }) => titleOf(call)),
      beyond.map(([kind]) => kind),
    )
  }

  /** The soonest time at which one is over by itself, but for those whose outcome is being worked out. */
  get dueAt(): EpochMs | undefined {
    return this.#due.soonest
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
    const open: Open = { ...wait, settle: resolve, ending: false, at: undefined }
    this.#open.set(wait.call.position, open)
    this.#index(open)
    // The others were looked at when they were added, and at all that has arrived since.
    this.#lookAt(open)
    this.#setTimer(open.at)
    return promise
  }

  /** Ends those that take what has arrived, in order, and those that are due. */
  arrived(entries: readonly Entry[]): void {
    const keys = Map.groupBy(entries.filter(isArrival), (entry) => keyOf(takenBy(entry)))
    const takers = [...keys].flatMap(([key, those]) => this.#firstOf(key, those.length))
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
    this.#counts.clear()
    this.#due.clear()
  }

  #isOpen(wait: Open): boolean {
    return this.#open.get(wait.call.position) === wait
  }

  /** All that take one reply or one child's end; of a signal's name as many as have arrived. */
  #firstOf(key: string, count: number): readonly Open[] {
    const takers = this.#takers.get(key) ?? []
    if (takers[0]?.takes?.kind !== 'signal') return takers
    const first: Open[] = []
    for (const wait of takers) {
      if (first.length === count) break
      if (!wait.ending) first.push(wait)
    }
    return first
  }

  #lookAtAll(waits: readonly Open[]): void {
    const inOrder = [...new Set(waits)].sort((a, b) => a.call.position - b.call.position)
    for (const wait of inOrder) this.#lookAt(wait)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#setTimer(this.dueAt)
  }

  #lookAt(wait: Open): void {
    if (wait.ending || !this.#isOpen(wait)) return
    const outcome = (wait.shielded ? undefined : this.#cancelled) ?? wait.look()
    if (outcome !== undefined) return this.#end(wait, outcome)
    const at = wait.dueAt()
    if (at !== undefined && at <= this.#ports.clock.now()) return this.#comesDue(wait)
    if (at === wait.at) return
    wait.at = at
    if (at !== undefined) this.#due.add(wait, at)
  }

  #comesDue(wait: Open): void {
    wait.ending = true
    // It is timed anew once it is known whether it has moved.
    wait.at = undefined
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
    // What arrived while it was at work went past it.
    this.#lookAt(wait)
    this.lookDue()
    if (outcome === undefined) this.#ports.onRest()
  }

  #end(wait: Open, outcome: Outcome): void {
    this.#open.delete(wait.call.position)
    this.#forget(wait)
    wait.settle(outcome)
  }

  #index(wait: Open): void {
    const { takes } = wait
    if (takes === undefined) return
    this.#counts.set(takes.kind, (this.#counts.get(takes.kind) ?? 0) + 1)
    const key = keyOf(takes)
    const takers = this.#takers.get(key)
    if (takers === undefined) this.#takers.set(key, [wait])
    else takers.splice(placeOf(takers, wait), 0, wait)
  }

  #forget(wait: Open): void {
    const { takes } = wait
    if (takes === undefined) return
    this.#counts.set(takes.kind, (this.#counts.get(takes.kind) ?? 1) - 1)
    const key = keyOf(takes)
    const left = this.#takers.get(key)
    left?.splice(placeOf(left, wait), 1)
    if (left?.length === 0) this.#takers.delete(key)
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

function keyOf({ kind, what }: Takes): string {
  return `${kind} ${what}`
}

/** Where a wait stands, or is to stand, among those that take the same. */
function placeOf(waits: readonly Open[], { call: { position } }: Open): number {
  let [from, to] = [0, waits.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((waits[middle]?.call.position ?? position) < position) from = middle + 1
    else to = middle
  }
  return from
}
