import { describe, expect, test } from 'vitest'
import { dueShard, decideWakeup } from '../../../lib/model/due.ts'
import { WAKEUP_GRACE_MS, SQS_DELAY_MAX_MS } from '../../../lib/model/limits.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  bedOf,
  BROKEN,
  changesNothing,
  claimedOf,
  DONE,
  freshId,
  NOW,
  seqs,
  started,
  type Bed,
  type Subject,
} from './bed.ts'

export function timesSuite(subject: Subject): void {
  describe('pending notifications, starts and timeouts', () => {
    const open = bedOf(subject)

    async function dueRow(bed: Bed, id: ProcessId, until = NOW + 1e10) {
      const shard = dueShard(id)
      const rows = []
      let cursor: string | undefined
      do {
        const page = await bed.other.listDue({ shard, until, ...(cursor === undefined ? {} : { cursor }) })
        rows.push(...page.items.filter((row) => row.id === id))
        cursor = page.cursor
      } while (cursor !== undefined)
      return rows
    }

    test('an ended process stays due until its dependents are notified [C52]', async () => {
      const bed = open()
      const parent = await started(bed)
      const child = aChildOf(parent.id)
      const { ownership } = await bed.registry.startChild(parent.ownership, [], child, NOW)
      const run = claimedOf(await bed.registry.claim(child.id, aRequest('b'), NOW))
      const ended = await bed.registry.complete(run.ownership, [], DONE, NOW + 5)
      expect(ended).toMatchObject({ status: 'completed', pendingNotifications: true })
      const [row] = await dueRow(bed, child.id)
      expect(row).toMatchObject({ status: 'completed', dueAt: NOW + 5, wakeupScheduled: true, fence: 1 })
      // The sweep wakes it once the wake-up that should have been sent is overdue, and the claim returns that it ended.
      const facts = { now: NOW + 5 + WAKEUP_GRACE_MS, lookAheadMs: 60_000 }
      expect(decideWakeup(row!, undefined, facts)).toEqual({ wake: true, delayMs: 0 })
      const claim = await bed.registry.claim(child.id, aRequest('c'), NOW + 90_000)
      expect(claim).toEqual({ outcome: 'ended', record: ended })

      await bed.registry.dependentsNotified(ended)
      expect(await dueRow(bed, child.id)).toEqual([])
      const settled = await bed.other.get(child.id)
      expect(settled).not.toHaveProperty('pendingNotifications')
      await changesNothing(bed, child.id, () => bed.other.dependentsNotified(ended))

      const end = await bed.registry.complete(ownership, [], BROKEN, NOW + 9)
      expect(end).toMatchObject({ status: 'failed', pendingNotifications: true, children: 1 })
    })

    test('a process without dependents leaves the due index at once', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const ended = await bed.registry.complete(ownership, [], DONE, NOW)
      expect(ended).not.toHaveProperty('pendingNotifications')
      expect(await dueRow(bed, id)).toEqual([])
      await changesNothing(bed, id, () => bed.registry.dependentsNotified(ended))
    })

    test('an end that a claim writes has pending notifications too [C33]', async () => {
      const bed = open()
      const concurrency = { key: freshId('key'), limit: 1 }
      const { id } = await started(bed, aRegistration({ concurrency }))
      await bed.registry.requestAbandon(id, { reason: 'lost' }, NOW)
      const reply = await bed.registry.claim(id, aRequest('b'), NOW + 1e6)
      expect(reply).toMatchObject({
        outcome: 'ended',
        record: { status: 'abandoned', pendingNotifications: true },
      })
      expect(await dueRow(bed, id)).toHaveLength(1)
    })

    test('settling a row that is gone makes none', async () => {
      const bed = open()
      const { ownership } = await started(bed)
      const ended = await bed.registry.complete(ownership, [], DONE, NOW)
      const gone = { ...ended, id: aRegistration().id }
      await bed.registry.dependentsNotified(gone)
      expect(await bed.other.get(gone.id)).toBeUndefined()
    })

    test('an urgent process says so in the due index', async () => {
      const bed = open()
      const urgent = aRegistration({ urgent: true })
      const usual = aRegistration()
      for (const each of [urgent, usual])
        await bed.registry.register(each, { now: NOW, wakeupScheduled: false })
      expect(await dueRow(bed, urgent.id)).toMatchObject([{ urgent: true }])
      const [row] = await dueRow(bed, usual.id)
      expect(row).toBeDefined()
      expect(row).not.toHaveProperty('urgent')
    })

    describe('a registration that is to start later', () => {
      test('is not due before, by register and by start alike', async () => {
        const bed = open()
        const startAt = NOW + 90_000
        for (const how of ['register', 'start'] as const) {
          const registration = aRegistration({ startAt })
          bed.recorder.ops()
          if (how === 'register')
            await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
          else {
            expect(await bed.registry.start(registration, aRequest('a'), NOW)).toEqual({
              outcome: 'not-due',
              dueAt: startAt,
            })
            expect(bed.recorder.ops()).toEqual(['write'])
          }
          expect(await bed.other.get(registration.id)).toMatchObject({
            status: 'pending',
            dueAt: startAt,
            wakeupScheduled: how === 'register',
            fence: 0,
          })
          // A repeated message changes nothing (C5).
          await changesNothing(bed, registration.id, async () => {
            const again = await bed.other.start(registration, aRequest('b'), NOW + 1)
            expect(again).toEqual({ outcome: 'not-due', dueAt: startAt })
          })
          const claim = await bed.registry.start(registration, aRequest('c'), startAt)
          expect(claimedOf(claim).ownership.row).toMatchObject({ fence: 1, startedAt: startAt })
        }
      })

      test('starts at once where its time has come already', async () => {
        const bed = open()
        const registration = aRegistration({ startAt: NOW - 5 })
        expect(await bed.registry.start(registration, aRequest('a'), NOW)).toMatchObject({
          outcome: 'claimed',
        })
        const late = aRegistration({ startAt: NOW - 5 })
        const { record } = await bed.registry.register(late, { now: NOW, wakeupScheduled: true })
        expect(record).toMatchObject({ dueAt: NOW, wakeupScheduled: true })
      })

      test('is left to the sweep when no wake-up reaches that far', async () => {
        const bed = open()
        for (const [delayMs, wakeupScheduled] of [
          [SQS_DELAY_MAX_MS, true],
          [SQS_DELAY_MAX_MS + 1, false],
        ] as const) {
          const registration = aRegistration({ startAt: NOW + delayMs })
          const { record } = await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
          expect(record).toMatchObject({ wakeupScheduled })
        }
      })
    })

    describe('an external process', () => {
      const external = (more = {}) =>
        aRegistration({ recovery: 'external', limits: { timeoutMs: 60_000 }, ...more })

      test('is due when its timeout has passed, and the next claim ends it failed [C22, C49]', async () => {
        const bed = open()
        const registration = external()
        const { record } = await bed.registry.register(registration, { now: NOW, wakeupScheduled: true })
        expect(record).toMatchObject({ status: 'waiting', dueAt: NOW + 60_000, wakeupScheduled: false })
        await changesNothing(bed, registration.id, async () => {
          const early = await bed.registry.claim(registration.id, aRequest('b'), NOW + 59_999)
          expect(early).toEqual({ outcome: 'refused', because: 'external' })
        })
        const reply = await bed.registry.claim(registration.id, aRequest('b'), NOW + 60_000)
        expect(reply).toMatchObject({
          outcome: 'ended',
          record: {
            status: 'failed',
            output: {
              outcome: 'failure',
              error: {
                class: 'ProcessTimedOut',
                code: 'timed_out',
                message: expect.stringMatching(/60000 ms/),
              },
              evidence: { because: 'timed-out', writtenBy: 'host-b/run-b', lastOwner: '', claims: 0 },
            },
          },
        })
        expect(await dueRow(bed, registration.id)).toEqual([])
        expect(seqs(await bed.other.eventsAfter(registration.id, 0))).toEqual([1])
        const late = bed.registry.completeExternal(registration.id, 'x', DONE, NOW + 60_001)
        await expect(late).rejects.toMatchObject({ code: 'completion_refused' })
      })

      test('counts its time from its start when that is later', async () => {
        const bed = open()
        const registration = external({ startAt: NOW + 5_000 })
        const { record } = await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
        expect(record).toMatchObject({ dueAt: NOW + 65_000 })
        const reply = await bed.registry.claim(registration.id, aRequest('b'), NOW + 64_999)
        expect(reply).toMatchObject({ outcome: 'refused' })
      })

      test('either is completed or times out, whichever is written first [C20]', async () => {
        const bed = open()
        const options = { now: NOW, wakeupScheduled: false, completionToken: 'secret' }
        const registration = external()
        await bed.registry.register(registration, options)
        bed.recorder.interrupt = async () => {
          bed.recorder.interrupt = () =>
            bed.other.completeExternal(registration.id, 'secret', DONE, NOW + 60_000)
        }
        const reply = await bed.registry.claim(registration.id, aRequest('b'), NOW + 60_000)
        expect(reply).toMatchObject({ outcome: 'ended', record: { status: 'completed' } })
        expect(seqs(await bed.other.eventsAfter(registration.id, 0))).toEqual([1])
      })

      test('that was asked to cancel ends cancelled, late or not [C29]', async () => {
        const bed = open()
        const registration = external()
        await bed.registry.register(registration, { now: NOW, wakeupScheduled: false })
        await bed.registry.requestCancel(registration.id, { reason: 'enough' }, NOW + 1)
        const reply = await bed.registry.claim(registration.id, aRequest('b'), NOW + 90_000)
        expect(reply).toMatchObject({ outcome: 'ended', record: { status: 'cancelled' } })
      })
    })
  })
}
