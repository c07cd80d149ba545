import { describe } from 'vitest'
import type { Subject } from './bed.ts'
import { cancelSuite } from './cancel.ts'
import { completionSuite } from './completion.ts'
import { fencingSuite } from './fencing.ts'
import { leaseSuite } from './lease.ts'
import { listingSuite } from './listing.ts'
import { logSuite } from './log.ts'
import { recoverySuite } from './recovery.ts'
import { registrationSuite } from './registration.ts'

/** What every registry promises, whatever it keeps its items in. */
export function registryConformance(subject: Subject): void {
  describe(subject.name, () => {
    registrationSuite(subject)
    leaseSuite(subject)
    fencingSuite(subject)
    completionSuite(subject)
    logSuite(subject)
    cancelSuite(subject)
    recoverySuite(subject)
    listingSuite(subject)
  })
}
