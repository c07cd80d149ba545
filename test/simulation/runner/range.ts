import type { Fault, FaultKind } from '../world/faults.ts'
import { featuresIn } from './features.ts'
import { tried, trialOf } from './trial.ts'
import type { Violation } from '../history.ts'

/** What a range of seeds came to. */
export type RangeReport = {
  readonly seeds: number
  readonly events: number
  /** How often each kind of fault happened. */
  readonly faults: { readonly [kind in FaultKind]?: number }
  /** How many worlds executed each feature. */
  readonly features: { readonly [feature: string]: number }
  readonly takeovers: number
  readonly fencedOff: number
  readonly failed: readonly Failed[]
  readonly tookMs: number
}
type Failed = { readonly seed: number; readonly violations: readonly Violation[] }

/** A broken library breaks nearly every seed: the first ones say enough. */
const FAILED_MAX = 20

export async function runSeeds(
  seeds: Iterable<number>,
  failedMax: number = FAILED_MAX,
): Promise<RangeReport> {
  const startedAt = performance.now()
  const faults: { [kind in FaultKind]?: number } = {}
  const features: { [feature: string]: number } = {}
  const failed: Failed[] = []
  let [count, events, takeovers, fencedOff] = [0, 0, 0, 0]
  for (const seed of seeds) {
    const { violations, outcome } = await tried(trialOf(seed))
    count += 1
    events += outcome.events
    takeovers += outcome.takeovers
    fencedOff += outcome.fencedOff
    countFaults(faults, outcome.faults)
    for (const feature of featuresIn(outcome.history)) features[feature] = (features[feature] ?? 0) + 1
    if (violations.length > 0) failed.push({ seed, violations })
    if (failed.length >= failedMax) break
  }
  return {
    seeds: count,
    events,
    faults,
    features,
    takeovers,
    fencedOff,
    failed,
    tookMs: Math.round(performance.now() - startedAt),
  }
}

export function together(reports: readonly RangeReport[]): RangeReport {
  const faults: { [kind in FaultKind]?: number } = {}
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.faults)) {
      faults[kind as FaultKind] = (faults[kind as FaultKind] ?? 0) + count
    }
  }
  const features: { [feature: string]: number } = {}
  for (const report of reports)
    for (const [feature, count] of Object.entries(report.features))
      features[feature] = (features[feature] ?? 0) + count
  const sum = (of: (report: RangeReport) => number): number =>
    reports.reduce((total, each) => total + of(each), 0)
  return {
    seeds: sum(({ seeds }) => seeds),
    events: sum(({ events }) => events),
    faults,
    features,
    takeovers: sum(({ takeovers }) => takeovers),
    fencedOff: sum((each) => each.fencedOff),
    failed: reports.flatMap(({ failed }) => failed).sort((a, b) => a.seed - b.seed),
    tookMs: Math.max(0, ...reports.map(({ tookMs }) => tookMs)),
  }
}

function countFaults(counts: { [kind in FaultKind]?: number }, faults: readonly Fault[]): void {
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1
}
