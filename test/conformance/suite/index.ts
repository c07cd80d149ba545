import { describe } from 'vitest'
import type { Subject } from './bed.ts'
import { arrivalsSuite } from './arrivals.ts'
import { callbacksSuite } from './callbacks.ts'
import { cancelSuite } from './cancel.ts'
import { childrenSuite } from './children.ts'
import { completionSuite } from './completion.ts'
import { fencingSuite } from './fencing.ts'
import { holdersSuite } from './holders.ts'
import { leaseSuite } from './lease.ts'
import { listingSuite } from './listing.ts'
import { overviewSuite } from './overview.ts'
import { logSuite } from './log.ts'
import { outcomesSuite } from './outcomes.ts'
import { parkingSuite } from './parking.ts'
import { recoverySuite } from './recovery.ts'
import { registrationSuite } from './registration.ts'
import { retentionSuite } from './retention.ts'
import { signalsSuite } from './signals.ts'
import { slotsSuite } from './slots.ts'
import { sweepNotesSuite } from './sweep-notes.ts'
import { timesSuite } from './times.ts'

/** What every registry promises, whatever it keeps its items in. */
export function registryConformance(subject: Subject): void {
  describe(subject.name, () => {
    registrationSuite(subject)
    leaseSuite(subject)
    holdersSuite(subject)
    fencingSuite(subject)
    completionSuite(subject)
    logSuite(subject)
    cancelSuite(subject)
    recoverySuite(subject)
    arrivalsSuite(subject)
    callbacksSuite(subject)
    childrenSuite(subject)
    parkingSuite(subject)
    signalsSuite(subject)
    slotsSuite(subject)
    sweepNotesSuite(subject)
    timesSuite(subject)
    listingSuite(subject)
    overviewSuite(subject)
    retentionSuite(subject)
    outcomesSuite(subject)
  })
}
