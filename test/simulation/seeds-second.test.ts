import { expect, test } from 'vitest'
import { runsClean } from './half.ts'
import { FEATURES } from './runner/features.ts'
import { FAULT_KINDS } from './world/faults.ts'

const FEATURE_WORLDS_MIN = 5

test(
  'the second half of the seeds breaks no promise, and meets every kind of fault and feature',
  { timeout: 3_600_000 },
  async () => {
    const report = await runsClean(1)
    expect(FAULT_KINDS.filter((kind) => (report.faults[kind] ?? 0) < 5)).toEqual([])
    // What no world executes, no rule can judge.
    expect(FEATURES.filter((feature) => (report.features[feature] ?? 0) < FEATURE_WORLDS_MIN)).toEqual([])
    // Trouble that no owner is overtaken in would prove little.
    expect(report.takeovers).toBeGreaterThan(report.seeds / 4)
    expect(report.fencedOff).toBeGreaterThan(report.seeds / 50)
  },
)
