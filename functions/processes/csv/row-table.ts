import { setTimeout as pause } from 'node:timers/promises'
import {
  BatchWriteItemCommand,
  type AttributeValue,
  type CreateTableCommandInput,
  type DynamoDBClient,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
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

type Item = Record<string, AttributeValue>

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

/** Cells stand in a map of their own, so that a column may be called `row`. */
export function toItem(columns: readonly string[], row: Row): Item {
  const cells = columns.map((column, index) => [column, { S: row.cells[index] ?? '' }] as const)
  return { row: { N: String(row.number) }, cells: { M: Object.fromEntries(cells) } }
}

/** What `toItem` made an item from. */
export function fromItem(columns: readonly string[], item: Item): Row {
  const cells = item['cells']?.M ?? {}
  return { number: Number(item['row']?.N), cells: columns.map((column) => cells[column]?.S ?? '') }
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
  client: Pick<DynamoDBClient, 'send'>,
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
  client: Pick<DynamoDBClient, 'send'>,
  to: RowsTo,
  batch: WriteRequest[],
): Promise<void> {
  const options = to.signal === undefined ? {} : { abortSignal: to.signal }
  let left = batch
  for (let tries = 1; ; tries += 1) {
    const reply = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [to.table]: left } }),
      options,
    )
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
