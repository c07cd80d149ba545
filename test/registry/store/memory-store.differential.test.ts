import { beforeAll, describe, expect, inject, test } from 'vitest'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'
import type { ItemStore } from '../../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/worker/system.ts'
import { expectSameIndex, expectSameWrites } from '../../helpers/same-store.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe(`the store in memory answers as DynamoDB does (SEED=${SEED})`, () => {
  let dynamo: ItemStore
  beforeAll(async () => {
    const client = localClient(inject('dynamoEndpoint'))
    const tableName = await freshTable(client, 'differential')
    dynamo = new DynamoStore({ client, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE })
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
})
