import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBothStores, remakeTable, tableOf, type BothStores } from './differential/both-stores.ts'
import type { Answer, Endpoint } from './differential/wire.ts'

const TABLE_NAME = 'streamed'
const TABLE = tableOf(TABLE_NAME, { pk: 'S' }, { streamed: true })
type Asked = { readonly operation: string; readonly body: object }
type Shard = { readonly StreamArn: string; readonly ShardId: string }
type Row = { readonly dynamodb: { readonly SequenceNumber: string } }

/** Inserts, changes, changes of nothing, and removals; alone, in a batch and in transactions. */
const WRITES: readonly Asked[] = [
  put('a', '1'),
  put('a', '1'),
  put('a', '2'),
  { operation: 'UpdateItem', body: { ...keyed('a'), UpdateExpression: 'REMOVE nope' } },
  { operation: 'UpdateItem', body: { ...keyed('b') } },
  { operation: 'UpdateItem', body: { ...keyed('b') } },
  { operation: 'DeleteItem', body: keyed('a') },
  { operation: 'DeleteItem', body: keyed('a') },
  {
    operation: 'BatchWriteItem',
    body: { RequestItems: { [TABLE_NAME]: [{ PutRequest: { Item: { pk: { S: 'c' } } } }] } },
  },
  {
    operation: 'TransactWriteItems',
    body: {
      TransactItems: [
        { Put: put('d', '1').body },
        { Delete: keyed('c') },
        { ConditionCheck: { ...keyed('b'), ConditionExpression: 'attribute_exists(pk)' } },
      ],
    },
  },
  {
    operation: 'TransactWriteItems',
    body: {
      TransactItems: [{ Put: { ...put('d', '9').body, ConditionExpression: 'attribute_not_exists(pk)' } }],
    },
  },
]

describe('streams of the embedded store', () => {
  let stores: BothStores
  let embedded: Endpoint
  let local: Endpoint
  beforeAll(async () => {
    stores = await openBothStores()
    ;({ embedded, local } = stores)
    await remakeTable(stores, TABLE)
    for (const each of [embedded, local]) {
      for (const write of WRITES) await each.ask(write)
    }
  })
  afterAll(async () => {
    await local.ask({ operation: 'DeleteTable', body: { TableName: TABLE_NAME } })
    await stores.close()
  })

  test('the records of the same writes are those of DynamoDB Local', async () => {
    const [mine, theirs] = [await allRecords(embedded), await allRecords(local)]
    expect(mine.map(comparable)).toEqual(theirs.map(comparable))
    expect(mine).toHaveLength(7)
  })

  test('each of the four iterator types starts at its position', async () => {
    const [first, second] = (await allRecords(embedded)) as [Row, Row]
    const shard = await shardOf(embedded)
    const { SequenceNumber } = first.dynamodb
    const from = async (ShardIteratorType: string, more: object = {}): Promise<unknown> => {
      const iterator = await streams(embedded, 'GetShardIterator', { ...shard, ShardIteratorType, ...more })
      const { body } = await streams(embedded, 'GetRecords', { ...iterator.body, Limit: 1 })
      return (body['Records'] as Row[])[0]?.dynamodb.SequenceNumber
    }
    expect(await from('TRIM_HORIZON')).toBe(SequenceNumber)
    expect(await from('AT_SEQUENCE_NUMBER', { SequenceNumber })).toBe(SequenceNumber)
    expect(await from('AFTER_SEQUENCE_NUMBER', { SequenceNumber })).toBe(second.dynamodb.SequenceNumber)
    expect(await from('LATEST')).toBeUndefined()
  })

  test('an iterator of the latest brings what is written after it was made', async () => {
    const shard = await shardOf(embedded)
    const iterator = await streams(embedded, 'GetShardIterator', { ...shard, ShardIteratorType: 'LATEST' })
    const empty = await streams(embedded, 'GetRecords', iterator.body)
    expect(empty.body['Records']).toEqual([])
    await embedded.ask(put('later', '1'))
    const next = await streams(embedded, 'GetRecords', { ShardIterator: empty.body['NextShardIterator'] })
    expect(next.body['Records']).toMatchObject([{ dynamodb: { Keys: { pk: { S: 'later' } } } }])
    await embedded.ask({ operation: 'DeleteItem', body: keyed('later') })
  })

  test.each([
    ['DescribeStream', { StreamArn: 'x' }],
    ['GetShardIterator', { ShardIteratorType: 'SOME' }],
    ['GetShardIterator', { ShardIteratorType: 'LATEST', ShardId: 'nope' }],
    ['GetShardIterator', { ShardIteratorType: 'AT_SEQUENCE_NUMBER' }],
    ['GetShardIterator', { ShardIteratorType: 'AT_SEQUENCE_NUMBER', SequenceNumber: '1' }],
    ['GetRecords', { ShardIterator: 'x' }],
    ['GetRecords', { Limit: 0 }],
    ['GetRecords', { Limit: 1_001 }],
  ])('%s %j is refused as DynamoDB Local does', async (operation, more) => {
    const answers = []
    for (const each of [embedded, local]) {
      const shard = await shardOf(each)
      const latest = await streams(each, 'GetShardIterator', { ...shard, ShardIteratorType: 'LATEST' })
      const good = operation === 'GetRecords' ? latest.body : shard
      answers.push(await streams(each, operation, { ...good, ...more }))
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.status).toBe(400)
  })
})

function streams(store: Endpoint, operation: string, body: object): Promise<Answer> {
  return store.ask({ operation, body }, 'DynamoDBStreams_20120810')
}

async function shardOf(store: Endpoint): Promise<Shard> {
  const listed = await streams(store, 'ListStreams', { TableName: TABLE_NAME })
  const { StreamArn } = (listed.body['Streams'] as Shard[]).at(-1) as Shard
  const described = await streams(store, 'DescribeStream', { StreamArn })
  const { Shards } = described.body['StreamDescription'] as { Shards: Shard[] }
  return { StreamArn, ShardId: (Shards[0] as Shard).ShardId }
}

async function allRecords(store: Endpoint): Promise<readonly Row[]> {
  const asked = { ...(await shardOf(store)), ShardIteratorType: 'TRIM_HORIZON' }
  const iterator = await streams(store, 'GetShardIterator', asked)
  return (await streams(store, 'GetRecords', iterator.body)).body['Records'] as Row[]
}

/** A record without its ids and its time, which DynamoDB Local rounds to minutes. */
function comparable(record: object): object {
  const { dynamodb, ...rest } = record as { dynamodb: object }
  const any = expect.anything() as unknown
  return {
    ...rest,
    eventID: any,
    dynamodb: { ...dynamodb, SequenceNumber: any, ApproximateCreationDateTime: any },
  }
}

function keyed(pk: string): { TableName: string; Key: object } {
  return { TableName: TABLE_NAME, Key: { pk: { S: pk } } }
}

function put(pk: string, a: string): Asked {
  return { operation: 'PutItem', body: { TableName: TABLE_NAME, Item: { pk: { S: pk }, a: { N: a } } } }
}
