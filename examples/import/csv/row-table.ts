import { setTimeout as pause } from 'node:timers/promises'
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb'
import pMap from 'p-map'

/** DynamoDB takes no more puts in one request. */
const BATCH_ROWS = 25
/** Requests at once: more only make a small table throttle. */
const BATCHES_AT_ONCE = 4
/** Wait before what was not taken is sent again; doubles up to the maximum. */
const RETRY_BASE_MS = 25
const RETRY_MAX_MS = 2_000
/** About 15 s in all: a table that takes nothing for so long is reported, not waited for. */
const TRIES = 12

/** A row as it is stored: its number in the file, from 1 after the header, and its cells by column. */
export type Row = { readonly number: number; readonly cells: readonly string[] }

/** An item of the table, as the document client takes it. */
type Item = { readonly row: number; readonly cells: ReadonlyMap<string, string> }
type Puts = NonNullable<BatchWriteCommandInput['RequestItems']>[string]

/**
 * The table that rows are imported into. The key is the row's number, so writing a row again replaces it with itself:
 * an import may be interrupted anywhere and a chunk written twice, and each row is there once.
 */
export function rowTableInput(table: string): CreateTableCommandInput {
  return {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'row', AttributeType: 'N' }],
    KeySchema: [{ AttributeName: 'row', KeyType: 'HASH' }],
  }
}

/** A map of their own lets a column be called `row`; as a `Map` the client also takes one called `constructor`. */
export function toItem(columns: readonly string[], row: Row): Item {
  const cells = columns.map((column, index) => [column, row.cells[index] ?? ''] as const)
  return { row: row.number, cells: new Map(cells) }
}

/** The row of an item: as `toItem` made it, or as the document client returns it, with an object of cells. */
export function fromItem(columns: readonly string[], item: Record<string, unknown>): Row {
  const stored = item['cells'] ?? {}
  const cells = stored instanceof Map ? stored : new Map<unknown, unknown>(Object.entries(stored))
  return { number: Number(item['row']), cells: columns.map((column) => String(cells.get(column) ?? '')) }
}

export type RowsTo = {
  readonly table: string
  readonly columns: readonly string[]
  readonly signal?: AbortSignal
  /** Default 25. */
  readonly retryBaseMs?: number
}

/**
 * Writes all rows, in batches, and again what DynamoDB left unprocessed. Safe to repeat. Throws the signal's reason, or
 * an error that has it as its cause, when it fires; some of the rows are written then.
 */
export async function putRows(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  to: RowsTo,
  rows: readonly Row[],
): Promise<void> {
  const puts = rows.map((row) => ({ PutRequest: { Item: toItem(to.columns, row) } }))
  const batches = Array.from({ length: Math.ceil(puts.length / BATCH_ROWS) }, (_, index) =>
    puts.slice(index * BATCH_ROWS, (index + 1) * BATCH_ROWS),
  )
  const signal = to.signal === undefined ? {} : { signal: to.signal }
  await pMap(batches, (batch) => putBatch(client, to, batch), { concurrency: BATCHES_AT_ONCE, ...signal })
}

async function putBatch(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  to: RowsTo,
  batch: Puts,
): Promise<void> {
  const options = to.signal === undefined ? {} : { abortSignal: to.signal }
  let left = batch
  for (let tries = 1; ; tries += 1) {
    const reply = await client.send(new BatchWriteCommand({ RequestItems: { [to.table]: left } }), options)
    left = reply.UnprocessedItems?.[to.table] ?? []
    if (left.length === 0) return
    if (tries === TRIES) {
      throw new Error(
        `${to.table} left ${left.length} rows unprocessed in ${TRIES} tries; raise its capacity and import again`,
      )
    }
    const waitMs = Math.min((to.retryBaseMs ?? RETRY_BASE_MS) * 2 ** (tries - 1), RETRY_MAX_MS)
    await pause(waitMs, undefined, to.signal === undefined ? {} : { signal: to.signal })
  }
}
