import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'
import { BadCsv } from './csv/bad-csv.ts'
import { CsvFile } from './csv/csv-file.ts'
import { putRows } from './csv/row-table.ts'

/** Rows of one journaled step: what is written again, at most, after a worker died. */
const CHUNK_ROWS = 1_000
/** A chunk is held in memory, and has to be written well within one invocation. */
const CHUNK_ROWS_MAX = 10_000

export const IMPORT_CSV = 'import-csv'

export const ImportInput = v.strictObject({
  /** A file that every worker sees under this path. */
  path: v.pipe(v.string(), v.nonEmpty()),
  /** The table the rows go to, as `rowTableInput` describes it. */
  table: v.pipe(v.string(), v.nonEmpty()),
  chunkRows: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(CHUNK_ROWS_MAX)),
    CHUNK_ROWS,
  ),
})

export const ImportOutput = v.object({ rows: v.number(), bytes: v.number() })

/** What the first step records: the columns, and by what the file is known again. */
export const Opened = v.object({
  columns: v.array(v.string()),
  nextOffset: v.number(),
  bytes: v.number(),
  modifiedAt: v.number(),
})

/** What each further step records: rows written, and the byte of the file where the next chunk begins. */
export const ChunkDone = v.object({ nextOffset: v.number(), rows: v.number() })

type Clients = { readonly dynamo: () => Pick<DynamoDBDocumentClient, 'send'> }

/**
 * Imports a CSV file into a table, a chunk a step. A worker that takes over reads on from the last recorded offset;
 * the chunk that was being written is written again, over itself. Fails with `csv_missing`, `csv_unreadable`,
 * `csv_not_utf8`, `csv_malformed` (naming the line) or `csv_changed`; the rows of chunks before that stay.
 */
export function importCsvWith(clients: Clients) {
  return defineProcess({
    kind: IMPORT_CSV,
    input: ImportInput,
    output: ImportOutput,
    async run(context, { path, table, chunkRows }) {
      const opened = await context.step('open', async () => {
        await using file = await CsvFile.open(path)
        const { columns, nextOffset } = await file.header()
        return { columns: [...columns], nextOffset, bytes: file.bytes, modifiedAt: file.modifiedAt }
      })
      let { nextOffset } = opened
      let rows = 0
      while (nextOffset < opened.bytes) {
        const [from, first] = [nextOffset, rows + 1]
        const done = await context.step(`rows-${first}`, async ({ abortSignal: signal }) => {
          await using file = await CsvFile.open(path)
          expectSame(file, opened)
          const want = { count: chunkRows, columns: opened.columns.length, signal }
          const chunk = await file.rows(from, want)
          const numbered = chunk.rows.map((cells, index) => ({ number: first + index, cells }))
          await putRows(clients.dynamo(), { table, columns: opened.columns, signal }, numbered)
          return { nextOffset: chunk.nextOffset, rows: numbered.length }
        })
        nextOffset = done.nextOffset
        rows += done.rows
      }
      return { rows, bytes: opened.bytes }
    },
  })
}

let dynamo: DynamoDBDocumentClient | undefined

/** The definition that is deployed. Its client is made when the first import runs, not when a worker starts. */
export const importCsv = importCsvWith({
  dynamo() {
    const endpoint = process.env['LEASEHOLD_DYNAMODB_ENDPOINT']
    const client = () => new DynamoDBClient(endpoint === undefined ? {} : { endpoint })
    return (dynamo ??= DynamoDBDocumentClient.from(client()))
  },
})

/** An offset means nothing in another file: one that was edited meanwhile would be cut in the middle of a row. */
function expectSame(file: CsvFile, opened: { bytes: number; modifiedAt: number }): void {
  if (file.bytes === opened.bytes && file.modifiedAt === opened.modifiedAt) return
  throw new BadCsv(
    'csv_changed',
    `${file.path} was changed while it was imported; import it again from the start`,
  )
}
