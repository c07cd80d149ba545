import {
  BatchGetItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Meter } from '../../bench/meter.ts'
import { createTableInput, TABLE } from '../../lib/registry/table.ts'

import * as fc from 'fast-check'

const TableName = 'meter-test'
const connection = {
  endpoint: inject('dynamoEndpoint'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}
const side = new DynamoDBClient(connection)
const client = new DynamoDBClient(connection)
const meter = new Meter()
meter.watchDynamo(client, { tables: { [TableName]: TABLE }, client: side })

beforeAll(() => side.send(new CreateTableCommand(createTableInput(TableName))))
afterAll(() => {
  side.destroy()
  client.destroy()
})

// Few keys, so that writes meet items that are there, and few values, so that some change nothing an index holds.
const text = fc.oneof(
  fc.constantFrom('a', 'b', 'é'),
  fc.integer({ min: 0, max: 3000 }).map((length) => 'x'.repeat(length)),
)
const number = fc.oneof(fc.constantFrom(0, -7, 100, 12_345, 0.125), fc.integer())
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  text.map((S) => ({ S })),
  number.map((N) => ({ N: String(N) })),
  fc.constantFrom<AttributeValue>(
    { BOOL: true },
    { NULL: true },
    { L: [{ S: 'ab' }, { N: '12' }] },
    { M: { a: { L: [] } } },
  ),
)
const projected = fc.record({ k: value, s: value, f: value, other: value }, { requiredKeys: [] })
// An index's two keys come and go together, as they do in the product. Where an item changes from having only one of
// them to having only the other, and so is in the index neither before nor after, the emulator reports units for it.
const dueKeys = fc.record({
  d: fc.constantFrom('due#0', 'due#1').map((S) => ({ S })),
  da: fc.constantFrom('1', '2').map((N) => ({ N })),
})
const listKeys = fc.record({
  g: fc.constantFrom('k#a', 'k#b').map((S) => ({ S })),
  ca: fc.constantFrom('1', '1795000000000').map((N) => ({ N })),
})
const attributes: fc.Arbitrary<Record<string, AttributeValue>> = fc
  .tuple(projected, fc.option(dueKeys), fc.option(listKeys))
  .map(([others, due, list]) => ({ ...others, ...due, ...list }))
const write = fc.record({
  do: fc.constantFrom('put', 'update', 'delete', 'refused'),
  sk: fc.constantFrom('1', '2', '3'),
  attributes,
  removed: fc.subarray([['d', 'da'], ['g', 'ca'], ['k'], ['s'], ['other']]).map((names) => names.flat()),
})
type RandomWrite = typeof write extends fc.Arbitrary<infer T> ? T : never

function commandOf(made: RandomWrite) {
  const Key = { pk: { S: 'P' }, sk: { S: made.sk } }
  if (made.do === 'put') return new PutItemCommand({ TableName, Item: { ...Key, ...made.attributes } })
  if (made.do === 'delete') return new DeleteItemCommand({ TableName, Key })
  const removed = made.removed.filter((name) => !(name in made.attributes))
  const sets = Object.keys(made.attributes)
  const names = [...sets, ...removed]
  return new UpdateItemCommand({
    TableName,
    Key,
    ...(names.length === 0
      ? {}
      : { ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])) }),
    ...(sets.length === 0
      ? {}
      : {
          ExpressionAttributeValues: Object.fromEntries(
            Object.entries(made.attributes).map(([name, each]) => [`:${name}`, each]),
          ),
        }),
    ...(names.length === 0
      ? {}
      : {
          UpdateExpression: [
            ...(sets.length === 0 ? [] : [`SET ${sets.map((name) => `#${name} = :${name}`).join(', ')}`]),
            ...(removed.length === 0 ? [] : [`REMOVE ${removed.map((name) => `#${name}`).join(', ')}`]),
          ].join(' '),
        }),
    ...(made.do === 'refused' ? { ConditionExpression: 'attribute_exists(never)' } : {}),
  })
}

test('computed units equal those that DynamoDB Local reports for random writes of single items', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async (writes) => {
      meter.take()
      for (const made of writes) await client.send(commandOf(made) as PutItemCommand).catch(expectRefused)
      const { comparisons, counts } = meter.take()
      compared += comparisons.length
      expect(comparisons.map((each) => each.computed)).toEqual(comparisons.map((each) => each.reported))
      expect(counts.writeRequests).toBe(writes.length)
    }),
    { numRuns: 60 },
  )
  expect(compared).toBeGreaterThan(150)
})

