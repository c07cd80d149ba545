import { describe, expect, inject, test } from 'vitest'
import type { Ownership } from '../../../lib/model/ownership.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { PAGE_MAX_BYTES } from '../../../lib/model/limits.ts'
import type { LogPage, PagePointer } from '../../../lib/model/log.ts'
import { isPage } from '../../../lib/registry/codec/keys.ts'
import { pageItem, readPage } from '../../../lib/registry/codec/entries.ts'
import { StoreRegistry } from '../../../lib/registry/registry.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'
import type { ItemStore } from '../../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { aRegistration, aRequest, claimedOf, NOW, step, TTL } from '../../conformance/suite/bed.ts'
import { everything, Recorder } from '../../helpers/recorder.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

/** Pages that each owner writes. */
const PAGES = 15

const STORES: readonly (readonly [string, () => Promise<ItemStore>])[] = [
  ['in memory', () => Promise.resolve(new MemoryStore())],
  [
    'on DynamoDB',
    async () => {
      const client = localClient(inject('dynamoEndpoint'))
      const tableName = await freshTable(client, 'reading')
      return new DynamoStore({
        requests: sdkRequests(client),
        tableName,
        clock: SYSTEM_CLOCK,
        chance: SYSTEM_CHANCE,
      })
    },
  ],
]

/** A log of many pages by two owners, of whom the first died. */
async function longLog(store: ItemStore) {
  const registry = new StoreRegistry(store, { durable: false, name: 'reading' })
  const write = async (from: Ownership): Promise<Ownership> => {
    let held = from
    for (let n = 0; n < PAGES; n += 1)
      held = await registry.commit(
        held,
        Array.from({ length: 8 }, (_, more) => step(n * 8 + more, 'x'.repeat(60))),
        NOW,
      )
    return held
  }
  const registration = aRegistration()
  const first = claimedOf(await registry.start(registration, aRequest('a'), NOW))
  const { row } = await write(first.ownership)
  const second = claimedOf(await registry.claim(registration.id, aRequest('b'), NOW + TTL))
  const held = await write(second.ownership)
  const { id } = registration
  const log = await registry.eventsAfter(id, 0, 1_000_000)
  expect(log).toHaveLength(held.row.seq)
  return { registry, id, log, diedAfter: row.page, last: held.row.seq }
}

const pagesOf = async (store: ItemStore, id: ProcessId): Promise<readonly LogPage[]> =>
  (await everything(store, id)).filter(isPage).map(readPage)

describe.each(STORES)('a part of a long log %s', (_, open) => {
  test('is read without later entries, and reading it in parts reads each page a few times', async () => {
    const store = await open()
    const { id, log } = await longLog(store)
    const recorder = new Recorder(store)
    let read = 0
    recorder.range = async (range) => {
      const items = await store.range(range)
      read += items.length
      return items
    }
    const registry = new StoreRegistry(recorder, { durable: false, name: 'reading' })
    expect(await registry.eventsAfter(id, 0, 20)).toEqual(log.slice(0, 20))
    expect(read).toBeLessThan((await pagesOf(store, id)).length / 3)
    read = 0
    for (let seen = 0; seen < log.length; seen += 50)
      expect(await registry.eventsAfter(id, seen, 50)).toEqual(log.slice(seen, seen + 50))
    expect(read).toBeLessThan((await pagesOf(store, id)).length * 3)
  })

  test('is what was committed, whatever dead owners left between its pages', async () => {
    const store = await open()
    const { registry, id, log, diedAfter, last } = await longLog(store)
    const put = (page: PagePointer, before: PagePointer | undefined, bytes: number) => {
      const entries = Array.from({ length: page.last - page.first + 1 }, (_, n) =>
        step(n, 'never committed'.padEnd(bytes, '!')),
      )
      const item = pageItem(id, { ...page, entries, ...(before === undefined ? {} : { before }) })
      return store.write({ do: 'put', item })
    }
    const chain = await pagesOf(store, id)
    for (const [index, page] of chain.entries()) {
      const { first, fence, before } = page
      // Planned, and planned anew, since a caller had appended.
      if (index % 3 === 0 && page.last > first) await put({ first, last: page.last - 1, fence }, before, 20)
      // A plan of two pages: the first is full, and the second is chained to it.
      if (index % 7 === 2) {
        const long = { first, last: page.last + 1, fence }
        const each = Math.floor((PAGE_MAX_BYTES - 5_000) / (long.last - first + 1))
        await put(long, before, each - 200)
        await put({ first: long.last + 1, last: long.last + 2, fence }, long, 10_000)
      }
    }
    // What the first owner was about to write when it died.
    if (diedAfter === undefined) throw new Error('the first owner wrote no page')
    await put({ first: diedAfter.last + 1, last: diedAfter.last + 5, fence: 1 }, diedAfter, 20)
    for (const [limit, stride] of [
      [1, 1],
      [9, 5],
      [40, 11],
      [150, 23],
    ] as const)
      for (let after = 0; after <= last; after += stride)
        expect(await registry.eventsAfter(id, after, limit)).toEqual(log.slice(after, after + limit))
  })
})
