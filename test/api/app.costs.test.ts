import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { testApi } from '../helpers/api.ts'
import { freshTable, localClient } from '../helpers/table.ts'

// What each request to the API costs at the table, counted at the client.

let client: DynamoDBClient
let api: ReturnType<typeof testApi>
const sent: string[] = []
beforeAll(async () => {
  client = localClient(inject('dynamoEndpoint'))
  const tableName = await freshTable(client)
  client.middlewareStack.add(
    (next, context) => (args) => {
      sent.push(context.commandName ?? '')
      return next(args)
    },
    { step: 'initialize' },
  )
  const registry = new DynamoProcessRegistry({
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  api = testApi({ registry })
  for (let n = 0; n < 7; n += 1)
    await api.ask('/v1/processes', { body: { id: `p-${n}`, kind: 'echo', input: { n } } })
})
afterAll(() => client.destroy())

async function costOf(path: string, body?: object): Promise<string[]> {
  sent.length = 0
  const { status } = await api.ask(path, body === undefined ? {} : { body })
  expect(status).toBeLessThan(300)
  return [...sent]
}

test('a get is one request', async () => {
  expect(await costOf('/v1/processes/p-1')).toEqual(['GetItemCommand'])
})

test('a page of a list is one request, wherever it is', async () => {
  const { body } = await api.ask('/v1/processes?kind=echo&limit=3')
  expect(await costOf('/v1/processes?kind=echo&limit=3')).toEqual(['QueryCommand'])
  expect(await costOf('/v1/processes?kind=echo')).toEqual(['QueryCommand'])
  const cursor = String(body['cursor'])
  expect(await costOf(`/v1/processes?kind=echo&limit=3&cursor=${cursor}`)).toEqual(['QueryCommand'])
  expect(await costOf('/v1/processes?kind=echo&status=pending')).toEqual(['QueryCommand'])
})

test('a start is one request, and so is each of many', async () => {
  const start = (id: string) => ({ id, kind: 'echo', input: { n: 1 } })
  expect(await costOf('/v1/processes', start('one'))).toEqual(['PutItemCommand'])
  const starts = [start('two'), start('three')]
  expect(await costOf('/v1/processes/batch', { starts })).toEqual(['PutItemCommand', 'PutItemCommand'])
})

test('a result and a cancel are one or two', async () => {
  expect(await costOf('/v1/processes/p-2/result')).toEqual(['GetItemCommand'])
  // The first try is for a running one, where no second is needed.
  expect(await costOf('/v1/processes/p-2/cancel', { reason: 'r' })).toHaveLength(2)
  expect(await costOf('/v1/processes/p-2/events')).toEqual(['GetItemCommand'])
})
