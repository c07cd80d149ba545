import { InvalidConfig, type Issue } from '../model/errors.ts'
import { HANDOVER_MARGIN_MS, RENEWALS_PER_TTL } from '../model/limits.ts'
import { expectConfig, type Options } from '../model/options.ts'
import { queueShape, type QueueShape } from '../queue/shape.ts'

/** How long things take in a local stack: shorter than deployed, so that a person sees a recovery happen. */
export type LocalTimings = {
  readonly leaseTtlMs: number
  readonly renewEveryMs: number
  readonly sweepEveryMs: number
  /** Worker invocations are killed after it. */
  readonly functionTimeoutMs: number
  /** Deployed it is six times the function's timeout; here a message of a killed worker comes back soon after it. */
  readonly visibilityTimeoutMs: number
  readonly sweepTimeoutMs: number
  /** How long a batch waits for more messages after its first. */
  readonly batchWindowMs: number
  /** One long poll. A message wakes it at once; short ones leave nothing behind in an emulator that stays. */
  readonly receiveWaitMs: number
}

export const LOCAL_TIMINGS = {
  leaseTtlMs: 6_000,
  renewEveryMs: 2_000,
  sweepEveryMs: 2_000,
  functionTimeoutMs: 60_000,
  visibilityTimeoutMs: 65_000,
  sweepTimeoutMs: 10_000,
  batchWindowMs: 0,
  receiveWaitMs: 2_000,
} as const satisfies LocalTimings

const TIMINGS: Options<LocalTimings> = {
  leaseTtlMs: 'any',
  renewEveryMs: 'any',
  sweepEveryMs: 'any',
  functionTimeoutMs: 'any',
  visibilityTimeoutMs: 'any',
  sweepTimeoutMs: 'any',
  batchWindowMs: 'any',
  receiveWaitMs: 'any',
}

/** The defaults with these changes. Throws `InvalidConfig` where they contradict each other. */
export function localTimings(changes: Partial<LocalTimings> = {}): LocalTimings {
  expectConfig(changes, TIMINGS, 'timings')
  const timings = { ...LOCAL_TIMINGS, ...changes }
  const issues: Issue[] = []
  for (const [path, value] of Object.entries(timings)) {
    const least = path === 'batchWindowMs' ? 0 : 1
    if (!Number.isInteger(value) || value < least)
      issues.push({ path, message: `expected whole milliseconds, at least ${least}, got ${value}` })
  }
  const { leaseTtlMs, renewEveryMs, visibilityTimeoutMs } = timings
  const takenMs = timings.functionTimeoutMs + timings.batchWindowMs
  if (leaseTtlMs < renewEveryMs * RENEWALS_PER_TTL)
    issues.push({
      path: 'leaseTtlMs',
      message: `expected at least ${RENEWALS_PER_TTL} × renewEveryMs (${renewEveryMs}), got ${leaseTtlMs}`,
    })
  if (timings.functionTimeoutMs <= HANDOVER_MARGIN_MS)
    issues.push({
      path: 'functionTimeoutMs',
      message: `expected more than the hand-over margin (${HANDOVER_MARGIN_MS}), got ${timings.functionTimeoutMs}`,
    })
  if (visibilityTimeoutMs < takenMs)
    issues.push({
      path: 'visibilityTimeoutMs',
      message: `expected at least functionTimeoutMs + batchWindowMs (${takenMs}), got ${visibilityTimeoutMs}`,
    })
  if (issues.length > 0) throw new InvalidConfig({ issues })
  return timings
}

/** The deployed shape with the timings of a local run. */
export function localShape(timings: LocalTimings): QueueShape {
  const shape = queueShape(timings.functionTimeoutMs)
  return {
    ...shape,
    work: {
      ...shape.work,
      visibilityTimeoutMs: timings.visibilityTimeoutMs,
      receiveWaitMs: timings.receiveWaitMs,
    },
    sweep: { ...shape.sweep, everyMs: timings.sweepEveryMs, timeoutMs: timings.sweepTimeoutMs },
  }
}
