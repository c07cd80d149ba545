import { describe, expect, inject, test } from 'vitest'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import { isPage, PROCESS } from '../../lib/registry/codec/keys.ts'
import { ROW } from '../../lib/registry/codec/rows.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item, ItemStore, Key } from '../../lib/registry/store/store.ts'
import { lookMessage, startMessage } from '../../lib/queue/messages.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { process } from '../helpers/definitions.ts'
import { everything } from '../helpers/recorder.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { World } from '../helpers/world.ts'

/** Enough to tell what is done again and again from what is done once. */
const PASSES = 12

const STORES: readonly (readonly [string, () => Promise<ItemStore>])[] = [
  ['in memory', () => Promise.resolve(new MemoryStore())],
  [
    'on DynamoDB',
    async () => {
      const client = localClient(inject('dynamoEndpoint'))
      const tableName = await freshTable(client, 'take')
      return new DynamoStore({
        requests: sdkRequests(client),
        tableName,
        clock: SYSTEM_CLOCK,
        chance: SYSTEM_CHANCE,
      })
    },
  ],
]

const definitions = [
  process(async (context) => {
    for (let n = 0; n < 24; n += 1) await context.step(`s${n}`, () => 'x'.repeat(200))
    await context.sleep({ minutes: 1 })
    return 'done'
  }),
]

/** A process with pages in its log, that sleeps; one whose worker died afterwards; and the world that they are in. */
async function slept(open: () => Promise<ItemStore>) {
  const store = await open()
  const world = new World(new StoreRegistry(store, { durable: false, name: 'damaged' }))
  const parts = world.parts(definitions)
  const start = async (name: string): Promise<ProcessId> => {
    await world.until(world.serve(parts, [startMessage({ id: name, kind: 'sample', input: {} })]))
    return parseProcessId(name)
  }
  /** The process item, and the pages. */
  const itemsOf = async (id: ProcessId) =>
    (await everything(store, id)).filter((item) => isPage(item) || item['sk'] === PROCESS) as (Item & Key)[]
  /** Claims it once it is due, and dies. */
  const die = async (id: ProcessId) => {
    const owner = { ownerId: 'dead', attemptId: id, token: id, ttlMs: 30_000 }
    const reply = await world.registry.claim(id, owner, world.clock.now())
    if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
    await world.registry.renew(reply.ownership.lease, 30_000, world.clock.now())
  }
  /** The passes of a sweep, a minute apart, and a worker that serves each wake-up. */
  const passes = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      await world.clock.advance(60_000)
      world.queue.sent.length = 0
      await world.sweep()
      const looks = world.queue.sent.map(({ id }) => lookMessage(id))
      await world.until(world.serve(parts, looks))
    }
  }
  return { store, world, parts, start, itemsOf, die, passes }
}

/** The page before it has the right end, and a beginning after it. */
function backwards(page: Item & Key): Item & Key {
  return { ...page, p: pointerIn(page, 'p').replace(/^\d+/u, '999') }
}

/** The one of the first page stands for none. */
function pointerIn(item: Item, attr: string): string {
  const pointer = item[attr]
  return typeof pointer === 'string' ? pointer : '1#0#1'
}

/** What is wrong with each page of a log, or with what the process item says of them. */
const DAMAGES: readonly (readonly [string, (item: Item & Key) => Item & Key])[] = [
  ['is damaged', (item) => (isPage(item) ? { ...item, t: ['junk'] } : item)],
  ['is of a newer version', (item) => (isPage(item) ? { ...item, v: 2 } : item)],
  [
    'says that it comes after one that ends before it begins',
    (item) => (isPage(item) ? backwards(item) : item),
  ],
]

/** The process item points at a page that the store does not have. */
function withoutPage(item: Item & Key): Item & Key {
  return isPage(item) ? item : { ...item, [ROW.page.attr]: `${pointerIn(item, ROW.page.attr)}9` }
}

