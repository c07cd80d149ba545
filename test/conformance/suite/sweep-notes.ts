import { describe, expect, test } from 'vitest'
import { bedOf, NOW, type Subject } from './bed.ts'

/** Later than any other note in the store of this suite. */
const LATER = NOW + 1_000_000
const NOTE = {
  at: LATER,
  everyMs: 60_000,
  due: 12,
  sent: 3,
  oldestDueMs: 4_000,
  heldBack: true,
  truncated: false,
  failedShards: 1,
}

export function sweepNotesSuite(subject: Subject): void {
  describe('notes of the sweep', () => {
    const open = bedOf(subject)

    test('noteSweep() keeps the newest note, also when notes come twice or in another order', async () => {
      const bed = open()
      bed.recorder.twice = true
      await bed.registry.noteSweep(NOTE)
      bed.recorder.ops()
      expect(await bed.registry.lastSweep()).toEqual(NOTE)
      expect(bed.recorder.ops()).toEqual(['getMany'])
      const newer = { ...NOTE, at: LATER + 1, heldBack: false, truncated: true }
      await bed.registry.noteSweep(newer)
      await bed.other.noteSweep({ ...NOTE, due: 99 })
      expect(await bed.registry.lastSweep()).toEqual(newer)
    })
  })
}
