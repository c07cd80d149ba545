import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbeddedStore, type EmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'
import { TABLE, TABLE_NAME } from './differential/requests.ts'
import { Endpoint } from './differential/wire.ts'

let store: EmbeddedStore
let endpoint: Endpoint
beforeAll(async () => {
  store = await startEmbeddedStore()
  endpoint = new Endpoint(store.endpoint)
  await endpoint.ask({ operation: 'CreateTable', body: TABLE })
})
afterAll(async () => {
  endpoint.close()
  await store.stop()
})

const TableName = TABLE_NAME
const Key = { pk: { S: 'p' }, sk: { S: 's' } }

test.each([
  ['ExecuteStatement', { Statement: 'SELECT * FROM x' }, 'the operation ExecuteStatement'],
  ['UpdateTable', { TableName }, 'the operation UpdateTable'],
  ['CreateBackup', { TableName, BackupName: 'b' }, 'the operation CreateBackup'],
  ['TagResource', {}, 'the operation TagResource'],
  ['CreateTable', { ...TABLE, LocalSecondaryIndexes: [{}] }, 'CreateTable with LocalSecondaryIndexes'],
  ['CreateTable', { ...TABLE, ProvisionedThroughput: {} }, 'CreateTable with ProvisionedThroughput'],
  ['PutItem', { TableName, Item: Key, Expected: {} }, 'the parameter Expected'],
  ['UpdateItem', { TableName, Key, AttributeUpdates: {} }, 'the parameter AttributeUpdates'],
  ['DeleteItem', { TableName, Key, ConditionalOperator: 'OR' }, 'the parameter ConditionalOperator'],
  ['GetItem', { TableName, Key, AttributesToGet: ['a'] }, 'the parameter AttributesToGet'],
  ['Query', { TableName, KeyConditions: {} }, 'the parameter KeyConditions'],
  ['Scan', { TableName, ScanFilter: {} }, 'the parameter ScanFilter'],
])('%s with %j is refused by name, with a way to DynamoDB Local', async (operation, body, lacked) => {
  const refused = await endpoint.ask({ operation, body })
  const type = lacked.startsWith('the operation') ? 'UnknownOperationException' : 'ValidationException'
  expect(refused.status).toBe(400)
  expect(refused.body['__type']).toMatch(new RegExp(`#${type}$`))
  expect(refused.body['Message']).toContain(
    `The embedded store does not support ${lacked}; DynamoDB Local does:`,
  )
  expect(refused.body['Message']).toContain('start the stack with --store dynamodb-local')
})
