// The public door of the test kit: `leasehold/testing`.

export { TestKit } from './kit.ts'
export type { TestKitOptions } from './options.ts'
export type { CrashPoint } from './crashing-registry.ts'
export { NeverEnds, ReplayDiffers } from './errors.ts'
export { VirtualClock } from './virtual-clock.ts'
export { seededChance } from './seeded-chance.ts'
