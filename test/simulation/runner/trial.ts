import type { Violation } from '../history.ts'
import { Random } from '../world/random.ts'
import { live, type Outcome } from '../world/world.ts'
import { scenarioOf, type Scenario } from '../world/scenario.ts'
import { check } from '../checker/check.ts'
import type { Expectations } from '../checker/expectations.ts'
import { loadOf } from '../programs/definitions.ts'
import { expectationsOf } from '../programs/expected.ts'
import { planOf } from '../programs/generate.ts'
import { withLongBodies } from '../programs/hardships.ts'
import { kindsThatMayGo, needsHardEnds, type Plan } from '../programs/program.ts'
import { smallerPlans } from '../programs/smaller.ts'

/** One world and what runs in it, as plain data. */
export type Trial = { readonly scenario: Scenario; readonly plan: Plan }
export type Verdict = { readonly violations: readonly Violation[]; readonly outcome: Outcome }

export function trialOf(seed: number): Trial {
  const usual = planOf(seed)
  const scenario = scenarioOf(seed, kindsThatMayGo(usual))
  // An invocation has to bring a process on, so a body that outlasts a lease is for long ones only.
  const long = scenario.timeoutMs >= LONG_INVOCATION_MS && new Random(seed, 'long bodies').chance(0.5)
  const plan = long ? withLongBodies(usual, 8) : usual
  // An owner without a hard end is never proven dead, so nothing of it is ever abandoned.
  return { scenario: needsHardEnds(plan) ? { ...scenario, drivers: 0 } : scenario, plan }
}

const LONG_INVOCATION_MS = 300_000

/** Lives a trial and judges it. */
export async function tried(trial: Trial, options: { trace?: boolean } = {}): Promise<Verdict> {
  const loose: Violation[] = []
  const onLoose = (error: unknown): void => {
    loose.push({ invariant: 'no promise is left to reject alone', says: String(error) })
  }
  process.on('unhandledRejection', onLoose)
  try {
    const outcome = await live(trial.scenario, loadOf(trial.plan), options)
    const judged = outcome.restless ? [] : check(outcome.history, expectedOf(trial, outcome))
    return { outcome, violations: [...outcome.violations, ...loose, ...judged] }
  } finally {
    process.off('unhandledRejection', onLoose)
  }
}

/** Only a fault sets a clock back, so without one a wait that is over early is over early by any clock. */
function expectedOf({ plan }: Trial, { faults }: Outcome): Expectations {
  const jumped = faults.some(({ kind }) => kind === 'clock jump')
  return { ...expectationsOf(plan), ...(jumped ? {} : { clocksJumpBackMs: 0 }) }
}

/** Trials with less in them, biggest cuts first. */
export function smaller(trial: Trial): Trial[] {
  const { scenario } = trial
  const plainer: Scenario[] = [
    ...(scenario.deploys.length > 0 ? [{ ...scenario, deploys: [] }] : []),
    ...scenario.deploys.map((_, n) => ({ ...scenario, deploys: scenario.deploys.toSpliced(n, 1) })),
    ...(scenario.drivers > 0 ? [{ ...scenario, drivers: scenario.drivers - 1 }] : []),
    ...(scenario.workers > 1 ? [{ ...scenario, workers: scenario.workers - 1 }] : []),
    ...(scenario.batchMax > 1 ? [{ ...scenario, batchMax: 1 }] : []),
  ]
  return [
    ...smallerPlans(trial.plan).map((plan) => ({ ...trial, plan })),
    ...plainer.map((each) => ({ ...trial, scenario: each })),
  ]
}
