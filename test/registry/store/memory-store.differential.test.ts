import { beforeAll, describe, expect, inject, test } from 'vitest'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'
import type { ItemChange, ItemStore } from '../../../lib/registry/store/store.ts'
import { UnreadableItem } from '../../../lib/model/errors.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { expectSameIndex, expectSameWrites } from '../../helpers/same-store.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe(`the store in memory answers as DynamoDB does (SEED=${SEED})`, () => {
  let dynamo: ItemStore
  beforeAll(async () => {
    const client = localClient(inject('dynamoEndpoint'))
    const tableName = await freshTable(client, 'differential')
    dynamo = new DynamoStore({
      requests: sdkRequests(client),
      tableName,
      clock: SYSTEM_CLOCK,
      chance: SYSTEM_CHANCE,
    })
  })

  test('any sequence of writes and transactions gives the same answers and leaves the same items', async () => {
    const { applied, refused } = await expectSameWrites(dynamo, () => new MemoryStore(), SEED)
    // A generator whose conditions always hold, or never do, would prove little.
    expect(applied).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })

  test('an index gives the same rows, page by page, in both directions and in any window', async () => {
    await expectSameIndex(dynamo, () => new MemoryStore(), SEED)
  })

  test('a change of an attribute of another type has the same result in both', async () => {
    const foreign = [null, 'text', 7, true, ['a'], { a: 1 }]
    const changes: readonly ItemChange[] = [
      { set: { a: 1 } },
      { once: { a: 1 } },
      { add: { a: 1 } },
      { append: { a: ['x'] } },
      { remove: ['a'] },
    ]
    const cases = foreign.flatMap((held) => changes.map((change) => ({ held, change })))
    const outcomes = await Promise.all(
      cases.map(async ({ held, change }, index) => {
        const key = { pk: `foreign-${index}`, sk: 'A' }
        const memory = new MemoryStore()
        const [expected, got] = await Promise.all([changed(dynamo), changed(memory)])
        expect({ held, change, ...got }).toEqual({ held, change, ...expected })
        return got.refused

        async function changed(store: ItemStore) {
          await store.write({ do: 'put', item: { ...key, a: held } })
          const error = await store
            .write({ do: 'update', key, change })
            .then(() => undefined)
            .catch((thrown: unknown) => thrown)
          if (error !== undefined && !(error instanceof UnreadableItem)) throw error
          return { refused: error !== undefined, left: await store.get(key) }
        }
      }),
    )
    // Five of six are no number, five no list.
    expect(outcomes.filter(Boolean)).toHaveLength(10)
  })
})
