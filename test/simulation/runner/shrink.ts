import type { Fault } from '../world/faults.ts'
import { BOUNDS, type Bounds } from '../world/world.ts'
import { smaller, tried, type Trial, type Verdict } from './trial.ts'

/** What one shrinking may take: a minute, mostly a few seconds. */
const WORLDS_MAX = 1_500
const EVENTS_MAX = 1_500_000
/** Worlds that continue for long cost more with each event. */
const FAR_EVENTS_MAX = 5 * BOUNDS.events
/** A shrunk world is small: one that continues for longer than this continues for ever. */
const NEAR: Bounds = { events: 3_000, latePasses: 30 }
/** Other draws for who takes how long. What was needed only to bring two at the same moment together can go then. */
const OTHER_SEEDS = [1, 2, 3]

export type Shrunk = {
  readonly trial: Trial
  /** The promise that is broken in it as well. */
  readonly invariant: string
  /** What a life of it needs to break it. */
  readonly bounds: Bounds
  readonly worlds: number
}

/**
 * The same broken promise with as little around it as possible: fewer faults first, since each of them makes a trace longer,
 * then less of the program, until nothing more can be left out.
 */
export async function shrunk(trial: Trial, verdict: Verdict): Promise<Shrunk> {
  const [first] = verdict.violations
  if (first === undefined) throw new Error('a trial that breaks nothing is not shrunk')
  const { invariant } = first
  const given = withFaults(trial, verdict.outcome.faults)
  const near = new Shrinking(given, invariant, NEAR)
  // Only of what does not come to rest can a short look say what a long one does not.
  if ((await near.shrink()) && (await breaks(near.best, invariant))) return near.shrunk()
  const far = new Shrinking(given, invariant, BOUNDS)
  if (await far.shrink()) return far.shrunk()
  // Its faults as a list do not break it: then the story shows it unshrunk.
  return { trial, invariant, bounds: BOUNDS, worlds: 1 }
}

async function breaks(trial: Trial, invariant: string): Promise<boolean> {
  const { violations } = await tried(trial)
  return violations.some((violation) => violation.invariant === invariant)
}

class Shrinking {
  best: Trial
  readonly #invariant: string
  readonly #bounds: Bounds
  readonly #eventsMax: number
  #worlds = 0
  #events = 0

  constructor(trial: Trial, invariant: string, bounds: Bounds) {
    this.best = trial
    this.#invariant = invariant
    this.#bounds = bounds
    this.#eventsMax = bounds === NEAR ? EVENTS_MAX : FAR_EVENTS_MAX
  }

  shrunk(): Shrunk {
    return { trial: this.best, invariant: this.#invariant, bounds: this.#bounds, worlds: this.#worlds }
  }

  /** False where the trial does not break the promise within the bounds. */
  async shrink(): Promise<boolean> {
    if (!(await this.#accepts(this.best))) return false
    for (let before: Trial | undefined; before !== this.best;) {
      before = this.best
      await this.#fewerFaults()
      while (await this.#anyOf(smaller(this.best))) continue
      if (before === this.best) await this.#anyOf(this.#withOtherDraws())
    }
    return true
  }

  /** Takes over a candidate that breaks the same promise. */
  async #accepts(candidate: Trial): Promise<boolean> {
    if (this.#worlds >= WORLDS_MAX || this.#events >= this.#eventsMax) return false
    const { violations, outcome } = await tried(candidate, { bounds: this.#bounds })
    this.#worlds += 1
    this.#events += outcome.events
    if (!violations.some(({ invariant }) => invariant === this.#invariant)) return false
    // What did not happen is no part of it: a fault of a call that was not made.
    this.best = withFaults(candidate, outcome.faults)
    return true
  }

  async #anyOf(candidates: readonly Trial[]): Promise<boolean> {
    for (const candidate of candidates) if (await this.#accepts(candidate)) return true
    return false
  }

  /** Each of them has less in it. */
  #withOtherDraws(): Trial[] {
    const less = [...faultsOf(this.best).map((_, n) => withoutFaults(this.best, n, 1)), ...smaller(this.best)]
    return OTHER_SEEDS.flatMap((seed) =>
      less.map((trial) => ({ ...trial, scenario: { ...trial.scenario, seed } })),
    )
  }

  /** Delta debugging: halves first, then quarters, down to single faults. */
  async #fewerFaults(): Promise<void> {
    for (let size = Math.ceil(faultsOf(this.best).length / 2); size >= 1;) {
      let removed = false
      for (let from = 0; from < faultsOf(this.best).length;) {
        if (await this.#accepts(withoutFaults(this.best, from, size))) removed = true
        else from += size
      }
      if (size === 1 && !removed) return
      size = size === 1 ? 1 : Math.ceil(size / 2)
    }
  }
}

function faultsOf(trial: Trial): readonly Fault[] {
  return trial.scenario.faults ?? []
}

function withoutFaults(trial: Trial, from: number, count: number): Trial {
  return withFaults(trial, faultsOf(trial).toSpliced(from, count))
}

function withFaults(trial: Trial, faults: readonly Fault[]): Trial {
  return { ...trial, scenario: { ...trial.scenario, faults } }
}
