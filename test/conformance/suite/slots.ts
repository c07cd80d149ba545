import { describe, expect, test } from 'vitest'
import { LeaseLost, TooManyWait } from '../../../lib/model/errors.ts'
import type { Holding } from '../../../lib/model/holding.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_QUEUE_MAX } from '../../../lib/model/limits.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  DONE,
  freshId,
  NOW,
  started,
  TTL,
  type Bed,
  type Subject,
} from './bed.ts'

export function slotsSuite(subject: Subject): void {
  describe('places of a concurrency key', () => {
    const open = bedOf(subject)
    const aKey = (limit: number) => ({ key: freshId('key'), limit })
    /** Processes that run, each in the hands of an owner. */
    async function running(bed: Bed, count: number): Promise<Holding[]> {
      const claims = Array.from({ length: count }, () => bed.other.start(aRegistration(), aRequest('a'), NOW))
      return (await Promise.all(claims)).map((reply) => claimedOf(reply).holding)
    }
    const idOf = ({ lease }: Holding): ProcessId => lease.id

    async function slotsOf(bed: Bed, key: string) {
      const item = await bed.store.get({ pk: `C#${key}`, sk: 'SLOTS' })
      return { holders: item?.['h'], queue: item?.['q'] }
    }

    test('go to the first ones, and the others wait in the order in which they came', async () => {
      const bed = open()
      const slot = aKey(2)
      const all = await running(bed, 5)
      const answers = []
      for (const each of all) answers.push(await bed.registry.takeSlot(each, slot))
      expect(answers).toEqual(['held', 'held', 'queued', 'queued', 'queued'])
      expect(await slotsOf(bed, slot.key)).toEqual({
        holders: all.slice(0, 2).map(idOf),
        queue: all.slice(2).map(idOf),
      })
      const order: ProcessId[] = []
      for (const each of [all[1]!, all[0]!, all[2]!])
        order.push(...(await bed.registry.leaveSlot(idOf(each), slot)))
      expect(order).toEqual(all.slice(2).map(idOf))
    })

    test('asked for again are the same, with no second place in the queue', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Holding, Holding]
      bed.recorder.twice = true
      for (let times = 0; times < 3; times += 1) {
        expect(await bed.registry.takeSlot(a, slot)).toBe('held')
        expect(await bed.registry.takeSlot(b, slot)).toBe('queued')
      }
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [idOf(a)], queue: [idOf(b)] })
    })

    test('cost a read and a transaction to take, a read where one is taken, a read and a put to leave', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = (await running(bed, 3)) as [Holding, Holding, Holding]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.ops()
      await bed.registry.takeSlot(b, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'transact'])
      await bed.registry.takeSlot(c, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'transact'])
      for (const each of [b, c]) await bed.registry.takeSlot(each, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'get'])
      await bed.registry.leaveSlot(idOf(a), slot)
      expect(bed.recorder.ops()).toEqual(['get', 'write'])
    })

    test('nobody overtakes the queue, though a place is free', async () => {
      const bed = open()
      const [a, b, c] = (await running(bed, 3)) as [Holding, Holding, Holding]
      const slot = aKey(1)
      await bed.registry.takeSlot(a, slot)
      await bed.registry.takeSlot(b, slot)
      // A deploy raises the limit: c comes with it, b was there before.
      const raised = { ...slot, limit: 3 }
      expect(await bed.registry.takeSlot(c, raised)).toBe('queued')
      expect(await bed.registry.takeSlot(c, raised)).toBe('held')
      expect(await bed.registry.takeSlot(b, raised)).toBe('held')
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [a, c, b].map(idOf), queue: [] })
    })

    test('a raised limit lets several through at the next leaving, a lowered one nobody until it is met', async () => {
      const bed = open()
      const slot = aKey(1)
      const all = await running(bed, 5)
      for (const each of all.slice(0, 4)) await bed.registry.takeSlot(each, slot)
      await bed.registry.takeSlot(all[4]!, { ...slot, limit: 3 })
      expect(await bed.registry.leaveSlot(idOf(all[0]!), slot)).toEqual(all.slice(1, 4).map(idOf))
      const [late] = (await running(bed, 1)) as [Holding]
      await bed.registry.takeSlot(late, { ...slot, limit: 1 })
      expect(await bed.registry.leaveSlot(idOf(all[1]!), slot)).toEqual([])
      expect(await bed.registry.leaveSlot(idOf(all[2]!), slot)).toEqual([])
      expect(await bed.registry.leaveSlot(idOf(all[3]!), slot)).toEqual([idOf(all[4]!)])
    })

    test('one that waits may leave, and nobody moves', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b, c] = (await running(bed, 3)) as [Holding, Holding, Holding]
      for (const each of [a, b, c]) await bed.registry.takeSlot(each, slot)
      expect(await bed.registry.leaveSlot(idOf(b), slot)).toEqual([])
      expect(await bed.registry.leaveSlot(idOf(a), slot)).toEqual([idOf(c)])
    })

    test('left again, as after a crash, all holders are answered and nothing changes', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = (await running(bed, 3)) as [Holding, Holding, Holding]
      for (const each of [a, b, c]) await bed.registry.takeSlot(each, slot)
      expect(await bed.registry.leaveSlot(idOf(a), slot)).toEqual([idOf(c)])
      const before = await slotsOf(bed, slot.key)
      expect(await bed.other.leaveSlot(idOf(a), slot)).toEqual([idOf(b), idOf(c)])
      expect(await slotsOf(bed, slot.key)).toEqual(before)
      expect(await bed.registry.leaveSlot(idOf(a), aKey(1))).toEqual([])
    })

    test('taken by many at once never exceed the limit, and lose nobody', async () => {
      const bed = open()
      const slot = aKey(3)
      const all = await running(bed, 40)
      const answers = await Promise.all(all.map((each) => bed.other.takeSlot(each, slot)))
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(3)
      const { holders, queue } = await slotsOf(bed, slot.key)
      expect([...(holders as string[]), ...(queue as string[])].toSorted()).toEqual(all.map(idOf).toSorted())
    })

    test('left and taken by many at once come to everyone exactly once, in the order of the queue', async () => {
      const bed = open()
      const slot = aKey(2)
      const all = await running(bed, 16)
      const through: ProcessId[] = []
      const leave = async (id: ProcessId): Promise<void> => {
        for (const next of await bed.other.leaveSlot(id, slot)) {
          through.push(next)
          await leave(next)
        }
      }
      await Promise.all(
        all.map(async (each) => {
          if ((await bed.other.takeSlot(each, slot)) !== 'held') return
          through.push(idOf(each))
          await leave(idOf(each))
        }),
      )
      expect(through.toSorted()).toEqual(all.map(idOf).toSorted())
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [], queue: [] })
    })

    test('come free between the look and the joining: then one is held, not waited for', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Holding, Holding]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.interrupt = () => bed.other.leaveSlot(idOf(a), slot)
      expect(await bed.registry.takeSlot(b, slot)).toBe('held')
    })

    for (const [where, taken] of Object.entries({
      'nobody came before': 0,
      'one is free': 1,
      'all are held': 2,
    })) {
      test(`C17 a stale owner cannot take a place after its process ended, where ${where}`, async () => {
        const bed = open()
        const slot = aKey(2)
        const [stale, ...before] = (await running(bed, 1 + taken)) as [Holding, ...Holding[]]
        for (const each of before) await bed.other.takeSlot(each, slot)
        let settled: unknown
        bed.recorder.interrupt = async () => {
          const { holding } = claimedOf(await bed.other.claim(idOf(stale), aRequest('b'), NOW + TTL))
          await bed.other.complete(holding, [], DONE, NOW + TTL)
          await bed.other.leaveSlot(idOf(stale), slot)
          settled = await slotsOf(bed, slot.key)
        }
        await expect(bed.registry.takeSlot(stale, slot)).rejects.toThrow(LeaseLost)
        expect(await slotsOf(bed, slot.key)).toEqual(settled)
      })
    }

    test('C17 a join that comes late is refused once its own owner has ended the process', async () => {
      const bed = open()
      const slot = aKey(1)
      const [late] = (await running(bed, 1)) as [Holding]
      bed.recorder.interrupt = async () => {
        await bed.other.takeSlot(late, slot)
        await bed.other.complete(late, [], DONE, NOW)
        await bed.other.leaveSlot(idOf(late), slot)
      }
      await expect(bed.registry.takeSlot(late, slot)).rejects.toThrow(/completed under fence 1/)
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [], queue: [] })
    })

    test('a queue as long as it may get takes nobody more', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Holding, Holding]
      for (const queue of [
        Array.from({ length: SLOT_QUEUE_MAX }, (_, n) => `p${n}`),
        Array.from({ length: Math.ceil(SLOT_ITEM_MAX_BYTES / 200) }, (_, n) => `p${n}`.padEnd(200, 'x')),
      ]) {
        const item = { pk: `C#${slot.key}`, sk: 'SLOTS', l: 1, h: [idOf(a)], q: queue, n: 1 }
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
        expect(await bed.registry.wakeForSlot(id, NOW)).toBeUndefined()
      })
      for (const each of [...(await running(bed, 1)), holding]) await bed.registry.takeSlot(each, slot)
      const wait = { for: 'slot', key: slot.key } as const
      await bed.registry.park(holding, [], { wait, belled: false }, NOW)
      expect(await bed.registry.wakeForSlot(id, NOW + 3)).toMatchObject({ id, dueAt: NOW + 3 })
      expect(await bed.registry.get(id)).toMatchObject({ dueAt: NOW + 3, belled: true })
      const claimed = await bed.registry.claim(id, aRequest('b'), NOW + 3)
      if (claimed.outcome !== 'claimed') throw new Error('expected a claim')
      const signal = { wait: { for: 'effects', on: ['signal "go"'] }, belled: false } as const
      await bed.registry.park(claimed.holding, [], signal, NOW)
      await changesNothing(bed, id, async () => {
        expect(await bed.registry.wakeForSlot(id, NOW)).toBeUndefined()
      })
      expect(await bed.registry.wakeForSlot(aRegistration().id, NOW)).toBeUndefined()
    })
  })
}
