import { describe, expect, test } from 'vitest'
import { ProcessEnded, UnknownProcess } from '../../../lib/model/errors.ts'
import { ERROR_MESSAGE_MAX_BYTES } from '../../../lib/model/limits.ts'
import type { Registration } from '../../../lib/model/registration.ts'
import type { Write } from '../../../lib/registry/store/store.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  DONE,
  NOW,
  parkedOf,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Bed,
  type Subject,
} from './bed.ts'

const REASON = { reason: 'the customer left', by: 'ana' }
const ASLEEP = { wait: { for: 'worker' }, dueAt: NOW + 30 * 24 * 3_600_000, wakeupScheduled: false } as const

const STATES = ['pending', 'running', 'waiting', 'stuck'] as const

/** A process of its own in this state. */
async function inState(bed: Bed, state: (typeof STATES)[number]): Promise<Registration> {
  const registration = aRegistration()
  if (state === 'pending') {
    await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
    return registration
  }
  const { ownership } = await started(bed, registration)
  const error = { class: 'N', code: 'n', message: 'm' }
  if (state === 'waiting') await bed.registry.park(ownership, [], ASLEEP, NOW)
  if (state === 'stuck')
    await bed.registry.park(ownership, [], { wait: { for: 'resume', error }, wakeupScheduled: false }, NOW)
  return registration
}

