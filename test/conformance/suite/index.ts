import { describe } from 'vitest'
import type { Subject } from './bed.ts'
import { fencingSuite } from './fencing.ts'
import { leaseSuite } from './lease.ts'
import { registrationSuite } from './registration.ts'

/** What every registry promises, whatever it keeps its items in. */
export function registryConformance(subject: Subject): void {
  describe(subject.name, () => {
    registrationSuite(subject)
    leaseSuite(subject)
    fencingSuite(subject)
  })
}
