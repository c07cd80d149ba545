import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbeddedStore, type EmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'
import { startStore, type LocalStore } from '../../../lib/local/store.ts'
import { tableOf } from './differential/both-stores.ts'
import { Endpoint, type Answer } from './differential/wire.ts'

const TABLE_NAME = 'kept'
const KILLED_AFTER = 150
const WRITERS = 4

let folder: string
let killed: LocalStore | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-embedded-'))
})
afterEach(async () => {
  await killed?.stop()
  killed = undefined
  rmSync(folder, { recursive: true, force: true })
})

test('every acknowledged write is there after kill -9 in the middle of writes', async () => {
  const running = (killed = await startStore('embedded', { dataDir: folder }))
  const store = new Endpoint(running.endpoint)
  await store.ask({ operation: 'CreateTable', body: TABLE })
  const acknowledged = new Map<string, number>()
  let writes = 0
  const writer = async (name: string): Promise<void> => {
    for (let count = 1; ; count += 1) {
      // Both rows or none: a transaction is one commit.
      const answer = await transact(store, name, count).catch(() => undefined)
      if (answer === undefined) return
      expect(answer).toEqual({ status: 200, body: {} })
      acknowledged.set(name, count)
      writes += 1
      if (writes === KILLED_AFTER) process.kill(running.pid, 'SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, at) => writer(`w${at}`)))
  store.close()
  expect(await running.ended).toEqual({ code: null, signal: 'SIGKILL' })

  const again = await reopened(async (endpointAgain) => {
    const read: [string, number, number][] = []
    for (const name of acknowledged.keys()) {
      const [first, second] = [await get(endpointAgain, name, 'a'), await get(endpointAgain, name, 'b')]
      read.push([name, first, second])
    }
    return read
  })
  expect(writes).toBeGreaterThanOrEqual(KILLED_AFTER)
  for (const [name, first, second] of again) {
    expect(first).toBe(second)
    // The write that was under way may be there too.
    expect(first - (acknowledged.get(name) ?? 0)).toBeOneOf([0, 1])
  }
})

test('a folder keeps tables, items, their stream and the tokens of transactions', async () => {
  const [before, after] = [await reopened(fill), await reopened(look)]
  expect(after).toEqual(before)
})

async function fill(store: Endpoint): Promise<unknown> {
  await store.ask({ operation: 'CreateTable', body: TABLE })
  await store.ask({
    operation: 'UpdateTimeToLive',
    body: { TableName: TABLE_NAME, TimeToLiveSpecification: { AttributeName: 'x', Enabled: true } },
  })
  await transact(store, 'one', 1, 'token')
  await transact(store, 'two', 2)
  await store.ask({ operation: 'DeleteItem', body: { TableName: TABLE_NAME, Key: keyOf('two', 'a') } })
  return look(store)
}

async function look(store: Endpoint): Promise<unknown> {
  const answers: unknown[] = []
  for (const operation of ['DescribeTable', 'DescribeTimeToLive', 'Scan'])
    answers.push(await store.ask({ operation, body: { TableName: TABLE_NAME } }))
  // Under its token the transaction is known: it is not carried out again, though its condition no longer holds.
  answers.push(await transact(store, 'one', 1, 'token'))
  answers.push(await records(store))
  return answers
}

async function records(store: Endpoint): Promise<unknown> {
  const streams = 'DynamoDBStreams_20120810'
  const listed = await store.ask({ operation: 'ListStreams', body: { TableName: TABLE_NAME } }, streams)
  const [{ StreamArn }] = listed.body['Streams'] as [{ StreamArn: string }]
  const described = await store.ask({ operation: 'DescribeStream', body: { StreamArn } }, streams)
  const { Shards } = described.body['StreamDescription'] as { Shards: [{ ShardId: string }] }
  const asked = { StreamArn, ShardId: Shards[0].ShardId, ShardIteratorType: 'TRIM_HORIZON' }
  const iterator = await store.ask({ operation: 'GetShardIterator', body: asked }, streams)
  return (await store.ask({ operation: 'GetRecords', body: iterator.body }, streams)).body['Records']
}

async function reopened<T>(use: (store: Endpoint) => Promise<T>): Promise<T> {
  const store: EmbeddedStore = await startEmbeddedStore({ dataDir: folder })
  const endpoint = new Endpoint(store.endpoint)
  try {
    return await use(endpoint)
  } finally {
    endpoint.close()
    await store.stop()
  }
}

function transact(store: Endpoint, name: string, count: number, token?: string): Promise<Answer> {
  const TransactItems = ['a', 'b'].map((sk) => ({
    Put: { TableName: TABLE_NAME, Item: { ...keyOf(name, sk), count: { N: String(count) } } },
  }))
  const [first, second] = TransactItems as [{ Put: object }, { Put: object }]
  const once = token === undefined ? {} : { ConditionExpression: 'attribute_not_exists(pk)' }
  return store.ask({
    operation: 'TransactWriteItems',
    body: {
      TransactItems: [{ Put: { ...first.Put, ...once } }, second],
      ...(token !== undefined && { ClientRequestToken: token }),
    },
  })
}

async function get(store: Endpoint, name: string, sk: string): Promise<number> {
  const { body } = await store.ask({
    operation: 'GetItem',
    body: { TableName: TABLE_NAME, Key: keyOf(name, sk) },
  })
  return Number((body['Item'] as { count: { N: string } }).count.N)
}

function keyOf(pk: string, sk: string): object {
  return { pk: { S: pk }, sk: { S: sk } }
}

const TABLE = tableOf(TABLE_NAME, { pk: 'S', sk: 'S' }, { streamed: true })