function expectRefused(error: unknown): void {
  expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' })
}

test('computed units of reads are the ones that the emulator reports', async () => {
  const Item = (sk: string, length: number) => ({
    pk: { S: 'R' },
    sk: { S: sk },
    d: { S: 'due#r' },
    da: { N: '1' },
    x: { S: 'x'.repeat(length) },
  })
  for (const [sk, length] of [
    ['1', 10],
    ['2', 5000],
    ['3', 3000],
  ] as const) {
    await side.send(new PutItemCommand({ TableName, Item: Item(sk, length) }))
  }
  meter.take()
  const key = (sk: string) => ({ pk: { S: 'R' }, sk: { S: sk } })
  const query = (condition: string, value: string) => ({
    TableName,
    KeyConditionExpression: condition,
    ExpressionAttributeValues: { ':value': { S: value } },
  })
  // The emulator asks nothing for keys of a batch that are not there, and for a query that finds nothing: left out.
  for (const ConsistentRead of [true, false]) {
    for (const sk of ['1', '2', 'none']) {
      await client.send(new GetItemCommand({ TableName, Key: key(sk), ConsistentRead }))
    }
    const Keys = ['1', '2'].map(key)
    await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead } } }))
    await client.send(new QueryCommand({ ...query('pk = :value', 'R'), ConsistentRead }))
  }
  await client.send(new QueryCommand({ ...query('d = :value', 'due#r'), IndexName: 'due' }))
  const { comparisons, counts } = meter.take()
  expect(counts).toMatchObject({ readRequests: 11, writeRequests: 0 })
  expect(comparisons).toHaveLength(11)
  for (const each of comparisons) expect(each).toMatchObject({ reported: each.computed })
})

test('a transaction is one write request, at twice the table’s units, applied or cancelled', async () => {
  const Item = {
    pk: { S: 'T' },
    sk: { S: '1' },
    d: { S: 'due#t' },
    da: { N: '1' },
    x: { S: 'x'.repeat(1500) },
  }
  const check = { TableName, Key: { pk: { S: 'T' }, sk: { S: 'none' } } }
  meter.take()
  await client.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item } },
        { ConditionCheck: { ...check, ConditionExpression: 'attribute_not_exists(pk)' } },
      ],
    }),
  )
  expect(meter.take().counts).toMatchObject({
    writeRequests: 1,
    transactions: 1,
    writeUnits: 2 * 2 + 1 + 2 * 1,
  })
  const cancelled = client.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item } },
        { ConditionCheck: { ...check, ConditionExpression: 'attribute_exists(pk)' } },
      ],
    }),
  )
  await expect(cancelled).rejects.toMatchObject({ name: 'TransactionCanceledException' })
  expect(meter.take().counts).toMatchObject({ writeRequests: 1, transactions: 1, writeUnits: 2 * 2 + 2 * 1 })
})

test('a request that the meter cannot price is refused, not guessed', async () => {
  const filtered = new QueryCommand({
    TableName,
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: 'attribute_exists(x)',
    ExpressionAttributeValues: { ':pk': { S: 'R' } },
  })
  await expect(client.send(filtered)).rejects.toThrow(/filter or a projection/)
  const unknown = new PutItemCommand({ TableName: 'other', Item: { pk: { S: 'P' } } })
  await expect(client.send(unknown)).rejects.toThrow(/does not know the table other/)
})
