import { describe, expect, test } from 'vitest'
import { LeaseLost } from '../../../lib/model/errors.ts'
import { wakeSourceOf } from '../../../lib/model/due.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  DONE,
  NOW,
  started,
  step,
  TTL,
  type Subject,
} from './bed.ts'

const PARK = { wait: { for: 'worker' }, dueAt: NOW + 500, wakeupScheduled: false } as const

export function leaseSuite(subject: Subject): void {
  describe('lease', () => {
    const open = bedOf(subject)

    test('a lease carries id, owner, attempt, token, fence, claim, expiry and hard deadline [C7]', async () => {
      const { ownership, id } = await started(
        open(),
        aRegistration(),
        aRequest('a', { hardAt: NOW + 900_000 }),
      )
      expect(ownership.lease).toEqual({
        id,
        ownerId: 'host-a',
        attemptId: 'run-a',
        token: 'token-a',
        fence: 1,
        claimedAt: NOW,
        expiresAt: NOW + TTL,
        hardAt: NOW + 900_000,
      })
    })

    test('every claim takes the next fence and its own token [C8]', async () => {
      const bed = open()
      const { registration, ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], PARK, NOW)
      const parked = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 500))
      expect(parked.ownership.lease).toMatchObject({ fence: 2, token: 'token-b' })
      const expired = claimedOf(await bed.registry.claim(id, aRequest('c'), NOW + 500 + TTL))
      expect(expired.ownership.lease).toMatchObject({ fence: 3, token: 'token-c' })
      await bed.registry.release(expired.ownership, NOW + 40_000)
      const released = claimedOf(await bed.registry.start(registration, aRequest('d'), NOW + 40_000))
      expect(released.ownership.lease).toMatchObject({ fence: 4, token: 'token-d' })
    })

    test('of many claimers of one process exactly one wins [C8]', async () => {
      const bed = open()
      const { registration, ownership, id } = await started(bed)
      await bed.registry.park(ownership, [], PARK, NOW)
      const names = Array.from({ length: 12 }, (_, n) => `racer-${n}`)
      for (const [at, fence] of [
        [NOW + 500, 2],
        [NOW + 500 + TTL, 3],
      ] as const) {
        const replies = await Promise.all(
          names.map((name) => bed.other.claim(id, aRequest(`${name}-${fence}`), at)),
        )
        expect(replies.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1)
        expect(replies.filter(({ outcome }) => outcome === 'busy')).toHaveLength(names.length - 1)
        expect(await bed.registry.get(id)).toMatchObject({
          fence,
          status: 'running',
          hash: expect.any(String),
        })
      }
      const starts = await Promise.all(
        names.map((name) =>
          bed.other.start(registration, aRequest(`${name}-s`), NOW + 500 + 2 * TTL + 2_000),
        ),
      )
      expect(starts.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1)
    })

    test('of many starters of a new process exactly one runs it [C8]', async () => {
      const { other, registry } = open()
      const registration = aRegistration()
      const replies = await Promise.all(
        Array.from({ length: 12 }, (_, n) => other.start(registration, aRequest(`starter-${n}`), NOW)),
      )
      expect(replies.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1)
      expect(await registry.get(registration.id)).toMatchObject({ fence: 1, seq: 0 })
    })

    test('claim() returns busy with the owner until the last millisecond of a live lease [C9, C12]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const reply = await changesNothing(bed, id, () => bed.other.claim(id, aRequest('b'), NOW + TTL - 1))
      expect(reply).toEqual({ outcome: 'busy', lease: ownership.lease })
      expect(await bed.other.claim(id, aRequest('b'), NOW + TTL)).toMatchObject({ outcome: 'claimed' })
    })

    test('a renewed lease answers busy past its first expiry, and is free at its renewed one [C9]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW + 10_000)
      const reply = await changesNothing(bed, id, () => bed.other.claim(id, aRequest('b'), NOW + TTL + 9_999))
      expect(reply).toMatchObject({
        outcome: 'busy',
        lease: { token: 'token-a', expiresAt: NOW + TTL + 10_000 },
      })
      expect(await bed.other.claim(id, aRequest('b'), NOW + TTL + 10_000)).toMatchObject({
        outcome: 'claimed',
      })
    })

    test('the same owner and attempt extends its live lease and keeps token and fence [C10]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.commit(ownership, [step(0)], NOW)
      const asked = aRequest('a', { token: 'another-token' })
      const again = claimedOf(await bed.registry.claim(id, asked, NOW + 20_000))
      expect(again.ownership.lease).toEqual({ ...ownership.lease, expiresAt: NOW + 20_000 + TTL })
      expect(again.log).toHaveLength(1)
      expect(await bed.other.claim(id, aRequest('b'), NOW + 49_999)).toMatchObject({ outcome: 'busy' })
    })

    test('the same owner extends a lease that lives on by its renewals alone [C10]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const { lease } = await bed.registry.renew(ownership.lease, TTL, NOW + 20_000)
      const again = claimedOf(await bed.registry.claim(id, aRequest('a', { token: 'other' }), NOW + 45_000))
      expect(again.ownership.lease).toEqual({ ...lease, expiresAt: NOW + 45_000 + TTL })
    })

    test('an extension that another owner overtakes answers busy with the new holder [C10]', async () => {
      const bed = open()
      const { id } = await started(bed)
      bed.recorder.interrupt = async () => {
        // The refused blind claim comes first; the take-over is slipped in before the renewal.
        bed.recorder.interrupt = () => bed.other.claim(id, aRequest('b'), NOW + TTL)
      }
      const reply = await bed.registry.claim(id, aRequest('a', { token: 'other' }), NOW + 1)
      expect(reply).toMatchObject({ outcome: 'busy', lease: { ownerId: 'host-b', fence: 2 } })
    })

    test('a new attempt of the same owner is another owner [C10, C11]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const asked = aRequest('a', { attemptId: 'run-2', token: 'token-2' })
      expect(await changesNothing(bed, id, () => bed.other.claim(id, asked, NOW + 1))).toMatchObject({
        outcome: 'busy',
      })
    })

    test('a renewal outlives the first expiry and keeps token and fence [C13]', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const first = await bed.registry.renew(ownership.lease, TTL, NOW + 20_000)
      expect(first).toEqual({ lease: { ...ownership.lease, expiresAt: NOW + 50_000 }, notice: 0 })
      const second = await bed.registry.renew(first.lease, TTL, NOW + 49_999)
      expect(second.lease).toEqual({ ...ownership.lease, expiresAt: NOW + 49_999 + TTL })
      expect(bed.recorder.ops()).toEqual(['write', 'write'])
    })

    test('a first renewal of a lease that ran out is refused and nothing is sent [C13]', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      await expect(bed.registry.renew(ownership.lease, TTL, NOW + TTL)).rejects.toThrow(LeaseLost)
      expect(bed.recorder.calls).toEqual([])
    })

    const OTHERS = {
      'another token': { token: 'token-x' },
      'another owner': { ownerId: 'host-x' },
      'another attempt': { attemptId: 'run-x' },
      'an older fence': { fence: 0 },
    }
    for (const [who, difference] of Object.entries(OTHERS)) {
      test(`a renewal by ${who} is refused and changes nothing [C13]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        const { lease } = await bed.registry.renew(ownership.lease, TTL, NOW + 1_000)
        await changesNothing(bed, id, async () => {
          const renewal = bed.registry.renew({ ...lease, ...difference }, TTL, NOW + 2_000)
          await expect(renewal).rejects.toThrow(LeaseLost)
        })
      })
    }

    test('renew() is refused when a renewed lease has expired, whatever the caller believes [C13]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const { lease } = await bed.registry.renew(ownership.lease, TTL, NOW + 1_000)
      await changesNothing(bed, id, async () => {
        const slow = { ...lease, expiresAt: NOW + 999_999 }
        await expect(bed.registry.renew(slow, TTL, NOW + 1_000 + TTL)).rejects.toThrow(LeaseLost)
      })
    })

    test('after a take-over the old owner cannot renew, however slow its clock is [C13]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.claim(id, aRequest('b'), NOW + TTL)
      await changesNothing(bed, id, async () => {
        await expect(bed.registry.renew(ownership.lease, TTL, NOW + 1_000)).rejects.toThrow(
          /fence 2 has been claimed/,
        )
      })
    })

    test('the first renewal of a new owner replaces what an older fence left [C13]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW + 1_000)
      await bed.registry.park(ownership, [], PARK, NOW + 2_000)
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 3_000))
      const { lease } = await bed.other.renew(next.ownership.lease, TTL, NOW + 4_000)
      expect(lease).toMatchObject({ fence: 2, expiresAt: NOW + 4_000 + TTL })
      await expect(bed.registry.renew(ownership.lease, TTL, NOW + 5_000)).rejects.toThrow(LeaseLost)
    })

    test('a renewal between the reading and the writing of a take-over wins [C13]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const late = { ...ownership.lease, expiresAt: NOW + 10 * TTL }
      bed.recorder.interrupt = async () => {
        // The refused blind claim comes first; the renewal is slipped in before the transaction.
        bed.recorder.interrupt = () => bed.other.renew(late, TTL, NOW + TTL)
      }
      const reply = await bed.registry.claim(id, aRequest('b'), NOW + TTL + 1)
      expect(reply).toMatchObject({ outcome: 'busy', lease: { token: 'token-a', expiresAt: NOW + 2 * TTL } })
      expect(await bed.registry.get(id)).toMatchObject({ fence: 1, seq: 0 })
    })

    test('after a release anyone may claim at once, and the fence continues [C14]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.renew(ownership.lease, TTL, NOW + 1)
      await bed.registry.release(ownership, NOW + 2)
      expect(await bed.registry.get(id)).toMatchObject({
        status: 'waiting',
        wait: { for: 'worker' },
        dueAt: NOW + 2,
        fence: 1,
      })
      expect(claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 2)).ownership.lease.fence).toBe(2)
    })

    test('release() changes nothing when repeated, after a take-over or after the end [C14]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.release(ownership, NOW)
      await changesNothing(bed, id, () => bed.registry.release(ownership, NOW + 1))
      const next = claimedOf(await bed.other.claim(id, aRequest('b'), NOW))
      await changesNothing(bed, id, () => bed.registry.release(ownership, NOW + 2))
      await bed.other.complete(next.ownership, [], DONE, NOW + 3)
      await changesNothing(bed, id, () => bed.other.release(next.ownership, NOW + 4))
    })

    test('a release with a commit behind it still gives the lease back [C14]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.commit(ownership, [step(0)], NOW)
      await bed.registry.release(ownership, NOW + 1)
      expect(await bed.registry.get(id)).toMatchObject({ status: 'waiting', seq: 1, stalls: 0 })
    })

    test('a release without progress keeps the count of stalls [C50]', async () => {
      const bed = open()
      const { id } = await started(bed)
      await bed.registry.claim(id, aRequest('b'), NOW + TTL)
      const { ownership } = claimedOf(await bed.registry.claim(id, aRequest('c'), NOW + 2 * TTL))
      await bed.registry.release(ownership, NOW)
      expect(claimedOf(await bed.other.claim(id, aRequest('d'), NOW)).ownership.row.stalls).toBe(1)
    })

    test('a parked process is claimed by one update, and not before it is due', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [step(0)], PARK, NOW)
      const early = await changesNothing(bed, id, () => bed.registry.claim(id, aRequest('b'), NOW + 499))
      expect(early).toEqual({ outcome: 'not-due', dueAt: NOW + 500 })
      bed.recorder.ops()
      const reply = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 500))
      expect(bed.recorder.ops()).toEqual(['write'])
      expect(reply.log).toEqual([{ ...step(0), seq: 1 }])
      expect(reply.ownership.row).toMatchObject({ startedAt: NOW, wait: { for: 'worker' } })
    })

    test('a process that no caller registered is unknown', async () => {
      const { registry } = open()
      const { id } = aRegistration()
      expect(await registry.claim(id, aRequest('a'), NOW)).toEqual({ outcome: 'unknown' })
      expect(await registry.get(id)).toBeUndefined()
    })

    test('every open process is leased, due or waits for a named event, throughout its life [C52]', async () => {
      const bed = open()
      const registration = aRegistration()
      const keeper = async (at: number) =>
        wakeSourceOf((await bed.registry.get(registration.id))!, undefined, at)
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
      expect(await keeper(NOW)).toBe('due')
      const first = claimedOf(await bed.registry.claim(registration.id, aRequest('a'), NOW))
      expect(await keeper(NOW)).toBe('due')
      const committed = await bed.registry.commit(first.ownership, [step(0)], NOW)
      expect(await keeper(NOW + 10 * TTL)).toBe('due')
      const error = { class: 'NonDeterminism', code: 'non_determinism', message: 'at 0' }
      await bed.registry.park(committed, [], { wait: { for: 'resume', error }, wakeupScheduled: false }, NOW)
      expect(await keeper(NOW)).toBe('outside-event')
      await bed.registry.requestCancel(registration.id, { reason: 'enough' }, NOW)
      expect(await bed.registry.claim(registration.id, aRequest('b'), NOW)).toMatchObject({
        outcome: 'ended',
      })
      expect(await keeper(NOW)).toBe('ended')
      const external = aRegistration({ recovery: 'external' })
      const { record } = await bed.registry.register(external, { now: NOW, wakeupScheduled: false })
      expect(wakeSourceOf(record, undefined, NOW)).toBe('outside-event')
    })
  })
}
