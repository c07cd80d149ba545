import type { Fault } from '../world/faults.ts'
import { smaller, tried, type Trial, type Verdict } from './trial.ts'

/** Lives that one shrinking may take: some thousands of them are half a minute. */
const LIVES_MAX = 1_500

export type Shrunk = { readonly trial: Trial; readonly verdict: Verdict; readonly lives: number }

/**
 * The same broken promise with as little around it as possible: fewer faults first, since each of them makes a trace longer,
 * then less of the program, until nothing more can be left out.
 */
export async function shrunk(trial: Trial, verdict: Verdict): Promise<Shrunk> {
  const invariant = verdict.violations[0]?.invariant
  let best: Shrunk = { trial: withFaults(trial, verdict.outcome.faults), verdict, lives: 0 }
  let lives = 0
  const accepts = async (candidate: Trial): Promise<boolean> => {
    if (lives >= LIVES_MAX) return false
    lives += 1
    const found = await tried(candidate)
    if (!found.violations.some((violation) => violation.invariant === invariant)) return false
    // What did not happen is no part of it: a fault of a call that was not made.
    best = { trial: withFaults(candidate, found.outcome.faults), verdict: found, lives }
    return true
  }
  // Lives depend on each other through the order of events only, so the same faults usually break the same promise.
  if (!(await accepts(best.trial))) return { ...best, trial, lives }
  for (let before = ''; before !== sizeOf(best.trial);) {
    before = sizeOf(best.trial)
    await fewerFaults(() => best.trial, accepts)
    for (let found = true; found;) {
      found = false
      for (const candidate of smaller(best.trial)) {
        found = await accepts(candidate)
        if (found) break
      }
    }
  }
  return { ...best, lives }
}

/** Delta debugging: halves first, then quarters, down to single faults. */
async function fewerFaults(current: () => Trial, accepts: (trial: Trial) => Promise<boolean>): Promise<void> {
  for (let size = Math.ceil(faultsOf(current()).length / 2); size >= 1;) {
    let removed = false
    for (let from = 0; from < faultsOf(current()).length;) {
      const candidate = withFaults(current(), faultsOf(current()).toSpliced(from, size))
      if (await accepts(candidate)) removed = true
      else from += size
    }
    if (size === 1 && !removed) return
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
}

function faultsOf(trial: Trial): readonly Fault[] {
  return trial.scenario.faults ?? []
}

function withFaults(trial: Trial, faults: readonly Fault[]): Trial {
  return { ...trial, scenario: { ...trial.scenario, faults } }
}

function sizeOf(trial: Trial): string {
  return JSON.stringify(trial)
}
