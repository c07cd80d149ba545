import {
  type BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  ScanCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import {
  fromItem,
  putRows,
  rowTableInput,
  toItem,
  type Row,
} from '../../../../functions/processes/csv/row-table.ts'

const dynamo = new DynamoDBClient({
  endpoint: inject('dynamoEndpoint'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})
afterAll(() => dynamo.destroy())

const table = 'row-table-test'
const columns = ['row', 'cells', 'naïve name']
beforeAll(() => dynamo.send(new CreateTableCommand(rowTableInput(table))))

function rowsFrom(first: number, count: number): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    number: first + index,
    cells: [`${first + index}`, '', '\n"é"'],
  }))
}

async function stored(): Promise<Row[]> {
  const page = await dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
  return (page.Items ?? []).map((item) => fromItem(columns, item)).sort((a, b) => a.number - b.number)
}

/** Answers a batch as told: how many of its puts it leaves unprocessed. */
function clientLeaving(left: (batch: WriteRequest[], call: number) => number) {
  const taken: WriteRequest[] = []
  let calls = 0
  const send = vi.fn((command: BatchWriteItemCommand) => {
    const batch = command.input.RequestItems?.[table] ?? []
    const leave = left(batch, (calls += 1))
    taken.push(...batch.slice(leave))
    return Promise.resolve(
      leave === 0 ? { UnprocessedItems: {} } : { UnprocessedItems: { [table]: batch.slice(0, leave) } },
    )
  })
  return { send: send as unknown as DynamoDBClient['send'], taken, calls: () => calls, spy: send }
}

test('rows written twice, in overlapping chunks, are there once', async () => {
  await putRows(dynamo, { table, columns }, rowsFrom(1, 60))
  await putRows(dynamo, { table, columns }, rowsFrom(51, 60))
  expect(await stored()).toEqual(rowsFrom(1, 110))
})

test('a row comes back from its item as it was, whatever its columns are called', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(
      names,
      fc.nat(),
      fc.array(fc.string(), { minLength: 6, maxLength: 6 }),
      (columns, number, cells) => {
        const row = { number, cells: cells.slice(0, columns.length) }
        expect(fromItem(columns, toItem(columns, row))).toEqual(row)
      },
    ),
  )
})

test('batches hold at most 25 rows, and what was left unprocessed is sent again', async () => {
  const client = clientLeaving((batch, call) => (call <= 3 ? Math.min(7, batch.length) : 0))
  await putRows(client, { table, columns }, rowsFrom(1, 60))
  const sizes = client.spy.mock.calls.map(([command]) => command.input.RequestItems?.[table]?.length ?? 0)
  expect(Math.max(...sizes)).toBe(25)
  expect(client.calls()).toBe(6)
  const numbers = client.taken.map((put) => Number(put.PutRequest?.Item?.['row']?.N)).sort((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
})

test('a table that takes nothing is reported, with what to do', async () => {
  const client = clientLeaving((batch) => batch.length)
  await expect(putRows(client, { table, columns, retryBaseMs: 0 }, rowsFrom(1, 1))).rejects.toThrow(
    /1 rows unprocessed in 12 tries/,
  )
})

test('an abort ends the waiting with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('lease lost')
  const client = clientLeaving((batch) => {
    controller.abort(reason)
    return batch.length
  })
  const written = putRows(client, { table, columns, signal: controller.signal }, rowsFrom(1, 30))
  await expect(written).rejects.toSatisfy((error: Error) => error === reason || error.cause === reason)
})
