import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, inject, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { LIST_READS_MAX } from '../../../lib/model/limits.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import type { Page } from '../../../lib/registry/port.ts'
import { StoreRegistry } from '../../../lib/registry/registry.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'
import type { Item, ItemStore, Key } from '../../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

type Ground = { readonly store: ItemStore; readonly put: (item: Item & Key) => Promise<unknown> }
const GROUNDS: readonly [string, () => Promise<Ground>][] = [
  [
    'in memory',
    async () => {
      const store = new MemoryStore()
      return { store, put: (item) => store.write({ do: 'put', item }) }
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const client = localClient(inject('dynamoEndpoint'))
      const TableName = await freshTable(client, 'listing', { ttl: false })
      const store = new DynamoStore({
        requests: sdkRequests(client),
        tableName: TableName,
        clock: SYSTEM_CLOCK,
        chance: SYSTEM_CHANCE,
      })
      const marshallOptions = { allowImpreciseNumbers: true }
      const documents = DynamoDBDocumentClient.from(client, { marshallOptions })
      return {
        store,
        put: (Item) => documents.send(new PutCommand({ TableName, Item })),
      }
    },
  ],
]
const NOW = 1_764_000_000_000

/** What all pages have together. */
async function all(read: (cursor: { cursor?: string }) => Promise<Page<{ id: string }>>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor === undefined ? {} : { cursor })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}

describe.each(GROUNDS)('rows whose times are none, more of them than one answer reads, %s', (_, open) => {
  test('hold up neither the sweep of their shard nor the list of their kind', async () => {
    const { store, put } = await open()
    const registry = new StoreRegistry(store, { durable: false, name: 'listed' })
    const id = parseProcessId('good')
    const registration = toRegistration({ id, kind: 'order', input: 1 })
    await registry.register(registration, { now: NOW, wakeupScheduled: false })
    const good = (await store.get({ pk: 'P#good', sk: 'PROCESS' })) ?? {}
    for (let n = 0; n <= LIST_READS_MAX; n += 1) {
      const key = { pk: `P#bad-${n}`, sk: 'PROCESS' }
      await put({ ...good, ...key, da: -1e30, ca: n % 2 === 0 ? 1e30 : -1e30 })
    }
    const { d } = good
    const shard = typeof d === 'string' ? Number(d.replace('due#', '')) : Number.NaN
    expect(await all((from) => registry.listDue({ shard, until: NOW, limit: 1, ...from }))).toEqual([id])
    expect(await all((from) => registry.list({ kind: 'order', limit: 1, ...from }))).toEqual([id])
    const never = { kind: 'order', createdBefore: Number.MIN_SAFE_INTEGER }
    expect(await registry.list(never)).toEqual({ items: [] })
  })
})
