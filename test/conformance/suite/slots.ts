import { describe, expect, test } from 'vitest'
import { LeaseLost, SlotInUse } from '../../../lib/model/errors.ts'
import type { Ownership } from '../../../lib/model/ownership.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_QUEUE_MAX, SLOTS_PASSED_ON_MAX } from '../../../lib/model/limits.ts'
import type { Concurrency } from '../../../lib/model/registration.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import {
  aRegistration,
  aRequest,
  bedOf,
  changesNothing,
  claimedOf,
  DONE,
  freshId,
  NOW,
  parkedOf,
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
    async function running(bed: Bed, count: number): Promise<Ownership[]> {
      const claims = Array.from({ length: count }, () => bed.other.start(aRegistration(), aRequest('a'), NOW))
      return (await Promise.all(claims)).map((reply) => claimedOf(reply).ownership)
    }
    const idOf = ({ lease }: Ownership): ProcessId => lease.id

    async function slotsOf(bed: Bed, key: string) {
      const item = await bed.store.get({ pk: `C#${key}`, sk: 'SLOTS' })
      return { holders: item?.['h'], queue: item?.['q'] }
    }

    async function holdersOf(bed: Bed, key: string): Promise<readonly string[]> {
      return (await slotsOf(bed, key)).holders as string[]
    }

    /** Who comes to the front when this one leaves. */
    async function passedOn(bed: Bed, leaving: Ownership, slot: Concurrency): Promise<readonly string[]> {
      const before = await holdersOf(bed, slot.key)
      await bed.registry.leaveSlot(idOf(leaving), slot, NOW)
      return (await holdersOf(bed, slot.key)).filter((id) => !before.includes(id))
    }

    /** Asks for a place, and parks where there is none. */
    async function takeOrPark(registry: ProcessRegistry, ownership: Ownership, slot: Concurrency) {
      if ((await registry.takeSlot(ownership, slot)) === 'held') return 'held'
      const request = { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false } as const
      return (await registry.park(ownership, [], request, NOW)).parked ? 'parked' : 'held'
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
      const order: string[] = []
      for (const each of [all[1]!, all[0]!, all[2]!]) order.push(...(await passedOn(bed, each, slot)))
      expect(order).toEqual(all.slice(2).map(idOf))
    })

    test('asked for again are the same, with no second place in the queue', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
      bed.recorder.twice = true
      for (let times = 0; times < 3; times += 1) {
        expect(await bed.registry.takeSlot(a, slot)).toBe('held')
        expect(await bed.registry.takeSlot(b, slot)).toBe('queued')
      }
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [idOf(a)], queue: [idOf(b)] })
    })

    test('cost a read and a transaction to take, a read when full, a read and a put to free', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.ops()
      await bed.registry.takeSlot(b, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'transact'])
      await bed.registry.takeSlot(c, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'transact'])
      for (const each of [b, c]) await bed.registry.takeSlot(each, slot)
      expect(bed.recorder.ops()).toEqual(['get', 'get'])
      await bed.registry.leaveSlot(idOf(a), slot, NOW)
      // One comes to the front: its row is read, and made due or pinned beside the slots.
      expect(bed.recorder.ops()).toEqual(['get', 'get', 'transact'])
      await bed.registry.leaveSlot(idOf(b), slot, NOW)
      expect(bed.recorder.ops()).toEqual(['get', 'write'])
    })

    test('no process overtakes the queue, though a place is free', async () => {
      const bed = open()
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
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

    test('admit several processes when the limit was raised, and none until a lowered limit is met', async () => {
      const bed = open()
      const slot = aKey(1)
      const all = await running(bed, 5)
      for (const each of all.slice(0, 4)) await bed.registry.takeSlot(each, slot)
      await bed.registry.takeSlot(all[4]!, { ...slot, limit: 3 })
      expect(await passedOn(bed, all[0]!, slot)).toEqual(all.slice(1, 4).map(idOf))
      const [late] = (await running(bed, 1)) as [Ownership]
      await bed.registry.takeSlot(late, { ...slot, limit: 1 })
      expect(await passedOn(bed, all[1]!, slot)).toEqual([])
      expect(await passedOn(bed, all[2]!, slot)).toEqual([])
      expect(await passedOn(bed, all[3]!, slot)).toEqual([idOf(all[4]!)])
    })

    test('a waiting process may leave, and no place is freed', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      for (const each of [a, b, c]) await bed.registry.takeSlot(each, slot)
      expect(await passedOn(bed, b, slot)).toEqual([])
      expect(await passedOn(bed, a, slot)).toEqual([idOf(c)])
    })

    test('freed again, as after a crash, change nothing and wake no further process', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      for (const each of [a, b, c]) await takeOrPark(bed.other, each, slot)
      const [woken] = await bed.registry.leaveSlot(idOf(a), slot, NOW + 3)
      expect(woken).toMatchObject({ id: idOf(c), status: 'waiting', dueAt: NOW + 3, wakeupScheduled: true })
      expect(await bed.other.get(idOf(c))).toEqual(woken)
      const before = await slotsOf(bed, slot.key)
      bed.recorder.ops()
      expect(await bed.registry.leaveSlot(idOf(a), slot, NOW + 4)).toEqual([])
      expect(bed.recorder.ops()).toEqual(['get'])
      expect(await slotsOf(bed, slot.key)).toEqual(before)
      expect(await bed.registry.leaveSlot(idOf(a), aKey(1), NOW)).toEqual([])
    })

    test('of a process that never had one are left in one read, and no holder is woken', async () => {
      const bed = open()
      const slot = aKey(2)
      const [a, b, never] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      for (const each of [a, b]) await takeOrPark(bed.other, each, slot)
      bed.recorder.ops()
      expect(await bed.registry.leaveSlot(idOf(never), slot, NOW)).toEqual([])
      expect(bed.recorder.ops()).toEqual(['get'])
    })

    test('that become free while a process parks wake that process, or it does not park', async () => {
      for (const parksFirst of [true, false]) {
        const bed = open()
        const slot = aKey(1)
        const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
        await bed.other.takeSlot(a, slot)
        await bed.other.takeSlot(b, slot)
        const request = { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false } as const
        if (parksFirst) {
          // A has read the row of B as running; before it writes, B parks.
          bed.recorder.interrupt = () => bed.other.park(b, [], request, NOW)
          const woken = await bed.registry.leaveSlot(idOf(a), slot, NOW + 3)
          expect(woken.map(({ id }) => id)).toEqual([idOf(b)])
          expect(await bed.other.get(idOf(b))).toMatchObject({ status: 'waiting', dueAt: NOW + 3 })
        } else {
          bed.recorder.interrupt = () => bed.other.leaveSlot(idOf(a), slot, NOW + 3)
          expect(await bed.registry.park(b, [], request, NOW)).toMatchObject({ parked: false })
        }
        expect(await holdersOf(bed, slot.key)).toEqual([idOf(b)])
      }
    })

    test('that come free in great number go to all who wait, some in each transaction', async () => {
      const bed = open()
      const slot = aKey(1)
      const all = await running(bed, 2 * SLOTS_PASSED_ON_MAX + 3)
      for (const each of all.slice(0, -1)) await takeOrPark(bed.other, each, slot)
      await takeOrPark(bed.other, all.at(-1)!, { ...slot, limit: 100 })
      const woken = await bed.registry.leaveSlot(idOf(all[0]!), slot, NOW + 3)
      expect(woken.map(({ id }) => id)).toEqual(all.slice(1).map(idOf))
      expect(await slotsOf(bed, slot.key)).toMatchObject({ queue: [] })
    })

    test('taken by many at once never exceed the limit, and lose no process', async () => {
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
        through.push(id)
        for (const next of await bed.other.leaveSlot(id, slot, NOW)) await leave(next.id)
      }
      await Promise.all(
        all.map(async (each) => {
          if ((await takeOrPark(bed.other, each, slot)) === 'held') await leave(idOf(each))
        }),
      )
      expect(through.toSorted()).toEqual(all.map(idOf).toSorted())
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [], queue: [] })
    })

    test('come free between the look and the joining: then one is held, not waited for', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
      await bed.registry.takeSlot(a, slot)
      bed.recorder.interrupt = () => bed.other.leaveSlot(idOf(a), slot, NOW)
      expect(await bed.registry.takeSlot(b, slot)).toBe('held')
    })

    for (const [where, taken] of Object.entries({
      'no process came before': 0,
      'one is free': 1,
      'all are held': 2,
    })) {
      test(`a stale owner cannot take a place after its process ended, when ${where} [C17]`, async () => {
        const bed = open()
        const slot = aKey(2)
        const [stale, ...before] = (await running(bed, 1 + taken)) as [Ownership, ...Ownership[]]
        for (const each of before) await bed.other.takeSlot(each, slot)
        let settled: unknown
        bed.recorder.interrupt = async () => {
          const { ownership } = claimedOf(await bed.other.claim(idOf(stale), aRequest('b'), NOW + TTL))
          await bed.other.complete(ownership, [], DONE, NOW + TTL)
          await bed.other.leaveSlot(idOf(stale), slot, NOW + TTL)
          settled = await slotsOf(bed, slot.key)
        }
        await expect(bed.registry.takeSlot(stale, slot)).rejects.toThrow(LeaseLost)
        expect(await slotsOf(bed, slot.key)).toEqual(settled)
      })
    }

    test('a join that comes late is refused once its own owner has ended the process [C17]', async () => {
      const bed = open()
      const slot = aKey(1)
      const [late] = (await running(bed, 1)) as [Ownership]
      bed.recorder.interrupt = async () => {
        await bed.other.takeSlot(late, slot)
        await bed.other.complete(late, [], DONE, NOW)
        await bed.other.leaveSlot(idOf(late), slot, NOW)
      }
      await expect(bed.registry.takeSlot(late, slot)).rejects.toThrow(/completed under fence 1/)
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [], queue: [] })
    })

    test('a queue at its maximum accepts no further process, and writes nothing [C67]', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
      for (const queue of [
        Array.from({ length: SLOT_QUEUE_MAX }, (_, n) => `p${n}`),
        Array.from({ length: Math.ceil(SLOT_ITEM_MAX_BYTES / 200) }, (_, n) => `p${n}`.padEnd(200, 'x')),
      ]) {
        const item = { pk: `C#${slot.key}`, sk: 'SLOTS', l: 1, h: [idOf(a)], q: queue, n: 1 }
        await bed.store.write({ do: 'put', item })
        await changesNothing(bed, idOf(b), async () => {
          expect(await bed.registry.takeSlot(b, slot)).toBe('full')
        })
        expect(await bed.store.get({ pk: item.pk, sk: item.sk })).toEqual(item)
        expect(await bed.registry.takeSlot(a, slot)).toBe('held')
      }
    })

    test('park a process that finds the queue full, with a due time and no place in line [C67]', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const slot = aKey(1)
      const wait = { for: 'slot', key: slot.key, tries: 1 } as const
      const request = { wait, dueAt: NOW + 60_000, wakeupScheduled: true }
      const record = parkedOf(await bed.registry.park(ownership, [], request, NOW))
      expect(record).toMatchObject({ status: 'waiting', wait, dueAt: NOW + 60_000, stalls: 0 })
      expect(record).not.toHaveProperty('startedAt')
      const again = await bed.registry.claim(id, aRequest('b'), NOW + 60_000)
      expect(claimedOf(again).ownership.row).toMatchObject({ stalls: 0, wait })
    })

    test('passed on touch no process that waits for something else', async () => {
      const bed = open()
      const { ownership, id } = await started(bed)
      const slot = aKey(1)
      const [first] = (await running(bed, 1)) as [Ownership]
      for (const each of [first, ownership]) await bed.registry.takeSlot(each, slot)
      const wait = { for: 'undeployed', kind: 'k', tries: 1 } as const
      await bed.registry.park(ownership, [], { wait, dueAt: NOW + 60_000, wakeupScheduled: false }, NOW)
      await changesNothing(bed, id, async () => {
        expect(await bed.registry.leaveSlot(idOf(first), slot, NOW)).toEqual([])
      })
      expect(await holdersOf(bed, slot.key)).toEqual([id])
    })

    test('slots() returns holders and queue of a key in one read, and no place of an unknown key', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
      for (const each of [a, b]) await bed.registry.takeSlot(each, slot)
      bed.recorder.ops()
      expect(await bed.registry.slots(slot.key)).toEqual({ limit: 1, holders: [idOf(a)], queue: [idOf(b)] })
      expect(bed.recorder.ops()).toEqual(['get'])
      expect(await bed.registry.slots(freshId('key'))).toEqual({ limit: 0, holders: [], queue: [] })
    })

    test('releaseSlot() refuses a process that has not ended, and writes nothing', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b] = (await running(bed, 2)) as [Ownership, Ownership]
      for (const each of [a, b]) await takeOrPark(bed.other, each, slot)
      const before = await slotsOf(bed, slot.key)
      bed.recorder.ops()
      for (const each of [a, b])
        await expect(bed.registry.releaseSlot(idOf(each), slot.key, NOW)).rejects.toThrow(SlotInUse)
      expect(new Set(bed.recorder.ops())).toEqual(new Set(['get']))
      expect(await slotsOf(bed, slot.key)).toEqual(before)
    })

    test('releaseSlot() passes the place of an ended process on, and a repetition does nothing', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      for (const each of [a, b, c]) await takeOrPark(bed.other, each, slot)
      await bed.other.complete(a, [], DONE, NOW)
      const { released, woken } = await bed.registry.releaseSlot(idOf(a), slot.key, NOW + 3)
      expect({ released, woken: woken.map(({ id }) => id) }).toEqual({ released: true, woken: [idOf(b)] })
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [idOf(b)], queue: [idOf(c)] })
      const nothing = { released: false, woken: [] }
      expect(await bed.registry.releaseSlot(idOf(a), slot.key, NOW + 4)).toEqual(nothing)
      expect(await bed.registry.releaseSlot(idOf(a), freshId('key'), NOW + 4)).toEqual(nothing)
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [idOf(b)], queue: [idOf(c)] })
    })

    test('releaseSlot() passes a place on once when it is sent twice', async () => {
      const bed = open()
      const slot = aKey(1)
      const [a, b, c] = (await running(bed, 3)) as [Ownership, Ownership, Ownership]
      for (const each of [a, b, c]) await takeOrPark(bed.other, each, slot)
      await bed.other.complete(a, [], DONE, NOW)
      bed.recorder.twice = true
      expect(await bed.registry.releaseSlot(idOf(a), slot.key, NOW + 3)).toMatchObject({ released: true })
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [idOf(b)], queue: [idOf(c)] })
      expect(await bed.other.get(idOf(b))).toMatchObject({ status: 'waiting', dueAt: NOW + 3 })
    })

    /** Puts a place there whose process is gone, as a restored table may have it. */
    async function leftBehind(bed: Bed, key: string): Promise<ProcessId> {
      const id = freshId('gone') as ProcessId
      await bed.store.write({ do: 'put', item: { pk: `C#${key}`, sk: 'SLOTS', l: 1, h: [id], q: [], n: 1 } })
      return id
    }

    test('releaseSlot() gives back the place of a process that is gone', async () => {
      const bed = open()
      const { key } = aKey(1)
      const id = await leftBehind(bed, key)
      expect(await bed.registry.releaseSlot(id, key, NOW)).toEqual({ released: true, woken: [] })
      expect(await slotsOf(bed, key)).toEqual({ holders: [], queue: [] })
    })

    test('releaseSlot() is refused when the process is started again before the write arrives', async () => {
      const bed = open()
      const slot = aKey(1)
      const id = await leftBehind(bed, slot.key)
      bed.recorder.interrupt = async () => {
        const { ownership } = claimedOf(await bed.other.start(aRegistration({ id }), aRequest('b'), NOW))
        expect(await bed.other.takeSlot(ownership, slot)).toBe('held')
      }
      await expect(bed.registry.releaseSlot(id, slot.key, NOW)).rejects.toThrow(SlotInUse)
      expect(await slotsOf(bed, slot.key)).toEqual({ holders: [id], queue: [] })
    })
  })
}
