import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, type BatchWriteCommandInput, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromItem, type Row } from '../../../examples/import/csv/row-table.ts'
import { importCsvWith, ImportInput } from '../../../examples/import/import-csv.ts'
import { parseWith } from '../../../lib/effects/definition.ts'
import { JournaledEffectController } from '../../../lib/effects/journaled.ts'
import { ListJournal, runPorts } from '../../helpers/run-ports.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-csv-'))
})
afterAll(() => rm(folder, { recursive: true }))

const TEXT = 'name,note\n' + Array.from({ length: 7 }, (_, index) => `é${index},"a\n""${index}"""\n`).join('')
const ROWS = Array.from({ length: 7 }, (_, index) => ({
  number: index + 1,
  cells: [`é${index}`, `a\n"${index}"`],
}))

/** A table as a map by row number, and how often each row was written. */
function memoryTable(fails: (call: number) => boolean = () => false) {
  const rows = new Map<number, Row>()
  const writes: number[] = []
  let calls = 0
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }))
  mockClient(client)
    .on(BatchWriteCommand)
    .callsFake(({ RequestItems }: BatchWriteCommandInput) => {
      if (fails((calls += 1))) throw new Error('worker killed')
      for (const put of RequestItems?.['rows'] ?? []) {
        const row = fromItem(['name', 'note'], put.PutRequest?.Item ?? {})
        rows.set(row.number, row)
        writes.push(row.number)
      }
      return {}
    })
  return { client, writes, rows: () => [...rows.values()].sort((a, b) => a.number - b.number) }
}

/** Runs the import under the real controller, over what `journal` holds already. A body that throws is a worker that dies. */
async function importOn(journal: ListJournal, client: DynamoDBDocumentClient, input: ImportAsked) {
  const scope = new JournaledEffectController().begin(runPorts(journal))
  const output = await importCsvWith({ dynamo: () => client }).run(scope.context, input)
  journal.append(await scope.close('finished'))
  return output
}
type ImportAsked = { path: string; table: string; chunkRows: number }

/** The values of the steps that are recorded, in order. */
function recorded(journal: ListJournal): unknown[] {
  return journal.log.flatMap((entry) =>
    entry.type === 'effect' &&
    entry.outcome.ok &&
    entry.outcome.value !== undefined &&
    'value' in entry.outcome.value
      ? [entry.outcome.value.value]
      : [],
  )
}

async function fileOf(name: string, text = TEXT): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

test.each([1, 2, 3, 7, 8, 1000])('every row is imported once, in chunks of %i', async (chunkRows) => {
  const path = await fileOf(`by-${chunkRows}.csv`)
  const table = memoryTable()
  const journal = new ListJournal()
  const output = await importOn(journal, table.client, { path, table: 'rows', chunkRows })
  expect(output).toEqual({ rows: 7, bytes: Buffer.byteLength(TEXT) })
  expect(table.rows()).toEqual(ROWS)
  expect(table.writes).toHaveLength(7)
  expect(journal.log).toHaveLength(1 + Math.ceil(7 / chunkRows))
})

test('a re-run continues from the last recorded offset and repeats only the unfinished chunk', async () => {
  const path = await fileOf('killed.csv')
  const journal = new ListJournal()
  const table = memoryTable((call) => call === 3)
  const input = { path, table: 'rows', chunkRows: 2 }
  await expect(importOn(journal, table.client, input)).rejects.toThrow('worker killed')
  expect(recorded(journal).slice(1)).toEqual([
    { nextOffset: expect.any(Number), rows: 2 },
    { nextOffset: expect.any(Number), rows: 2 },
  ])
  expect(await importOn(journal, table.client, input)).toMatchObject({ rows: 7 })
  expect(table.rows()).toEqual(ROWS)
  expect(table.writes).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('a file that was changed between two chunks fails the import instead of cutting rows', async () => {
  const path = await fileOf('changed.csv')
  const journal = new ListJournal()
  const table = memoryTable((call) => call === 2)
  const input = { path, table: 'rows', chunkRows: 2 }
  await expect(importOn(journal, table.client, input)).rejects.toThrow('worker killed')
  await writeFile(path, `${TEXT}one more,row\n`)
  await expect(importOn(journal, table.client, input)).rejects.toMatchObject({
    error: { code: 'csv_changed' },
  })
  expect(table.rows()).toEqual(ROWS.slice(0, 2))
})

test('rows of the chunks before a malformed one stay, and the error names the line', async () => {
  const path = await fileOf('malformed.csv', 'name,note\n1,a\n2,b\n3\n')
  const table = memoryTable()
  const run = importOn(new ListJournal(), table.client, { path, table: 'rows', chunkRows: 2 })
  await expect(run).rejects.toMatchObject({
    error: { code: 'csv_malformed', message: expect.stringContaining('line 4') },
  })
  expect(table.rows().map((row) => row.number)).toEqual([1, 2])
})

test('the input has a default chunk and refuses what is no chunk, path or known key', async () => {
  expect(await parseWith(ImportInput, { path: 'a.csv', table: 'rows' }, 'input')).toEqual({
    path: 'a.csv',
    table: 'rows',
    chunkRows: 1_000,
  })
  const good = { path: 'a.csv', table: 'rows', chunkRows: 10 }
  for (const [key, value] of [
    ['chunkRows', 0],
    ['chunkRows', 1.5],
    ['chunkRows', 10_001],
    ['path', ''],
    ['table', 7],
    ['chunkrows', 5],
  ] as const) {
    const parsed = parseWith(ImportInput, { ...good, [key]: value }, 'input')
    await expect(parsed, key).rejects.toMatchObject({ issues: [{ path: key }] })
  }
})
