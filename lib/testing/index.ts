// The public door of the test kit: `leasehold/testing`.

export { TestKit, type TestKitOptions } from './kit.ts'
export type { CrashPoint } from './crashing-registry.ts'
export { VirtualClock } from './virtual-clock.ts'
export { seededChance } from './seeded-chance.ts'
