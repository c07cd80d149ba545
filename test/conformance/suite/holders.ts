import { describe, expect, test } from 'vitest'
import { aRegistration, aRequest, bedOf, claimedOf, DONE, NOW, started, TTL, type Subject } from './bed.ts'

const STEP = { name: 'charge', attempt: 2, since: NOW + 9_000 }

export function holdersSuite(subject: Subject): void {
  describe('heldBy()', () => {
    const open = bedOf(subject)

    test('returns owner and lease of a first claim, and no step before a renewal [C72]', async () => {
      const bed = open()
      const { ownership } = await started(bed, aRegistration(), aRequest('a', { hardAt: NOW + 900_000 }))
      bed.recorder.calls.length = 0
      expect(await bed.registry.heldBy(ownership.row)).toEqual({
        ownerId: 'host-a',
        claimedAt: NOW,
        expiresAt: NOW + TTL,
        hardAt: NOW + 900_000,
      })
      expect(bed.recorder.ops()).toEqual(['get'])
    })

    test('returns the renewed lease and the step of the newest renewal [C72]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW + 10_000, STEP)
      const running = (await bed.other.get(id))!
      const renewed = { ownerId: 'host-a', claimedAt: NOW, renewedAt: NOW + 10_000, expiresAt: NOW + 40_000 }
      expect(await bed.other.heldBy(running)).toEqual({ ...renewed, step: STEP })
      await bed.registry.renew(ownership.lease, TTL, NOW + 11_000, { ...STEP, beside: 4_999 })
      expect(await bed.other.heldBy(running)).toMatchObject({ step: { ...STEP, beside: 4_999 } })
      await bed.registry.renew(ownership.lease, TTL, NOW + 12_000)
      expect(await bed.other.heldBy(running)).not.toHaveProperty('step')
    })

    test('returns nothing of an earlier owner after a take-over [C72]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW + 10_000, STEP)
      const taken = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 60_000))
      // The log keeps where the earlier owner was.
      expect(taken.log.at(-1)).toMatchObject({ type: 'takeover', from: 'host-a', step: STEP })
      expect((await bed.other.eventsAfter(id, 0)).at(-1)).toMatchObject({ step: STEP })
      const held = await bed.registry.heldBy(taken.ownership.row)
      expect(held).toEqual({ ownerId: 'host-b', claimedAt: NOW + 60_000, expiresAt: NOW + 60_000 + TTL })
    })

    test('returns undefined and reads nothing when the process is not running [C72]', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const ended = await bed.registry.complete(ownership, [], DONE, NOW)
      bed.recorder.calls.length = 0
      expect(await bed.registry.heldBy(ended)).toBeUndefined()
      expect(bed.recorder.calls).toEqual([])
    })
  })
}
