import {
  PutItemCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { DynamoStore } from '../../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../../lib/registry/store/requests.ts'
import type { ItemStore } from '../../../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../../lib/host/system.ts'
import { expectSameIndex, expectSameWrites } from '../../../helpers/same-store.ts'
import { freshTable, localClient } from '../../../helpers/table.ts'
import { Later, type Call } from '../request.ts'
import { Random } from '../random.ts'
import { simulatedClient } from './client.ts'
import { SimulatedTable } from './table.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))

describe(`the simulated table answers as DynamoDB does (SEED=${SEED})`, () => {
  let client: DynamoDBClient
  let dynamo: ItemStore
  let tableName: string
  beforeAll(async () => {
    client = localClient(inject('dynamoEndpoint'))
    tableName = await freshTable(client, 'simulated')
    dynamo = storeOn(client, tableName)
  })
  const simulated = (): ItemStore => storeOn(calmClient(), tableName)

  test('writes and transactions in any order get the same answers and leave the same items', async () => {
    const { applied, refused } = await expectSameWrites(dynamo, simulated, SEED)
    expect(applied).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })

  test('a query of an index gets the same rows and pages', async () => {
    await expectSameIndex(dynamo, simulated, SEED)
  })

  test('an item over 400 KB is refused by name, alone and in a transaction', async () => {
    const Item = { pk: { S: `big-${SEED}` }, sk: { S: 'A' }, x: { S: 'x'.repeat(410_000) } }
    for (const each of [client, calmClient()]) {
      const alone = each.send(new PutItemCommand({ TableName: tableName, Item }))
      await expect(alone).rejects.toMatchObject({ name: 'ValidationException' })
      const together = each.send(transaction(tableName, Item, 'one'))
      await expect(together).rejects.toMatchObject({
        name: expect.stringMatching(/Validation|TransactionCanceled/),
      })
    }
  })

  test('a token carries a transaction out once, and refuses another one', async () => {
    for (const each of [client, calmClient()]) {
      const pk = { S: `token-${SEED}` }
      const once = transaction(tableName, { pk, sk: { S: 'A' } }, 'token-1')
      await each.send(once)
      // Its condition no longer holds, and it is not looked at again.
      await each.send(once)
      const other = each.send(transaction(tableName, { pk, sk: { S: 'B' } }, 'token-1'))
      await expect(other).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' })
    }
  })
})

function storeOn(client: DynamoDBClient, tableName: string): ItemStore {
  return new DynamoStore({
    requests: sdkRequests(client),
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
}

/** A table of its own, in a world in which nothing goes wrong and everything happens at once. */
function calmClient(): DynamoDBClient {
  let now = 0
  const call = async <T>(asked: Call<T>): Promise<T> => {
    now += 1_000
    const done = asked.arrive(undefined, new Random(SEED))
    return done instanceof Later ? done.carryOut() : done
  }
  const service = { table: new SimulatedTable(), tokens: new Map(), transactions: 0 }
  return simulatedClient(service, {
    now: () => now,
    call,
    accepted: () => {},
    heard: () => {},
    fencedOff: () => {},
  })
}

function transaction(
  tableName: string,
  Item: Record<string, AttributeValue>,
  token: string,
): TransactWriteItemsCommand {
  const Put = { TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }
  return new TransactWriteItemsCommand({ TransactItems: [{ Put }], ClientRequestToken: `${token}-${SEED}` })
}
