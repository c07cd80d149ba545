import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeCsv } from '../../../examples/import/make-csv.ts'
import {
  add,
  NOTHING,
  sameTally,
  tallyOf,
  tallyOfFile,
  tallyOfTable,
} from '../../../examples/import/verify.ts'
import { CsvFile } from '../../../examples/import/csv/csv-file.ts'
import { putRows, rowTableInput, type Row } from '../../../examples/import/csv/row-table.ts'
import { localClient } from '../../helpers/table.ts'

const dynamo = localClient(inject('dynamoEndpoint'))
const documents = DynamoDBDocumentClient.from(dynamo)
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'))
})
afterAll(async () => {
  dynamo.destroy()
  await rm(folder, { recursive: true })
})

const rows = fc.uniqueArray(
  fc.record({
    number: fc.integer({ min: 1, max: 50 }),
    cells: fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
  }),
  { selector: (row) => row.number, maxLength: 20 },
)
const tallyOfRows = (all: readonly Row[]) => all.map(tallyOf).reduce(add, NOTHING)

test('a tally does not depend on the order of the rows', () => {
  const shuffled = rows.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  )
  fc.assert(fc.property(shuffled, ([all, other]) => sameTally(tallyOfRows(other), tallyOfRows(all))))
})

test('a tally tells a missing, a repeated, a changed and an exchanged row', () => {
  const all: Row[] = [
    { number: 1, cells: ['a', 'b'] },
    { number: 2, cells: ['ab', ''] },
    { number: 3, cells: ['', 'ab'] },
  ]
  const [one, two, three] = all as [Row, Row, Row]
  const others: Row[][] = [
    [one, two],
    [one, two, three, three],
    [one, two, { ...three, cells: ['', 'aB'] }],
    [one, { ...two, cells: three.cells }, { ...three, cells: two.cells }],
    [one, one, two],
  ]
  for (const other of others)
    expect(sameTally(tallyOfRows(other), tallyOfRows(all)), JSON.stringify(other)).toBe(false)
})

async function importedBy(path: string, table: string): Promise<readonly string[]> {
  await using file = await CsvFile.open(path)
  const { columns, nextOffset } = await file.header()
  const chunk = await file.rows(nextOffset, { count: 100_000, columns: columns.length })
  await dynamo.send(new CreateTableCommand(rowTableInput(table)))
  await putRows(
    documents,
    { table, columns },
    chunk.rows.map((cells, index) => ({ number: index + 1, cells })),
  )
  return columns
}

test('a file and its imported table have the same tally, until a row is missing', async () => {
  // A scan's page holds 1 MB: this is more than one a segment.
  const path = await makeCsv(join(folder, 'big.csv'), { rows: 3_000, seed: 3 })
  const wide = (await readFile(path, 'utf8')).replaceAll(/^(A-\d+)/gm, `$1${'x'.repeat(1_500)}`)
  await writeFile(path, wide)
  const columns = await importedBy(path, 'verify-test')
  const [file, table] = [
    await tallyOfFile(path),
    await tallyOfTable(dynamo, { table: 'verify-test', columns }),
  ]
  expect(file.rows).toBe(3_000)
  expect(sameTally(file, table)).toBe(true)
  await putRows(documents, { table: 'verify-test', columns }, [{ number: 17, cells: ['other'] }])
  expect(sameTally(file, await tallyOfTable(dynamo, { table: 'verify-test', columns }))).toBe(false)
})
