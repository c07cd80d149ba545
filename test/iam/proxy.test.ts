import {
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ensureTable } from '../../lib/local/resources.ts'
import { startIamProxy, type Decision, type IamProxy } from './proxy.ts'

const TableName = 'judged'
const RIGHT = 'dynamodb:PutItem on Processes/Table'
const decisions: Decision[] = []
let proxy: IamProxy
beforeAll(async () => {
  proxy = await startIamProxy({
    endpoint: inject('dynamoEndpoint'),
    things: () => ({ tables: new Map([[TableName, 'Processes/Table']]), queues: new Map() }),
    rightsOf: (accessKeyId) => (accessKeyId === 'localWorker' ? [RIGHT] : undefined),
    onDecision: (decision) => void decisions.push(decision),
  })
  await ensureTable(client('local'), TableName, { stream: false })
})
afterAll(() => proxy.stop())

function client(accessKeyId: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: proxy.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'local' },
  })
}
const Key = { pk: { S: 'P#a' }, sk: { S: 'PROCESS' } }

test('proxy hands on a request that the role of its key allows', async () => {
  await client('localWorker').send(new PutItemCommand({ TableName, Item: Key }))
  expect(decisions.at(-1)).toEqual({
    accessKeyId: 'localWorker',
    needed: { right: RIGHT, leadingKeys: ['P#a'] },
    allowed: true,
    by: RIGHT,
  })
})

test('proxy refuses a request that the role of its key does not allow, as AWS does', async () => {
  const update = new UpdateItemCommand({ TableName, Key })
  await expect(client('localWorker').send(update)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('dynamodb:UpdateItem on resource: Processes/Table'),
  })
  expect(decisions.at(-1)).toMatchObject({ allowed: false, by: undefined })
})

test('proxy lets a caller that is no function do all', async () => {
  const before = decisions.length
  await client('local').send(new ListTablesCommand({}))
  expect(decisions).toHaveLength(before)
})
