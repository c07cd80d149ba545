import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import {
  fromItem,
  putRows,
  rowTableInput,
  toItem,
  type Row,
} from '../../../../examples/import/csv/row-table.ts'

const dynamo = new DynamoDBClient({
  endpoint: inject('dynamoEndpoint'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})
afterAll(() => dynamo.destroy())
const documents = DynamoDBDocumentClient.from(dynamo)

const table = 'row-table-test'
const columns = ['row', 'cells', 'naïve name', 'constructor']
beforeAll(() => dynamo.send(new CreateTableCommand(rowTableInput(table))))

function rowsFrom(first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    number: first + index,
    cells: [`${first + index}`, '', '\n"é"', 'p'],
  }))
}

async function stored(): Promise<Row[]> {
  const page = await documents.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
  return (page.Items ?? []).map((item) => fromItem(columns, item)).sort((a, b) => a.number - b.number)
}

type Puts = NonNullable<BatchWriteCommandInput['RequestItems']>[string]

/** A client whose table leaves puts unprocessed: `left` returns how many of each batch. */
function clientLeaving(left: (batch: Puts, call: number) => number) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
  const mock = mockClient(client)
  const [batches, taken]: [Puts[], Puts] = [[], []]
  mock.on(BatchWriteCommand).callsFake(({ RequestItems }: BatchWriteCommandInput) => {
    const batch = RequestItems?.[table] ?? []
    const leave = left(batch, batches.push(batch))
    taken.push(...batch.slice(leave))
    return { UnprocessedItems: leave === 0 ? {} : { [table]: batch.slice(0, leave) } }
  })
  return { client, batches, taken }
}

test('rows written twice, in overlapping chunks, are there once', async () => {
  await putRows(documents, { table, columns }, rowsFrom(1, 60))
  await putRows(documents, { table, columns }, rowsFrom(51, 60))
  expect(await stored()).toEqual(rowsFrom(1, 110))
})

test('a row comes back from its item as it was, whatever its columns are called', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__')
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      names,
      fc.nat(),
      fc.array(fc.string(), { minLength: 6, maxLength: 6 }),
      (columns, number, cells) => {
        const row = { number, cells: cells.slice(0, columns.length) }
        expect(fromItem(columns, unmarshall(marshall(toItem(columns, row))))).toEqual(row)
      },
    ),
  )
})

test('batches hold at most 25 rows, and what was left unprocessed is sent again', async () => {
  const { client, batches, taken } = clientLeaving((batch, call) =>
    call <= 3 ? Math.min(7, batch.length) : 0,
  )
  await putRows(client, { table, columns }, rowsFrom(1, 60))
  expect(Math.max(...batches.map((batch) => batch.length))).toBe(25)
  expect(batches).toHaveLength(6)
  const numbers = taken.map((put) => Number(put.PutRequest?.Item?.['row'])).sort((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
})

test('a table that takes nothing is reported, with what to do', async () => {
  const { client } = clientLeaving((batch) => batch.length)
  await expect(putRows(client, { table, columns, retryBaseMs: 0 }, rowsFrom(1, 1))).rejects.toThrow(
    /1 rows unprocessed in 12 tries/,
  )
})

test('an abort ends the waiting with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('lease lost')
  const { client } = clientLeaving((batch) => {
    controller.abort(reason)
    return batch.length
  })
  const written = putRows(client, { table, columns, signal: controller.signal }, rowsFrom(1, 30))
  await expect(written).rejects.toSatisfy((error: Error) => error === reason || error.cause === reason)
})
