import { describe, expect, test } from 'vitest'
import { Contended, LeaseLost } from '../../../lib/model/errors.ts'
import { CLOCKS_DIFFER_MAX_MS, RACE_TRIES } from '../../../lib/model/limits.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  NOW,
  parkedOf,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Subject,
} from './bed.ts'

const HARD = NOW + 900_000
const PROVEN = HARD + CLOCKS_DIFFER_MAX_MS

export function recoverySuite(subject: Subject): void {
  describe('recovery', () => {
    const open = bedOf(subject)
    const once = () => aRegistration({ recovery: 'abandon' })
    const external = () => aRegistration({ recovery: 'external' })

    test('a take-over is an update, a query and a transaction, and returns log and input [C46]', async () => {
      const bed = open()
      const { id, ownership, registration } = await started(bed)
      await bed.registry.commit(ownership, [step(0)], NOW)
      bed.recorder.ops()
      const reply = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + TTL))
      expect(bed.recorder.ops()).toEqual(['write', 'range', 'transact'])
      expect(reply.input).toEqual(registration.input)
      expect(reply.log).toEqual([
        { ...step(0), seq: 1 },
        { type: 'takeover', at: NOW + TTL, fence: 2, from: 'host-a', to: 'host-b', seq: 2 },
      ])
      expect(reply.ownership.row).toEqual(await bed.registry.get(id))
      expect(reply.ownership.row).toMatchObject({ commit: 1, suspect: true, stalls: 0, dueAt: NOW + 2 * TTL })
    })

    test('of many that find an expired lease one re-runs, and the log has one take-over [C46]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const names = Array.from({ length: 10 }, (_, n) => `finder-${n}`)
      const replies = await Promise.all(names.map((name) => bed.other.claim(id, aRequest(name), NOW + TTL)))
      expect(replies.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1)
      const log = await bed.registry.eventsAfter(id, 0)
      expect(log.map(({ type }) => type)).toEqual(['takeover'])
    })

    test('a suspect whose workers die backs off: twice at once, then after a second [C50]', async () => {
      const bed = open()
      const { id } = await started(bed)
      expect(await bed.registry.claim(id, aRequest('b'), NOW + TTL)).toMatchObject({ outcome: 'claimed' })
      expect(await bed.registry.claim(id, aRequest('c'), NOW + 2 * TTL)).toMatchObject({ outcome: 'claimed' })
      const fourth = NOW + 3 * TTL + 1_000
      const early = await changesNothing(bed, id, () => bed.registry.claim(id, aRequest('d'), fourth - 1))
      expect(early).toEqual({ outcome: 'not-due', dueAt: fourth })
      const reply = claimedOf(await bed.registry.claim(id, aRequest('d'), fourth))
      expect(reply.ownership.row).toMatchObject({ suspect: true, stalls: 2, dueAt: fourth + TTL + 2_000 })
      const { row } = await bed.registry.commit(reply.ownership, [step(0)], fourth)
      expect(row).toMatchObject({ stalls: 0 })
      expect(row).not.toHaveProperty('suspect')
    })

    test('a process whose worker died is claimed alone, and in company changes nothing [C60]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const company = aRequest('b', { inCompany: true })
      const refused = await changesNothing(bed, id, () => bed.registry.claim(id, company, NOW + TTL))
      expect(refused).toEqual({ outcome: 'suspect' })
      const { ownership } = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + TTL))
      expect(ownership.row).toMatchObject({ suspect: true, stalls: 0 })
      expect(await bed.registry.get(id)).toEqual(ownership.row)
    })

    test('a claim of a suspect reads first: one query and one transaction [C60]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const suspect = (name: string) => aRequest(name, { ofSuspect: true })
      bed.recorder.ops()
      expect(await bed.registry.claim(id, suspect('b'), NOW)).toMatchObject({ outcome: 'busy' })
      expect(bed.recorder.ops()).toEqual(['range'])
      const { ownership } = claimedOf(await bed.registry.claim(id, suspect('b'), NOW + TTL))
      expect(bed.recorder.ops()).toEqual(['range', 'transact'])
      // It is a suspect no more, and parked: the claim unread is what takes it.
      await bed.registry.park(
        ownership,
        [step(0)],
        { wait: { for: 'worker' }, dueAt: NOW, wakeupScheduled: false },
        NOW + TTL,
      )
      bed.recorder.ops()
      claimedOf(await bed.registry.claim(id, suspect('c'), NOW + TTL))
      expect(bed.recorder.ops()).toEqual(['range', 'write'])
      const missing = aRegistration().id
      expect(await bed.registry.claim(missing, suspect('d'), NOW)).toEqual({ outcome: 'unknown' })
    })

    test('a suspect that is handed over without progress stays one until it has made some [C60]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const { ownership } = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + TTL))
      await bed.registry.release(ownership, NOW + TTL)
      const company = aRequest('c', { inCompany: true })
      const refused = await changesNothing(bed, id, () => bed.registry.claim(id, company, NOW + TTL))
      expect(refused).toEqual({ outcome: 'suspect' })
      const again = claimedOf(await bed.registry.claim(id, aRequest('c'), NOW + TTL))
      expect(again.ownership.row).toMatchObject({ suspect: true, stalls: 0 })
      await bed.registry.park(
        again.ownership,
        [step(0)],
        { wait: { for: 'worker' }, dueAt: NOW + TTL, wakeupScheduled: false },
        NOW,
      )
      const free = claimedOf(await bed.registry.claim(id, aRequest('d', { inCompany: true }), NOW + TTL))
      expect(free.ownership.row).not.toHaveProperty('suspect')
    })

    test('a process that may not be re-run is claimed by any worker before its first start [C48]', async () => {
      const bed = open()
      const registration = once()
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
      expect(await bed.other.claim(registration.id, aRequest('b'), NOW)).toMatchObject({ outcome: 'claimed' })
    })

    test('once started it is never run again, and stays open until its owner is proven dead [C48]', async () => {
      const bed = open()
      const { id } = await started(bed, once(), aRequest('a', { hardAt: HARD }))
      for (const at of [NOW + TTL, HARD, PROVEN - 1]) {
        const reply = await changesNothing(bed, id, () => bed.other.claim(id, aRequest('b'), at))
        expect(reply).toEqual({ outcome: 'refused', because: 'never-rerun' })
      }
    })

    test('an abandon process past its hard deadline and margin ends abandoned, with evidence [C48]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed, once(), aRequest('a', { hardAt: HARD }))
      await bed.registry.renew(ownership.lease, TTL, NOW + 20_000)
      bed.recorder.ops()
      const reply = await bed.registry.claim(id, aRequest('b'), PROVEN)
      expect(bed.recorder.ops()).toEqual(['write', 'range', 'transact'])
      expect(reply).toMatchObject({
        outcome: 'ended',
        record: {
          status: 'abandoned',
          endedAt: PROVEN,
          fence: 2,
          output: {
            evidence: {
              lastOwner: 'host-a/run-a',
              lastFence: 1,
              lastSeenAt: NOW + 20_000,
              leaseExpiredAt: NOW + 20_000 + TTL,
              hardAt: HARD,
              writtenBy: 'host-b/run-b',
              because: 'hard-deadline-passed',
              claims: 1,
            },
          },
        },
      })
      expect(await bed.registry.get(id)).toEqual((reply as { record: unknown }).record)
      const late = { ...ownership.lease, expiresAt: PROVEN + TTL }
      await expect(bed.registry.renew(late, TTL, NOW + 20_001)).rejects.toThrow(LeaseLost)
      await expect(bed.registry.commit(ownership, [step(0)], NOW)).rejects.toThrow(LeaseLost)
    })

    test('a renewal just before the end is written keeps the process open [C48]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed, once(), aRequest('a', { hardAt: HARD }))
      bed.recorder.interrupt = async () => {
        const late = { ...ownership.lease, expiresAt: PROVEN + 1 }
        bed.recorder.interrupt = () => bed.other.renew(late, TTL, PROVEN)
      }
      expect(await bed.registry.claim(id, aRequest('b'), PROVEN)).toMatchObject({ outcome: 'busy' })
      expect(await bed.registry.get(id)).toMatchObject({ status: 'running', fence: 1 })
    })

    test('an owner without a hard deadline is never proven dead, but an operator may abandon [C48]', async () => {
      const bed = open()
      const { id } = await started(bed, once())
      expect(await bed.other.claim(id, aRequest('b'), PROVEN * 2)).toMatchObject({ because: 'never-rerun' })
      await bed.registry.requestAbandon(id, { reason: 'host burnt down' }, NOW)
      const live = await changesNothing(bed, id, () => bed.other.claim(id, aRequest('b'), NOW + TTL - 1))
      expect(live).toMatchObject({ outcome: 'busy' })
      const reply = await bed.other.claim(id, aRequest('b'), NOW + TTL)
      expect(reply).toMatchObject({
        outcome: 'ended',
        record: {
          output: { outcome: 'abandoned', evidence: { because: 'operator-request', lastSeenAt: NOW } },
        },
      })
      expect(seqs(await bed.registry.eventsAfter(id, 0))).toEqual(upTo(2))
    })

    test('a parked process that an operator gives up is ended by the next claim [C48]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.park(
        ownership,
        [],
        { wait: { for: 'worker' }, dueAt: NOW + 900_000, wakeupScheduled: false },
        NOW,
      )
      await bed.registry.requestAbandon(id, { reason: 'not wanted' }, NOW)
      const reply = await bed.registry.claim(id, aRequest('b'), NOW)
      expect(reply).toMatchObject({
        outcome: 'ended',
        record: {
          status: 'abandoned',
          output: { evidence: { lastOwner: '', lastFence: 1, writtenBy: 'host-b/run-b', claims: 1 } },
        },
      })
    })

    test('of many that end an abandoned process one writes the end [C48]', async () => {
      const bed = open()
      const { id } = await started(bed, once(), aRequest('a', { hardAt: HARD }))
      const names = Array.from({ length: 10 }, (_, n) => `sweep-${n}`)
      const replies = await Promise.all(names.map((name) => bed.other.claim(id, aRequest(name), PROVEN)))
      expect(replies.map(({ outcome }) => outcome)).toEqual(names.map(() => 'ended'))
      expect(await bed.registry.get(id)).toMatchObject({ seq: 1, fence: 2 })
    })

    test('an external process is never claimed and never run [C49]', async () => {
      const bed = open()
      const registration = external()
      await bed.registry.register(registration, {
        now: NOW,
        wakeupScheduled: false,
        completionToken: 'secret',
      })
      await changesNothing(bed, registration.id, async () => {
        const refused = { outcome: 'refused', because: 'external' }
        expect(await bed.registry.claim(registration.id, aRequest('a'), NOW + 10 * TTL)).toEqual(refused)
        expect(await bed.registry.start(registration, aRequest('a'), NOW)).toEqual(refused)
      })
    })

    test('starting an external process registers it and runs nothing [C49]', async () => {
      const bed = open()
      const registration = external()
      const reply = await bed.registry.start(registration, aRequest('a'), NOW)
      expect(reply).toEqual({ outcome: 'refused', because: 'external' })
      expect(await bed.registry.get(registration.id)).toMatchObject({
        status: 'waiting',
        wait: { for: 'external' },
        fence: 0,
      })
    })

    test('an external process that is cancelled is ended by the next claim [C31, C49]', async () => {
      const bed = open()
      const registration = external()
      await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
      await bed.registry.requestCancel(registration.id, { reason: 'enough' }, NOW)
      expect(await bed.registry.claim(registration.id, aRequest('a'), NOW)).toMatchObject({
        outcome: 'ended',
        record: { status: 'cancelled', output: { outcome: 'cancelled', reason: 'enough' } },
      })
    })

    test('a stuck process is not claimed until a caller asks for its end', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const error = { class: 'NonDeterminism', code: 'non_determinism', message: 'at effect 3' }
      await bed.registry.park(ownership, [], { wait: { for: 'resume', error }, wakeupScheduled: false }, NOW)
      const reply = await changesNothing(bed, id, () => bed.registry.claim(id, aRequest('b'), NOW + 10 * TTL))
      expect(reply).toEqual({ outcome: 'refused', because: 'stuck' })
      expect(await bed.registry.get(id)).toMatchObject({ status: 'stuck', wait: { for: 'resume', error } })
      await bed.registry.requestCancel(id, { reason: 'enough' }, NOW)
      expect(await bed.registry.claim(id, aRequest('b'), NOW)).toMatchObject({ outcome: 'ended' })
    })

    test('a process whose definition is not deployed waits with its tries, and leaves no start [C51]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const wait = { for: 'undeployed', kind: 'orders.charge', tries: 2 } as const
      const record = parkedOf(
        await bed.registry.park(ownership, [], { wait, dueAt: NOW + 60_000, wakeupScheduled: false }, NOW),
      )
      expect(record).toMatchObject({ status: 'waiting', wait })
      expect(record).not.toHaveProperty('startedAt')
      const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 60_000))
      expect(next.ownership.row).toMatchObject({ wait, startedAt: NOW + 60_000 })
    })

    test('a claim that loses race after race gives up with a coded error', async () => {
      const bed = open()
      const { id } = await started(bed)
      let races = 0
      bed.recorder.transact = (writes) => {
        races += 1
        return Promise.resolve({ applied: false, failed: writes.map(() => undefined) })
      }
      await expect(bed.registry.claim(id, aRequest('b'), NOW + TTL)).rejects.toThrow(Contended)
      expect(races).toBe(RACE_TRIES)
    })
  })
}