export function cancelSuite(subject: Subject): void {
  describe('cancel', () => {
    const open = bedOf(subject)

    test('a cancel of a running process is one entry with its reason, and one notice [C29]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      const record = await bed.registry.requestCancel(id, REASON, NOW + 5)
      expect(bed.recorder.ops()).toEqual(['write', 'write'])
      expect(record).toMatchObject({
        status: 'running',
        cancel: { at: NOW + 5, ...REASON },
        dueAt: NOW + TTL,
      })
      const entry = { type: 'cancel', at: NOW + 5, ...REASON, seq: 1 }
      expect(await bed.registry.eventsAfter(id, 0)).toEqual([entry])
      expect(await bed.registry.renew(ownership.lease, TTL, NOW + 10)).toMatchObject({ notice: 1 })
    })

    test('a notice reaches the owner by its first renewal, by a later one, and stays [C31]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      expect(await bed.registry.renew(ownership.lease, TTL, NOW)).toMatchObject({ notice: 0 })
      await bed.other.commit(ownership, [step(0)], NOW)
      await bed.other.requestCancel(id, REASON, NOW)
      expect(await bed.registry.renew(ownership.lease, TTL, NOW + 1)).toMatchObject({ notice: 2 })
      await bed.other.requestAbandon(id, REASON, NOW)
      expect(await bed.registry.renew(ownership.lease, TTL, NOW + 2)).toMatchObject({ notice: 3 })
      expect(await bed.registry.renew(ownership.lease, TTL, NOW + 3)).toMatchObject({ notice: 3 })
    })

    test('a notice that is late hides no later one [C31]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      // The signal is appended, and its notice is slow: the owner hears of it otherwise, and then a cancel comes.
      const untilNoticed = async (writes: readonly Write[]): Promise<void> => {
        const [first] = writes
        if (first?.do !== 'update' || first.key.sk !== 'LEASE') {
          bed.recorder.interrupt = untilNoticed
          return
        }
        expect((await bed.other.commit(ownership, [step(0)], NOW)).row.seq).toBe(2)
        await bed.other.requestCancel(id, REASON, NOW)
      }
      bed.recorder.interrupt = untilNoticed
      await bed.registry.signal(id, { name: 'go', key: 'k', payload: 1 }, NOW)
      expect(await bed.other.renew(ownership.lease, TTL, NOW + 1)).toMatchObject({ notice: 3 })
    })

    test('the owner sees a request in the reply to its next commit [C31]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.other.requestCancel(id, REASON, NOW)
      const { row } = await bed.registry.commit(ownership, [step(0)], NOW)
      expect(row).toMatchObject({ cancel: REASON, seq: 2 })
    })

    for (const state of STATES) {
      test(`the same cancel request of a ${state} process twice writes one entry [C29]`, async () => {
        const bed = open()
        const registration = await inState(bed, state)
        const first = await bed.registry.requestCancel(registration.id, REASON, NOW + 5)
        expect(first).toMatchObject({ status: state, cancel: REASON, seq: 1 })
        const again = await changesNothing(bed, registration.id, () =>
          bed.other.requestCancel(registration.id, { reason: REASON.reason, by: 'bo' }, NOW + 5),
        )
        expect(again).toEqual(first)
      })

      test(`other reasons for a ${state} process write an entry each, and the first one counts [C29]`, async () => {
        const bed = open()
        const { id } = await inState(bed, state)
        await bed.registry.requestCancel(id, REASON, NOW + 5)
        await bed.registry.requestCancel(id, { reason: 'another' }, NOW + 6)
        await bed.registry.requestCancel(id, {}, NOW + 7)
        const record = await changesNothing(bed, id, async () => {
          await bed.other.requestCancel(id, {}, NOW + 8)
          return bed.other.requestCancel(id, { reason: 'another' }, NOW + 8)
        })
        expect(record).toMatchObject({ status: state, cancel: { at: NOW + 5, ...REASON }, seq: 3 })
        expect(await bed.registry.eventsAfter(id, 0)).toEqual([
          { type: 'cancel', at: NOW + 5, ...REASON, seq: 1 },
          { type: 'cancel', at: NOW + 6, reason: 'another', seq: 2 },
          { type: 'cancel', at: NOW + 7, seq: 3 },
        ])
      })

      test(`a request of a ${state} process without a reason is recorded without one [C29]`, async () => {
        const bed = open()
        const { id } = await inState(bed, state)
        const record = await bed.registry.requestCancel(id, { by: 'ana' }, NOW + 5)
        expect(record.cancel).toEqual({ at: NOW + 5, by: 'ana' })
        expect(await bed.registry.get(id)).toEqual(record)
        expect(await bed.registry.eventsAfter(id, 0)).toEqual([
          { type: 'cancel', at: NOW + 5, by: 'ana', seq: 1 },
        ])
      })
    }

    test('a cancelled parked process is due at once, and its next owner reads the request [C31, C32]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.registry.park(ownership, [], ASLEEP, NOW)
      expect(await bed.registry.requestCancel(id, REASON, NOW + 5)).toMatchObject({
        dueAt: NOW + 5,
        wakeupScheduled: true,
      })
      const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 5))
      expect(next.ownership.row).toMatchObject({ cancel: REASON })
      expect(next.log.map(({ type }) => type)).toEqual(['cancel'])
    })

    test('a process that is parked before its owner saw the request is due at once [C31]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.other.requestCancel(id, REASON, NOW)
      const record = parkedOf(await bed.registry.park(ownership, [step(0)], ASLEEP, NOW + 5))
      expect(record).toMatchObject({ status: 'waiting', dueAt: NOW + 5, wakeupScheduled: false, seq: 2 })
    })

    test('a process that its owner parks knowing of the request sleeps as asked [C30]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.other.requestCancel(id, REASON, NOW)
      const seen = await bed.registry.refresh(ownership)
      expect(parkedOf(await bed.registry.park(seen, [], ASLEEP, NOW + 5))).toMatchObject({
        dueAt: ASLEEP.dueAt,
      })
    })

    test('a cancel request does not end a process: one that completes anyway is completed [C30]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.other.requestCancel(id, REASON, NOW)
      expect(await bed.registry.complete(ownership, [], DONE, NOW)).toMatchObject({
        status: 'completed',
        cancel: REASON,
      })
      expect(seqs(await bed.registry.eventsAfter(id, 0))).toEqual([1, 2])
    })

    test('a request for an unknown process and for an ended one are rejected [C29]', async () => {
      const bed = open()
      for (const ask of ['requestCancel', 'requestAbandon'] as const) {
        await expect(bed.registry[ask](aRegistration().id, REASON, NOW)).rejects.toThrow(UnknownProcess)
        const { id, ownership } = await started(bed)
        await bed.registry.complete(ownership, [], DONE, NOW)
        await changesNothing(bed, id, () =>
          expect(bed.registry[ask](id, REASON, NOW)).rejects.toThrow(ProcessEnded),
        )
      }
    })

    test('cancel and abandon are two requests, each with its entry [C29]', async () => {
      const bed = open()
      const { id } = await started(bed)
      await bed.registry.requestCancel(id, { reason: 'a' }, NOW)
      const record = await bed.registry.requestAbandon(id, { reason: 'b' }, NOW)
      expect(record).toMatchObject({ seq: 2, cancel: { reason: 'a' }, abandon: { reason: 'b' } })
    })

    test('of concurrent cancel requests the first recorded counts, each reason has an entry [C29]', async () => {
      const bed = open()
      const { id } = await started(bed)
      const reasons = Array.from({ length: 10 }, (_, n) => `${n}`)
      const records = await Promise.all(reasons.map((reason) => bed.other.requestCancel(id, { reason }, NOW)))
      expect(new Set(records.map(({ cancel }) => cancel?.reason)).size).toBe(1)
      const log = await bed.registry.eventsAfter(id, 0)
      expect(new Set(log.map((entry) => 'reason' in entry && entry.reason))).toEqual(new Set(reasons))
      expect(log).toHaveLength(reasons.length)
      expect(log[0]).toMatchObject({ reason: records[0]?.cancel?.reason })
    })

    test('a further request whose reply was lost is one entry [C18, C29]', async () => {
      const bed = open()
      const { id } = await started(bed)
      await bed.registry.requestCancel(id, REASON, NOW)
      bed.recorder.twice = true
      await bed.registry.requestCancel(id, { reason: 'another' }, NOW)
      bed.recorder.twice = false
      expect(await bed.registry.get(id)).toMatchObject({ seq: 2 })
    })

    test('a request whose reply was lost is one entry, and its owner gets a notice [C18, C29]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      bed.recorder.twice = true
      await bed.registry.requestCancel(id, REASON, NOW)
      bed.recorder.twice = false
      expect(await bed.registry.get(id)).toMatchObject({ seq: 1 })
      expect(await bed.registry.renew(ownership.lease, TTL, NOW)).toMatchObject({ notice: 1 })
    })

    test('a request catches a process that changes hands meanwhile [C29]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      bed.recorder.interrupt = async () => {
        await bed.other.park(ownership, [], { ...ASLEEP, dueAt: NOW }, NOW)
        bed.recorder.interrupt = () => bed.other.claim(id, aRequest('b'), NOW)
      }
      expect(await bed.registry.requestCancel(id, REASON, NOW)).toMatchObject({
        status: 'running',
        fence: 2,
        seq: 1,
      })
    })

    test('a reason is cut to its limit', async () => {
      const bed = open()
      const { id } = await started(bed)
      const record = await bed.registry.requestCancel(id, { reason: 'é'.repeat(5_000) }, NOW)
      expect(Buffer.byteLength(record.cancel!.reason!)).toBeLessThanOrEqual(ERROR_MESSAGE_MAX_BYTES)
    })

    test('requests before, between and after commits are numbered in the order of their effect [C24]', async () => {
      const bed = open()
      const { id, ownership } = await started(bed)
      await bed.other.requestCancel(id, REASON, NOW)
      let held = await bed.registry.commit(ownership, [step(0)], NOW)
      await bed.other.requestAbandon(id, REASON, NOW)
      held = await bed.registry.commit(held, [step(1)], NOW)
      await bed.registry.complete(held, [], DONE, NOW)
      const log = await bed.registry.eventsAfter(id, 0)
      expect(log.map(({ type }) => type)).toEqual(['cancel', 'effect', 'abandon', 'effect', 'end'])
      expect(seqs(log)).toEqual(upTo(5))
    })
  })
}
