// The public door of the test kit: `leasehold/testing`.

export { TestKit } from './kit.ts'
export type { TestKitOptions } from './options.ts'
export type { CrashPoint } from './crashing-registry.ts'
export { HistoryUnusable, NeverEnds, ReplayDiffers } from './errors.ts'
export { historyOf, readHistory, writeHistory, type History, type HistorySource } from './history.ts'
export { replayHistory, type ReplayVerdict } from './replay-history.ts'
export { VirtualClock } from './virtual-clock.ts'
export { seededChance } from './seeded-chance.ts'
