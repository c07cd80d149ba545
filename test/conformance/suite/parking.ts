import { describe, expect, test } from 'vitest'
import { dueShard } from '../../../lib/model/due.ts'
import type { Ownership, ParkRequest } from '../../../lib/model/ownership.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import {
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  freshId,
  NOW,
  parkedOf,
  seqs,
  started,
  step,
  TTL,
  upTo,
  type Subject,
} from './bed.ts'

const FOR_A_SIGNAL: ParkRequest = {
  wait: { for: 'effects', on: ['signal "approve"'] },
  wakeupScheduled: false,
}
const FOR_A_WORKER: ParkRequest = { wait: { for: 'worker' }, dueAt: NOW + 60_000, wakeupScheduled: true }
const APPROVE = { name: 'approve', key: 'k1', payload: true }

/** What others may do to a process while its owner decides to wait. */
const ARRIVALS: Readonly<
  Record<string, (registry: ProcessRegistry, { lease }: Ownership) => Promise<unknown>>
> = {
  'a signal': (registry, { lease }) => registry.signal(lease.id, APPROVE, NOW),
  'the end of a child': (registry, { lease }) =>
    registry.childEnded(lease.id, { id: lease.id, status: 'completed' }, NOW),
  'a cancel request': (registry, { lease }) => registry.requestCancel(lease.id, { reason: 'enough' }, NOW),
  'the answer to a callback': async (registry, ownership) => {
    const { id } = ownership.lease
    const hash = 'K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols'
    await registry.openCallback(ownership, { position: 0, tokenHash: hash }, NOW)
    await registry.reply(id, { position: 0, token: 'secret', outcome: { ok: true, value: 1 } }, NOW)
  },
}

