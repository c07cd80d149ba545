import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { parse } from 'csv-parse'
import { fromItem, type Row } from './csv/row-table.ts'

/** Parts of the table that are read at once. */
const SEGMENTS = 4
const SUM_BITS = 64

/**
 * Rows as two numbers: how many, and a sum over a hash of each row with its number, which does not depend on the order
 * they are met in. Two sets of rows with the same tally are the same rows, each as often as in the other.
 */
export type Tally = { readonly rows: number; readonly sum: bigint }

export const NOTHING: Tally = { rows: 0, sum: 0n }

/** Reads the whole file at once, by the parser alone: none of the code that imported it has a part in this. */
export async function tallyOfFile(path: string): Promise<Tally> {
  const parser = createReadStream(path).pipe(
    parse({ bom: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] }),
  )
  let [tally, number] = [NOTHING, 0]
  for await (const cells of parser as AsyncIterable<string[]>) {
    // The first record is the header.
    if (number > 0) tally = add(tally, tallyOf({ number, cells }))
    number += 1
  }
  return tally
}

/** Reads every item of the table, strongly consistent. */
export async function tallyOfTable(
  client: DynamoDBClient,
  from: { table: string; columns: readonly string[] },
): Promise<Tally> {
  const documents = DynamoDBDocumentClient.from(client)
  const segments = Array.from({ length: SEGMENTS }, (_, segment) => tallyOfSegment(documents, from, segment))
  return (await Promise.all(segments)).reduce(add, NOTHING)
}

async function tallyOfSegment(
  client: DynamoDBDocumentClient,
  from: { table: string; columns: readonly string[] },
  segment: number,
): Promise<Tally> {
  let tally = NOTHING
  let after: Record<string, unknown> | undefined
  do {
    const scan = { TableName: from.table, ConsistentRead: true, Segment: segment, TotalSegments: SEGMENTS }
    const page = await client.send(new ScanCommand({ ...scan, ...(after && { ExclusiveStartKey: after }) }))
    for (const item of page.Items ?? []) tally = add(tally, tallyOf(fromItem(from.columns, item)))
    after = page.LastEvaluatedKey
  } while (after !== undefined)
  return tally
}

export function tallyOf(row: Row): Tally {
  const hash = createHash('sha256')
    .update(JSON.stringify([row.number, row.cells]))
    .digest()
  return { rows: 1, sum: hash.readBigUInt64BE(0) }
}

export function add(a: Tally, b: Tally): Tally {
  return { rows: a.rows + b.rows, sum: BigInt.asUintN(SUM_BITS, a.sum + b.sum) }
}

export function sameTally(a: Tally, b: Tally): boolean {
  return a.rows === b.rows && a.sum === b.sum
}

export function shownSum(tally: Tally): string {
  return tally.sum.toString(16).padStart(SUM_BITS / 4, '0')
}
