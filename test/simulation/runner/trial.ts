import type { Violation } from '../history.ts'
import { Random } from '../world/random.ts'
import { runWorld, type Bounds, type Outcome } from '../world/world.ts'
import { scenarioOf, type Scenario } from '../world/scenario.ts'
import { check, checkSoFar } from '../checker/check.ts'
import type { Expectations } from '../checker/expectations.ts'
import { loadOf } from '../programs/definitions.ts'
import { expectationsOf } from '../programs/expected.ts'
import { planOf } from '../programs/generate.ts'
import { withLongBodies } from '../programs/hardships.ts'
import { hasBadDeploy, withBadCode } from '../programs/bad-deploy.ts'
import { hasBucket, isCoded } from '../programs/rare-lines.ts'
import { isForServers, withFrail } from '../programs/servers.ts'
import { expires } from '../programs/retention.ts'
import { kindsThatMayGo, needsHardEnds, type Plan } from '../programs/program.ts'
import { smallerPlans } from '../programs/smaller.ts'

/** One world and what runs in it, as plain data. */
export type Trial = { readonly scenario: Scenario; readonly plan: Plan }
export type Verdict = { readonly violations: readonly Violation[]; readonly outcome: Outcome }

export function trialOf(seed: number): Trial {
  const usual = planOf(seed)
  const drawn = scenarioOf(seed, kindsThatMayGo(usual))
  const { deploys, troubleCalls } = drawn
  const scenario: Scenario = {
    ...drawn,
    ...(expires(seed) ? { outcomes: true, expires: true } : {}),
    ...(isCoded(seed) ? { coded: true } : {}),
    ...(hasBucket(seed) ? { bucket: true } : {}),
    ...(hasBadDeploy(seed) ? { deploys: withBadCode(deploys, seed, troubleCalls) } : {}),
  }
  // An invocation has to bring a process on, so a body that outlasts a lease is for long ones only.
  const long = scenario.timeoutMs >= LONG_INVOCATION_MS && new Random(seed, 'long bodies').chance(0.5)
  const plan = long ? withLongBodies(usual, 8) : usual
  // They are busy, since the one worker of the queue runs one at a time.
  if (isForServers(seed))
    return { scenario: { ...scenario, drivers: 2, workers: 1, batchMax: 1 }, plan: withFrail(plan, seed) }
  return { scenario: needsHardEnds(plan) ? { ...scenario, drivers: 0 } : scenario, plan }
}

const LONG_INVOCATION_MS = 300_000

/** Runs the world of a trial and checks it. */
export async function tried(
  trial: Trial,
  options: { trace?: boolean; bounds?: Bounds } = {},
): Promise<Verdict> {
  const loose: Violation[] = []
  const onLoose = (error: unknown): void => {
    loose.push({ invariant: 'no promise rejection is unhandled', says: String(error) })
  }
  process.on('unhandledRejection', onLoose)
  try {
    const outcome = await runWorld(trial.scenario, loadOf(trial.plan), options)
    const judged = judgedOf(trial, outcome, options.bounds !== undefined)
    return { outcome, violations: [...outcome.violations, ...loose, ...judged] }
  } finally {
    process.off('unhandledRejection', onLoose)
  }
}

/**
 * Of a world that was cut off only the past can be judged. Of one that continued for very long not even that is judged: it
 * takes a minute, and its unrest is enough.
 */
function judgedOf(trial: Trial, outcome: Outcome, isShort: boolean): readonly Violation[] {
  const { history, restless } = outcome
  if (!restless) return check(history, expectedOf(trial, outcome))
  return isShort ? checkSoFar(history, expectedOf(trial, outcome)) : []
}

/** Only a fault sets a clock back, so without one a wait that has ended early has ended early by any clock. */
function expectedOf({ plan, scenario }: Trial, { faults }: Outcome): Expectations {
  const jumped = faults.some(({ kind }) => kind === 'clock jump')
  const paused = faults.some(({ kind }) => kind === 'pause before' || kind === 'pause after')
  const { outcomes: streamed = false, expires: expired = false, coded = false } = scenario
  return {
    ...expectationsOf(plan, { punctual: !jumped && !paused }),
    streamed,
    expired,
    coded,
    ...(jumped ? {} : { clocksJumpBackMs: 0 }),
  }
}

/** Long enough for all that continues in a shrunk world: no invocation ends in the middle of it for want of time. */
const LONGEST_TIMEOUT_MS = 900_000
/** After a start, so that what is asked finds its process there. */
const SETTLED_MS = 1_000

/** Trials with less in them, biggest cuts first. */
export function smaller(trial: Trial): Trial[] {
  const { scenario } = trial
  const plainer: Scenario[] = [
    ...(scenario.outcomes === true ? [{ ...scenario, outcomes: false, expires: false }] : []),
    ...(scenario.longQueues === undefined ? [] : [withoutLongQueues(scenario)]),
    ...(scenario.coded === true ? [{ ...scenario, coded: false }] : []),
    ...(scenario.expires === true ? [{ ...scenario, expires: false }] : []),
    ...(scenario.deploys.length > 0 ? [{ ...scenario, deploys: [] }] : []),
    ...scenario.deploys.map((_, n) => ({ ...scenario, deploys: scenario.deploys.toSpliced(n, 1) })),
    ...(scenario.drivers > 0 ? [{ ...scenario, drivers: scenario.drivers - 1 }] : []),
    ...(scenario.workers > 1 ? [{ ...scenario, workers: scenario.workers - 1 }] : []),
    ...(scenario.batchMax > 1 ? [{ ...scenario, batchMax: 1 }] : []),
    ...(scenario.timeoutMs < LONGEST_TIMEOUT_MS ? [{ ...scenario, timeoutMs: LONGEST_TIMEOUT_MS }] : []),
  ]
  return [
    ...smallerPlans(trial.plan).map((plan) => ({ ...trial, plan })),
    ...withoutWaiting(trial.plan).map((plan) => ({ ...trial, plan })),
    ...plainer.map((each) => ({ ...trial, scenario: each })),
  ]
}

function withoutLongQueues({ longQueues: _longQueues, ...scenario }: Scenario): Scenario {
  return scenario
}

/** Plans in which no caller asks in vain for a process that does not exist yet. */
function withoutWaiting({ roots, asks }: Plan): Plan[] {
  return asks.flatMap((ask, n) => {
    const start = asks.find(({ do: what, process }) => what === 'start' && process === ask.process)
    if (ask.do === 'start' || start === undefined || ask.atMs >= start.atMs + SETTLED_MS / 2) return []
    return [{ roots, asks: asks.with(n, { ...ask, atMs: start.atMs + SETTLED_MS }) }]
  })
}