describe.each(STORES)('a process whose log cannot be read, %s:', (_, open) => {
  test.each(DAMAGES)(
    'where a page %s no take-over writes anything, each names it, others run, and it continues once repaired',
    async (_how, damage) => {
      const { store, world, start, itemsOf, die, passes } = await slept(open)
      const [bad, parked] = [await start('bad'), await start('parked')]
      await world.clock.advance(60_000)
      await die(bad)
      const whole = [...(await itemsOf(bad)), ...(await itemsOf(parked))]
      for (const item of whole) await store.write({ do: 'put', item: damage(item) })
      // The first claim of a parked one is made unread, and is its last.
      await passes(1)
      const before = [await everything(store, bad), await everything(store, parked)]
      const told = world.told.counts.get('UnreadableItem') ?? 0
      expect(told).toBeGreaterThan(0)
      await passes(PASSES)
      expect([await everything(store, bad), await everything(store, parked)]).toEqual(before)
      expect(world.told.counts.get('UnreadableItem')).toBeGreaterThanOrEqual(told + PASSES)
      expect(world.queue.sent.length).toBeLessThanOrEqual(2)
      expect(world.queue.letters).toEqual([])

      const good = await start('good')
      await passes(2)
      expect(await world.registry.get(good)).toMatchObject({ status: 'completed' })

      for (const id of [bad, parked])
        for (const item of await itemsOf(id)) {
          const pristine = whole.find(({ pk, sk }) => pk === item.pk && sk === item.sk)
          if (pristine === undefined) continue
          const { attr } = ROW.page
          const repaired = isPage(item) ? pristine : { ...item, [attr]: pristine[attr] ?? null }
          await store.write({ do: 'put', item: repaired })
        }
      await passes(3)
      for (const id of [bad, parked])
        expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
    },
  )

  test('is stuck after one claim when a page is missing, and continues when resumed', async () => {
    const { store, world, start, itemsOf, die, passes } = await slept(open)
    const [bad, parked] = [await start('bad'), await start('parked')]
    await world.clock.advance(60_000)
    await die(bad)
    const whole = [...(await itemsOf(bad)), ...(await itemsOf(parked))]
    for (const item of whole) await store.write({ do: 'put', item: withoutPage(item) })
    await passes(2)
    for (const id of [bad, parked])
      expect(await world.registry.get(id)).toMatchObject({
        status: 'stuck',
        wait: { for: 'resume', error: { code: 'unreadable_item' } },
      })
    const before = [await everything(store, bad), await everything(store, parked)]
    const good = await start('good')
    await passes(PASSES)
    expect([await everything(store, bad), await everything(store, parked)]).toEqual(before)
    expect(await world.registry.get(good)).toMatchObject({ status: 'completed' })

    for (const id of [bad, parked]) {
      for (const item of await itemsOf(id)) {
        const pristine = whole.find(({ pk, sk }) => pk === item.pk && sk === item.sk)
        const { attr } = ROW.page
        if (pristine !== undefined && !isPage(item))
          await store.write({ do: 'put', item: { ...item, [attr]: pristine[attr] ?? null } })
      }
      await world.registry.resume(id, 'test', world.clock.now())
    }
    await passes(3)
    for (const id of [bad, parked])
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
  })

  test('is abandoned when an operator asks for that, though its log is unreadable', async () => {
    const { store, world, start, itemsOf, die, passes } = await slept(open)
    const id = await start('bad')
    await world.clock.advance(60_000)
    await die(id)
    for (const item of await itemsOf(id))
      if (isPage(item)) await store.write({ do: 'put', item: { ...item, t: ['junk'] } })
    await passes(2)
    expect(await world.registry.get(id)).toMatchObject({ status: 'running' })
    await world.registry.requestAbandon(id, { reason: 'it is beyond repair' }, world.clock.now())
    await passes(2)
    expect(await world.registry.get(id)).toMatchObject({ status: 'abandoned' })
    await passes(1)
    expect(world.queue.sent).toEqual([])
  })
})
