import { describe, expect, test } from 'vitest'
import { TooManyWait } from '../../../lib/model/errors.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_QUEUE_MAX } from '../../../lib/model/limits.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  freshId,
  NOW,
  started,
  type Bed,
  type Subject,
} from './bed.ts'

export function slotsSuite(subject: Subject): void {
  describe('places of a concurrency key', () => {
    const open = bedOf(subject)
    const aKey = (limit: number) => ({ key: freshId('key'), limit })
    const ids = (count: number): ProcessId[] => Array.from({ length: count }, () => aRegistration().id)

    async function slotsOf(bed: Bed, key: string) {
      const item = await bed.store.get({ pk: `C#${key}`, sk: 'SLOTS' })
      return { holders: item?.['h'], queue: item?.['q'] }
    }

    test('go to the first ones, and the others wait in the order in which they came', async () => {
      const bed = open()
      const slot = aKey(2)
      const all = ids(5)
      const answers = []
      for (const id of all) answers.push(await bed.registry.takeSlot(id, slot))
      expect(answers).toEqual(['held', 'held', 'queued', 'queued', 'queued'])
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: all.slice(0, 2), queue: all.slice(2) })
      const order: ProcessId[] = []
      for (const id of [all[1]!, all[0]!, all[2]!]) order.push(...(await bed.registry.leaveSlot(id, slot)))
      expect(order).toEqual(all.slice(2))
    })

    test('asked for again are the same, with no second place in the queue', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = ids(2) as [ProcessId, ProcessId]
      bed.recorder.twice = true
      for (let times = 0; times < 3; times += 1) {
        expect(await bed.registry.takeSlot(a, slot)).toBe('held')
        expect(await bed.registry.takeSlot(b, slot)).toBe('queued')
      }
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [a], queue: [b] })
    })

    test('cost one update to hold, two to wait, a read and a put to leave', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = ids(3) as [ProcessId, ProcessId, ProcessId]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.ops()
      await bed.registry.takeSlot(b, slot)
      expect(bed.recorder.ops()).toEqual(['write'])
      await bed.registry.takeSlot(c, slot)
      expect(bed.recorder.ops()).toEqual(['write', 'write'])
      await bed.registry.leaveSlot(a, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'write'])
    })

    test('nobody overtakes the queue, though a place is free', async () => {
      const bed = open()
      const [a, b, c] = ids(3) as [ProcessId, ProcessId, ProcessId]
      const slot = aKey(1)
      await bed.registry.takeSlot(a, slot)
      await bed.registry.takeSlot(b, slot)
      // A deploy raises the limit: c comes with it, b was there before.
      const raised = { ...slot, limit: 3 }
      expect(await bed.registry.takeSlot(c, raised)).toBe('queued')
      expect(await bed.registry.takeSlot(c, raised)).toBe('held')
      expect(await bed.registry.takeSlot(b, raised)).toBe('held')
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [a, c, b], queue: [] })
    })

    test('a raised limit lets several through at the next leaving, a lowered one nobody until it is met', async () => {
      const bed = open()
      const slot = aKey(1)
      const all = ids(5)
      for (const id of all.slice(0, 4)) await bed.registry.takeSlot(id, slot)
      await bed.registry.takeSlot(all[4]!, { ...slot, limit: 3 })
      expect(await bed.registry.leaveSlot(all[0]!, slot)).toEqual(all.slice(1, 4))
      const [late] = ids(1) as [ProcessId]
      await bed.registry.takeSlot(late, { ...slot, limit: 1 })
      expect(await bed.registry.leaveSlot(all[1]!, slot)).toEqual([])
      expect(await bed.registry.leaveSlot(all[2]!, slot)).toEqual([])
      expect(await bed.registry.leaveSlot(all[3]!, slot)).toEqual([all[4]])
    })

    test('one that waits may leave, and nobody moves', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b, c] = ids(3) as [ProcessId, ProcessId, ProcessId]
      for (const id of [a, b, c]) await bed.registry.takeSlot(id, slot)
      expect(await bed.registry.leaveSlot(b, slot)).toEqual([])
      expect(await bed.registry.leaveSlot(a, slot)).toEqual([c])
    })

    test('left again, as after a crash, all holders are answered and nothing changes', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = ids(3) as [ProcessId, ProcessId, ProcessId]
      for (const id of [a, b, c]) await bed.registry.takeSlot(id, slot)
      expect(await bed.registry.leaveSlot(a, slot)).toEqual([c])
      const before = await slotsOf(bed, slot.key)
      expect(await bed.other.leaveSlot(a, slot)).toEqual([b, c])
      expect(await slotsOf(bed, slot.key)).toEqual(before)
      expect(await bed.registry.leaveSlot(a, aKey(1))).toEqual([])
    })

    test('taken by many at once never exceed the limit, and lose nobody', async () => {
      const bed = open()
      const slot = aKey(3)
      const all = ids(40)
      const answers = await Promise.all(all.map((id) => bed.other.takeSlot(id, slot)))
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(3)
      const { holders, queue } = await slotsOf(bed, slot.key)
      expect([...(holders as string[]), ...(queue as string[])].toSorted()).toEqual(all.toSorted())
    })

    test('left and taken by many at once come to everyone exactly once, in the order of the queue', async () => {
      const bed = open()
      const slot = aKey(2)
      const all = ids(16)
      const through: ProcessId[] = []
      const leave = async (id: ProcessId): Promise<void> => {
        for (const next of await bed.other.leaveSlot(id, slot)) {
          through.push(next)
          await leave(next)
        }
      }
      await Promise.all(
        all.map(async (id) => {
          if ((await bed.other.takeSlot(id, slot)) !== 'held') return
          through.push(id)
          await leave(id)
        }),
      )
      expect(through.toSorted()).toEqual(all.toSorted())
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [], queue: [] })
    })

    test('come free between the look and the joining: then one is held, not waited for', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = ids(2) as [ProcessId, ProcessId]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.interrupt = async () => {
        bed.recorder.interrupt = () => bed.other.leaveSlot(a, slot)
      }
      expect(await bed.registry.takeSlot(b, slot)).toBe('held')
    })

    test('a queue as long as it may get takes nobody more', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = ids(2) as [ProcessId, ProcessId]
      for (const queue of [
        Array.from({ length: SLOT_QUEUE_MAX }, (_, n) => `p${n}`),
        Array.from({ length: Math.ceil(SLOT_ITEM_MAX_BYTES / 200) }, (_, n) => `p${n}`.padEnd(200, 'x')),
      ]) {
        const item = { pk: `C#${slot.key}`, sk: 'SLOTS', l: 1, h: [a], q: queue, n: 1 }
        await bed.store.write({ do: 'put', item })
        const refused = bed.registry.takeSlot(b, slot)
        await expect(refused).rejects.toThrow(TooManyWait)
        expect(await bed.registry.takeSlot(a, slot)).toBe('held')
      }
    })

    test('waking touches a process that waits for a place, and no other', async () => {
      const bed = open()
      const { holding, id } = await started(bed)
      const slot = aKey(1)
      await changesNothing(bed, id, async () => {
        expect(await bed.registry.wakeForSlot(id, NOW)).toBe(false)
      })
      await bed.registry.takeSlot(ids(1)[0]!, slot)
      await bed.registry.takeSlot(id, slot)
      const wait = { for: 'slot', key: slot.key } as const
      await bed.registry.park(holding, [], { wait, belled: false }, NOW)
      expect(await bed.registry.wakeForSlot(id, NOW + 3)).toBe(true)
      expect(await bed.registry.get(id)).toMatchObject({ dueAt: NOW + 3, belled: true })
      const claimed = await bed.registry.claim(id, aRequest('b'), NOW + 3)
      if (claimed.outcome !== 'claimed') throw new Error('expected a claim')
      const signal = { wait: { for: 'effects', on: ['signal "go"'] }, belled: false } as const
      await bed.registry.park(claimed.holding, [], signal, NOW)
      await changesNothing(bed, id, async () => {
        expect(await bed.registry.wakeForSlot(id, NOW)).toBe(false)
      })
      expect(await bed.registry.wakeForSlot(aRegistration().id, NOW)).toBe(false)
    })
  })
}
