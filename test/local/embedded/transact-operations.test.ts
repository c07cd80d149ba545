import { afterEach, beforeEach, expect, test } from 'vitest'
import { startEmbeddedStore, type EmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'
import { TABLE, TABLE_NAME } from './differential/requests.ts'
import { Endpoint } from './differential/wire.ts'

let store: EmbeddedStore
let endpoint: Endpoint
let held: string[] = []
beforeEach(async () => {
  held = []
  store = await startEmbeddedStore({
    isHeld: ({ tableName, key }) => tableName === TABLE_NAME && held.includes(JSON.stringify(key['sk'])),
  })
  endpoint = new Endpoint(store.endpoint)
  await endpoint.ask({ operation: 'CreateTable', body: TABLE })
})
afterEach(async () => {
  endpoint.close()
  await store.stop()
})

const keyOf = (sk: string) => ({ pk: { S: 'p' }, sk: { S: sk } })
const put = (sk: string) => ({ Put: { TableName: TABLE_NAME, Item: keyOf(sk) } })
const get = (sk: string) => ({ Get: { TableName: TABLE_NAME, Key: keyOf(sk) } })

test('TransactWriteItems is cancelled and writes nothing when another transaction holds an item', async () => {
  held = ['{"S":"b"}']
  const TransactItems = [put('a'), put('b')]
  const refused = await endpoint.ask({ operation: 'TransactWriteItems', body: { TransactItems } })
  expect(refused).toEqual({
    status: 400,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
      Message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
      ],
    },
  })
  const { body } = await endpoint.ask({ operation: 'Scan', body: { TableName: TABLE_NAME } })
  expect(body['Count']).toBe(0)
})

test('TransactGetItems is cancelled when another transaction holds an item', async () => {
  held = ['{"S":"a"}']
  const asked = { operation: 'TransactGetItems', body: { TransactItems: [get('a'), get('b')] } }
  const { body } = await endpoint.ask(asked)
  expect(body['Message']).toContain('[TransactionConflict, None]')
})

test.each([
  ['PutItem', { Item: keyOf('a') }],
  ['UpdateItem', { Key: keyOf('a') }],
  ['DeleteItem', { Key: keyOf('a') }],
])('%s is refused when another transaction holds its item, and succeeds later', async (operation, body) => {
  held = ['{"S":"a"}']
  const asked = { operation, body: { TableName: TABLE_NAME, ...body } }
  expect(await endpoint.ask(asked)).toEqual({
    status: 400,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#TransactionConflictException',
      Message: 'Transaction is ongoing for the item',
    },
  })
  held = []
  expect((await endpoint.ask(asked)).status).toBe(200)
})

test('an update of a transaction needs an update expression, as DynamoDB documents', async () => {
  const TransactItems = [{ Update: { TableName: TABLE_NAME, Key: keyOf('a') } }]
  const { body } = await endpoint.ask({ operation: 'TransactWriteItems', body: { TransactItems } })
  expect(body['Message']).toContain("'transactItems.1.member.update.updateExpression' failed")
})