export function parkingSuite(subject: Subject): void {
  describe('parking', () => {
    const open = bedOf(subject)

    for (const [what, arrives] of Object.entries(ARRIVALS)) {
      test(`a wait for effects is refused when ${what} came that its owner has not seen [C38]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        await arrives(bed.other, ownership)
        const reply = await changesNothing(bed, id, () =>
          bed.registry.park(ownership, [step(0)], FOR_A_SIGNAL, NOW),
        )
        if (reply.parked) throw new Error('it parked')
        expect(reply.ownership.row).toEqual(await bed.other.get(id))
        expect(reply.ownership.row).toMatchObject({ status: 'running', seq: 1, commit: 0 })
        // Seen, it is no reason any more.
        const record = parkedOf(await bed.registry.park(reply.ownership, [step(0)], FOR_A_SIGNAL, NOW))
        expect(record).toMatchObject({ status: 'waiting', wait: FOR_A_SIGNAL.wait, seq: 2 })
      })

      test(`the same when ${what} comes just before the write [C38]`, async () => {
        const bed = open()
        const { ownership } = await started(bed)
        bed.recorder.interrupt = () => arrives(bed.other, ownership)
        const reply = await bed.registry.park(ownership, [], FOR_A_SIGNAL, NOW)
        expect(reply).toMatchObject({ parked: false, ownership: { row: { seq: 1 } } })
      })

      test(`the same holds when ${what} comes after the page put, and no page is replaced [C38]`, async () => {
        const bed = open()
        const { ownership, id } = await started(bed)
        const held = await bed.registry.commit(ownership, [step(0)], NOW)
        const big = [step(1, 'x'.repeat(900)), step(2)]
        bed.recorder.interrupt = async () => {
          bed.recorder.interrupt = () => arrives(bed.other, held)
        }
        const reply = await bed.registry.park(held, big, FOR_A_SIGNAL, NOW)
        if (reply.parked) throw new Error('it parked')
        // One entry less than before, and one that arrived: a page of these would have the name of the one left behind.
        const next = await bed.registry.commit(reply.ownership, big.slice(0, 1), NOW)
        const last = await bed.registry.commit(next, [step(3, 'z'.repeat(500))], NOW)
        // The network brings the first page once more, as it was sent.
        const puts = bed.recorder.calls.flatMap(({ writes }) => writes.filter((write) => write.do === 'put'))
        await bed.store.write(puts[0]!)
        const log = await bed.registry.eventsAfter(id, 0)
        expect(seqs(log)).toEqual(upTo(4))
        expect(log.map((entry) => (entry.type === 'effect' ? entry.position : entry.type))).toEqual([
          0,
          expect.stringMatching(/signal|child|cancel|reply/),
          1,
          3,
        ])
        expect(last.row).toMatchObject({ seq: 4, commit: 3 })
      })
    }

    test('a wait for effects without a time is in no index, and one with a time is due then', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const asleep = parkedOf(await bed.registry.park(ownership, [], FOR_A_SIGNAL, NOW))
      expect(asleep).not.toHaveProperty('dueAt')
      expect(await bed.registry.claim(id, aRequest('b'), NOW + 1e9)).toEqual({ outcome: 'not-due' })
      await bed.other.signal(id, APPROVE, NOW + 5)
      const next = claimedOf(await bed.registry.claim(id, aRequest('b'), NOW + 5))
      const timed = { ...FOR_A_SIGNAL, dueAt: NOW + 9_000, wakeupScheduled: true }
      expect(parkedOf(await bed.registry.park(next.ownership, [], timed, NOW))).toMatchObject({
        dueAt: NOW + 9_000,
        wakeupScheduled: true,
      })
    })

    test('a process to be abandoned ends when it parks, though its owner has read the request [C48]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.requestAbandon(id, { reason: 'lost' }, NOW)
      const held = await bed.registry.commit(ownership, [step(0)], NOW)
      expect(held.row.abandon).toMatchObject({ reason: 'lost' })
      const asleep = { ...FOR_A_SIGNAL, dueAt: NOW + 1e9 }
      expect(parkedOf(await bed.registry.park(held, [], asleep, NOW))).toMatchObject({ dueAt: NOW })
      const reply = await bed.registry.claim(id, aRequest('b'), NOW)
      expect(reply).toMatchObject({ outcome: 'ended', record: { status: 'abandoned' } })
    })

    test('a stuck process with a cancel request ends cancelled, though its owner has read it [C30]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.requestCancel(id, { reason: 'enough' }, NOW)
      const held = await bed.registry.commit(ownership, [step(0)], NOW)
      const error = { class: 'NonDeterminism', code: 'non_determinism', message: 'm' }
      const stuck: ParkRequest = { wait: { for: 'resume', error }, wakeupScheduled: false }
      expect(parkedOf(await bed.registry.park(held, [], stuck, NOW))).toMatchObject({ status: 'stuck' })
      const due = await bed.other.listDue({ shard: dueShard(id), until: NOW })
      expect(due.items.filter((row) => row.id === id)).toMatchObject([{ status: 'stuck', dueAt: NOW }])
      const reply = await bed.registry.claim(id, aRequest('b'), NOW)
      expect(reply).toMatchObject({ outcome: 'ended', record: { status: 'cancelled' } })
    })

    test('a cancel request that the owner has read does not end a wait of its clean-up [C30]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.requestCancel(id, { reason: 'enough' }, NOW)
      const held = await bed.registry.commit(ownership, [step(0)], NOW)
      expect(parkedOf(await bed.registry.park(held, [], FOR_A_SIGNAL, NOW))).not.toHaveProperty('dueAt')
    })

    test('a park whose reply was lost is recognised, though a signal has come since [C18]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.registry.park(ownership, [step(0)], FOR_A_SIGNAL, NOW)
      await bed.other.signal(id, APPROVE, NOW)
      await changesNothing(bed, id, async () => {
        const record = parkedOf(await bed.registry.park(ownership, [step(0)], FOR_A_SIGNAL, NOW))
        expect(record).toMatchObject({ status: 'waiting', dueAt: NOW, seq: 2 })
      })
    })

    test('a hand-over goes through with a signal that its owner has not seen: it is due anyway [C38]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      await bed.other.signal(id, APPROVE, NOW)
      const record = parkedOf(await bed.registry.park(ownership, [step(0)], FOR_A_WORKER, NOW))
      expect(record).toMatchObject({ status: 'waiting', dueAt: NOW + 60_000, seq: 2 })
    })

    test('a wait for a slot is refused once the process has come to the front, and only then', async () => {
      const bed = open()
      const slot = { key: freshId('slot'), limit: 1 }
      const first = await started(bed)
      const { ownership, id } = await started(bed)
      await bed.registry.takeSlot(first.ownership, slot)
      await bed.registry.takeSlot(ownership, slot)
      const request: ParkRequest = { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false }
      bed.recorder.interrupt = () => bed.other.leaveSlot(first.id, slot, NOW)
      const reply = await changesNothing(bed, id, () => bed.registry.park(ownership, [step(0)], request, NOW))
      expect(reply).toMatchObject({ parked: false, ownership: { row: { status: 'running', commit: 0 } } })
      expect(await bed.registry.takeSlot(ownership, slot)).toBe('held')

      const third = await started(bed)
      await bed.registry.takeSlot(third.ownership, slot)
      bed.recorder.twice = true
      const parked = parkedOf(await bed.registry.park(third.ownership, [step(0)], request, NOW))
      expect(parked).toEqual(await bed.other.get(third.id))
      expect(parked).toMatchObject({ status: 'waiting', wait: request.wait, seq: 1 })
      expect(parked).not.toHaveProperty('startedAt')
      expect(await bed.registry.claim(third.id, aRequest('b'), NOW + 10 * TTL)).toMatchObject({
        outcome: 'not-due',
      })
    })

    test('a wait for a slot counts what arrived meanwhile as entries of others', async () => {
      const bed = open()
      const slot = { key: freshId('slot'), limit: 1 }
      const first = await started(bed)
      const { ownership, id } = await started(bed)
      await bed.registry.takeSlot(first.ownership, slot)
      await bed.registry.takeSlot(ownership, slot)
      bed.recorder.interrupt = () => bed.other.signal(id, APPROVE, NOW)
      const request: ParkRequest = { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false }
      const parked = parkedOf(await bed.registry.park(ownership, [], request, NOW))
      expect(parked).toEqual(await bed.other.get(id))
      expect(parked).toMatchObject({ status: 'waiting', seq: 1, tail: [{ type: 'signal' }] })
    })
  })
}
