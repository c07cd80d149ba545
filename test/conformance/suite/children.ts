import { describe, expect, test } from 'vitest'
import {
  InvariantBroken,
  LeaseLost,
  NoLongerRetained,
  PayloadTooLarge,
  SignalRefused,
} from '../../../lib/model/errors.ts'
import type { Ownership, ParkRequest } from '../../../lib/model/ownership.ts'
import { SQS_DELAY_MAX_MS, PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { registrationHash, toRegistration } from '../../../lib/model/registration.ts'
import { everything } from '../../helpers/recorder.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  bedOf,
  BROKEN,
  changesNothing,
  claimedOf,
  DONE,
  NOW,
  seqs,
  started,
  step,
  TTL,
  type Subject,
} from './bed.ts'

function onChild(id: string): ParkRequest {
  return { wait: { for: 'effects', on: [`child "${id}"`] }, wakeupScheduled: false }
}

function startEntry(child: string): Entry {
  const outcome = { ok: true, value: { value: { id: child, onEnd: 'cancel' } } } as const
  return { type: 'effect', at: NOW, position: 0, effect: 'start', name: 'charge', outcome }
}

export function childrenSuite(subject: Subject): void {
  describe('children', () => {
    const open = bedOf(subject)

    test('the start of a child is one transaction: its row, and the entry of its parent [C6]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW + 5)
      expect(bed.recorder.ops()).toEqual(['transact'])
      expect(reply.started).toBe(true)
      // The answer was worked out, not read: it is what stands.
      expect(reply.ownership.row).toEqual(await bed.other.get(id))
      expect(reply.ownership.row).toMatchObject({ children: 1, seq: 1, commit: 1, status: 'running' })
      expect(await bed.other.get(child.id)).toMatchObject({
        status: 'pending',
        parent: { id, onEnd: 'cancel' },
        dueAt: NOW + 5,
        wakeupScheduled: true,
        fence: 0,
        createdAt: NOW + 5,
      })
      const next = await bed.registry.startChild(
        reply.ownership,
        [],
        { ...child, id: aChildOf(id, { id: `${id}.2` }).id },
        NOW,
      )
      expect(next.ownership.row).toMatchObject({ children: 2, seq: 1, commit: 2 })
    })

    test('the child is the one that registering it would have made [C6]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id, { input: 'x'.repeat(5_000), urgent: true, version: '3' })
      await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      const { created, record } = await bed.other.register(child, { now: NOW, wakeupScheduled: true })
      expect(created).toBe(false)
      expect(claimedOf(await bed.other.claim(child.id, aRequest('b'), NOW)).input).toBe('x'.repeat(5_000))
      expect(record).toMatchObject({ urgent: true, version: '3', input: { ref: expect.any(String) } })
    })

    test('no child of a parent that was asked to cancel, before or just before [C6]', async () => {
      for (const interrupted of [false, true]) {
        const bed = open()
        const { ownership, id } = await started(bed)
        const cancel = () => bed.other.requestCancel(id, { reason: 'enough' }, NOW)
        if (interrupted) bed.recorder.interrupt = cancel
        else await cancel()
        const child = aChildOf(id)
        const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
        expect(reply).toMatchObject({
          started: false,
          because: 'cancelled',
          ownership: { row: { seq: 1, commit: 0, cancel: { reason: 'enough' } } },
        })
        expect(await everything(bed.store, child.id)).toEqual([])
        expect(reply.ownership.row).toEqual(await bed.other.get(id))
      }
    })

    test('no child of a parent that ended, parked or was taken over [C6]', async () => {
      const ways: readonly ((ownership: Ownership) => Promise<unknown>)[] = [
        (ownership) => open().other.complete(ownership, [], DONE, NOW),
        (ownership) => open().other.park(ownership, [], onChild('c'), NOW),
        (ownership) => open().other.claim(ownership.lease.id, aRequest('b'), NOW + TTL),
      ]
      for (const way of ways) {
        for (const interrupted of [false, true]) {
          const bed = open()
          const { ownership, id } = await started(bed)
          if (interrupted) bed.recorder.interrupt = () => way(ownership)
          else await way(ownership)
          const child = aChildOf(id)
          const start = bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
          await expect(start).rejects.toThrow(LeaseLost)
          expect(await everything(bed.store, child.id)).toEqual([])
          expect(await bed.other.get(id)).not.toHaveProperty('children')
        }
      }
    })

    test('what arrived meanwhile is kept, and counted as others’ [C6]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      bed.recorder.interrupt = () => bed.other.signal(id, { name: 'go', key: 'k', payload: 1 }, NOW)
      const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      expect(reply).toMatchObject({ started: true, ownership: { row: { seq: 2, children: 1 } } })
      expect(reply.ownership.row).toEqual(await bed.other.get(id))
      expect(reply.ownership.row.tail.map(({ type }) => type)).toEqual(['signal', 'effect'])
    })

    test('another process under the child’s id is a conflict, and nothing is written [C6]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      const root = aRegistration({ id: child.id })
      await bed.other.register(root, { now: NOW, wakeupScheduled: true })
      await changesNothing(bed, id, async () => {
        const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
        expect(reply).toMatchObject({ started: false, because: 'conflict', ownership })
        const [stored, asked] = [root, child].map((each) => registrationHash(toRegistration(each)))
        expect(reply).toHaveProperty('error.facts', {
          differ: 'parent',
          id: child.id,
          stored,
          asked,
          startedBy: 'no process',
        })
        const self = aChildOf(id, { id })
        expect(await bed.registry.startChild(ownership, [], self, NOW)).toMatchObject({ because: 'conflict' })
      })
    })

    test('where the same child stands already, only its start is recorded [C6]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      const { record } = await bed.other.register(child, { now: NOW - 5, wakeupScheduled: true })
      const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      expect(reply).toMatchObject({ started: true, ownership: { row: { seq: 1, commit: 1, children: 1 } } })
      expect(reply.ownership.row).toEqual(await bed.other.get(id))
      expect(await bed.other.get(child.id)).toEqual(record)
    })

    test('a child of another parent is a conflict that names that parent [C6]', async () => {
      const bed = open()
      const first = await started(bed)
      const shared = aChildOf(first.id, { id: `${first.id}:shared` })
      await bed.registry.startChild(first.ownership, [startEntry(shared.id)], shared, NOW)
      const { ownership, id } = await started(bed)
      const child = aChildOf(id, { id: shared.id })
      const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      expect(reply).toHaveProperty(
        'error.message',
        expect.stringContaining(`started by ${first.id}; use a new id`),
      )
    })

    test('the end of a child that stands ended is recorded with its start [C66]', async () => {
      for (const twice of [false, true]) {
        const bed = open()
        const { ownership, id } = await started(bed)
        const child = aChildOf(id)
        const { ownership: ofChild } = claimedOf(await bed.other.start(child, aRequest('c'), NOW - 9))
        await bed.other.dependentsNotified(await bed.other.complete(ofChild, [], BROKEN, NOW - 8))
        bed.recorder.twice = twice
        const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
        expect(reply).toMatchObject({ started: true, ownership: { row: { seq: 2, commit: 1, children: 1 } } })
        expect(reply.ownership.row).toEqual(await bed.other.get(id))
        expect(reply.ownership.row.tail).toEqual([
          startEntry(child.id),
          { type: 'child', at: NOW, id: child.id, status: 'failed' },
        ])
      }
    })

    test('a child that ends while its start is recorded is known to its parent [C66]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      const { ownership: ofChild } = claimedOf(await bed.other.start(child, aRequest('c'), NOW))
      // The first try is refused by the open child; it ends, and tells its parent, before the second.
      bed.recorder.interrupt = async () => {
        bed.recorder.interrupt = async () => {
          const record = await bed.other.complete(ofChild, [], DONE, NOW)
          await bed.other.childEnded(id, record, NOW)
          await bed.other.dependentsNotified(record)
        }
      }
      const reply = await bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      expect(reply.started).toBe(true)
      expect(reply.ownership.row.tail.filter(({ type }) => type === 'child')).toHaveLength(1)
    })

    test('a child whose retention has passed is refused by name, and nothing is written [C55, C66]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id, { limits: { retentionMs: 1_000 } })
      const { ownership: ofChild } = claimedOf(await bed.other.start(child, aRequest('c'), NOW - 9_000))
      await bed.other.dependentsNotified(await bed.other.complete(ofChild, [], DONE, NOW - 8_000))
      await changesNothing(bed, id, async () => {
        const start = bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
        await expect(start).rejects.toThrow(NoLongerRetained)
      })
    })

    test('a write of its owner that went before is no start of a child [C18]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const child = aChildOf(id)
      await bed.registry.commit(ownership, [startEntry(child.id)], NOW)
      const start = bed.registry.startChild(ownership, [startEntry(child.id)], child, NOW)
      await expect(start).rejects.toThrow(LeaseLost)
      expect(await everything(bed.store, child.id)).toEqual([])
    })

    test('a start whose entries fill the tail rolls it into a page [C24]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const entries = [step(1, 'x'.repeat(500)), step(2, 'y'.repeat(500)), startEntry('c')]
      const reply = await bed.registry.startChild(ownership, entries, aChildOf(id), NOW)
      expect(bed.recorder.ops()).toEqual(['write', 'transact'])
      expect(reply.ownership.row).toEqual(await bed.other.get(id))
      expect(reply.ownership.row).toMatchObject({ seq: 3, tail: [], page: { first: 1, last: 3, fence: 1 } })
      expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual([1, 2, 3])
    })

    test('a child may start later, or be completed from outside', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const soon = aChildOf(id, { id: `${id}.soon`, startAt: NOW + 5_000 })
      const late = aChildOf(id, { id: `${id}.late`, startAt: NOW + SQS_DELAY_MAX_MS + 1 })
      const external = aChildOf(id, { id: `${id}.ext`, recovery: 'external' })
      let held = ownership
      for (const child of [soon, late, external]) {
        held = (await bed.registry.startChild(held, [], child, NOW)).ownership
      }
      expect(await bed.other.get(soon.id)).toMatchObject({ dueAt: NOW + 5_000, wakeupScheduled: true })
      // No wake-up reaches so far: the sweep sends it, so the row must not say that one was sent.
      expect(await bed.other.get(late.id)).toMatchObject({ dueAt: late.startAt, wakeupScheduled: false })
      expect(await bed.other.get(external.id)).toMatchObject({ status: 'waiting', wait: { for: 'external' } })
      expect(held.row.children).toBe(3)
    })

    test('an oversize input or another parent’s child is refused before any write [C4]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await changesNothing(bed, id, async () => {
        const big = aChildOf(id, { input: 'x'.repeat(PAYLOAD_MAX_BYTES) })
        await expect(bed.registry.startChild(ownership, [], big, NOW)).rejects.toThrow(PayloadTooLarge)
        await expect(bed.registry.startChild(ownership, [], aRegistration(), NOW)).rejects.toThrow(
          InvariantBroken,
        )
      })
      expect(bed.recorder.applied()).toBe(0)
    })

    describe('the end of a child', () => {
      test('wakes a waiting parent with one update, and leaves a running one a notice', async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        const child = { id: aChildOf(id).id, status: 'completed' } as const
        expect(await bed.registry.childEnded(id, child, NOW + 1)).toMatchObject({
          record: { status: 'running', seq: 1 },
          wakes: false,
        })
        expect(await bed.other.renew(ownership.lease, TTL, NOW + 2)).toMatchObject({ notice: 1 })
        const seen = await bed.registry.refresh(ownership)
        await bed.registry.park(seen, [], onChild(child.id), NOW)
        bed.recorder.ops()
        const told = await bed.registry.childEnded(id, { ...child, status: 'failed' }, NOW + 9)
        expect(bed.recorder.ops()).toEqual(['write'])
        expect(told).toMatchObject({
          record: { status: 'waiting', dueAt: NOW + 9, wakeupScheduled: true, seq: 2 },
          wakes: true,
        })
        const { log } = claimedOf(await bed.other.claim(id, aRequest('b'), NOW + 9))
        expect(log).toEqual([
          { type: 'child', at: NOW + 1, ...child, seq: 1 },
          { type: 'child', at: NOW + 9, id: child.id, status: 'failed', seq: 2 },
        ])
      })

      test('told twice leaves two entries, in order', async () => {
        const bed = open()
        const { id } = await started(bed)
        bed.recorder.twice = true
        await bed.registry.childEnded(id, { id, status: 'completed' }, NOW)
        expect(seqs(await bed.other.eventsAfter(id, 0))).toEqual([1, 2])
      })

      test('is not delivered when the parent has ended, is unknown, or is external', async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        await bed.registry.complete(ownership, [], BROKEN, NOW)
        const external = aRegistration({ recovery: 'external' })
        await bed.registry.register(external, { now: NOW, wakeupScheduled: false })
        for (const parent of [id, aRegistration().id, external.id]) {
          await changesNothing(bed, parent, async () => {
            expect(await bed.registry.childEnded(parent, { id, status: 'failed' }, NOW)).toBeUndefined()
          })
        }
        await expect(
          bed.registry.signal(external.id, { name: 'a', key: 'b', payload: 1 }, NOW),
        ).rejects.toThrow(SignalRefused)
      })
    })
  })
}
