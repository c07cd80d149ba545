import type { Counts } from './meter.ts'
import type { Metered } from './metered.ts'

export type Scenario = {
  readonly says: string
  /** The most that it may cost: anything above is a defect. */
  readonly budget: Counts
  /** Sets up, unmeasured. `run` is measured, `after` is not. */
  readonly prepare: (
    metered: Metered,
  ) => Promise<{ readonly run: () => Promise<void>; readonly after?: () => Promise<void> }>
}

export const NONE: Counts = {
  writeRequests: 0,
  transactions: 0,
  readRequests: 0,
  writeUnits: 0,
  readUnits: 0,
  sqsRequests: 0,
}

export function expectEqual<T>(found: T, wanted: T, what: string): void {
  if (found !== wanted) throw new Error(`${what}: expected ${String(wanted)}, got ${String(found)}`)
}
