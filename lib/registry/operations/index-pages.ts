import { createHash } from 'node:crypto'
import { InvalidInput } from '../../model/errors.ts'
import { utf8Bytes, type Json } from '../../model/json.ts'
import type { Key, IndexQuery, Item, ItemStore } from '../store/store.ts'
import { invariant } from '../../model/invariant.ts'
import { LIST_READS_MAX } from '../../model/limits.ts'
import { TABLE } from '../table.ts'

/**
 * Where a page of an index ended: the last row that was answered, or nothing where none of that shard was, or that
 * the shard is at its end.
 */
export type IndexPosition = (Key & { readonly at: number }) | 'start' | 'end'

/**
 * A cursor is opaque text. It carries a digest over itself and the query it belongs to, so that one of another query,
 * cut short or changed, is refused instead of leading somewhere else.
 */
export function encodeCursor(query: Json, positions: readonly IndexPosition[]): string {
  const body = JSON.stringify(positions.map((p) => (typeof p === 'string' ? p : [p.pk, p.sk, p.at])))
  return Buffer.from(JSON.stringify([digest(query, body), body]), 'utf8').toString('base64url')
}

/** Throws `InvalidInput`. */
export function decodeCursor(
  query: Json,
  cursor: string,
  { shards, from = -Infinity, to = Infinity }: { shards: number; from?: number; to?: number },
): readonly IndexPosition[] {
  const parts = parsed(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Array.isArray(parts)) throw cursorRefused()
  const [seal, body] = parts
  if (typeof body !== 'string' || seal !== digest(query, body)) throw cursorRefused()
  const positions = parsed(body)
  if (!Array.isArray(positions) || positions.length !== shards) throw cursorRefused()
  return positions.map(readPosition).map((position) => {
    if (typeof position !== 'string' && (position.at < from || position.at > to)) throw cursorRefused()
    return position
  })
}

/** Where a merged list ended: the last row that was answered, and the partition that it came from. */
export type IndexPlace = { readonly partition: string; readonly at: Exclude<IndexPosition, string> }

/** A cursor of one place, however many partitions are merged. */
export function encodePlace(query: Json, { partition, at }: IndexPlace): string {
  return encodeCursor([query, partition], [at]).concat('.', Buffer.from(partition).toString('base64url'))
}

/** Throws `InvalidInput`. */
export function decodePlace(query: Json, cursor: string, window: { from: number; to: number }): IndexPlace {
  const [sealed = '', named = ''] = cursor.split('.')
  const partition = Buffer.from(named, 'base64url').toString('utf8')
  // Another text of the same bytes is not the cursor that was given.
  if (Buffer.from(partition).toString('base64url') !== named) throw cursorRefused()
  const [at = 'start'] = decodeCursor([query, partition], sealed, { shards: 1, ...window })
  if (typeof at === 'string') throw cursorRefused()
  return { partition, at }
}

function readPosition(raw: Json): IndexPosition {
  if (raw === 'start' || raw === 'end') return raw
  if (!Array.isArray(raw)) throw cursorRefused()
  const [pk, sk, at] = raw
  if (!isKeyPart(pk, KEY_MAX_BYTES.pk) || !isKeyPart(sk, KEY_MAX_BYTES.sk)) throw cursorRefused()
  if (typeof at !== 'number' || !isSortNumber(at)) throw cursorRefused()
  return { pk, sk, at }
}

/** A seal is no secret, so a position may be anything: what DynamoDB would not take as a key is refused here. */
const KEY_MAX_BYTES = { pk: 2_048, sk: 1_024 } as const

/** Within what DynamoDB can hold, and what is sent as it was read. */
function isSortNumber(at: number): boolean {
  const size = Math.abs(at)
  return size === 0 || (size > 1e-100 && size <= Number.MAX_SAFE_INTEGER)
}

function isKeyPart(raw: Json | undefined, maxBytes: number): raw is string {
  return typeof raw === 'string' && raw !== '' && raw.isWellFormed() && utf8Bytes(raw) <= maxBytes
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function digest(query: Json, body: string): string {
  return createHash('sha256')
    .update(`${JSON.stringify(query)}\n${body}`, 'utf8')
    .digest('base64url')
    .slice(0, 16)
}

function cursorRefused(): InvalidInput {
  return new InvalidInput({
    what: 'the query',
    issues: [{ path: 'cursor', message: 'is not a cursor of this query; start again without one' }],
  })
}

/** One shard of an index, walked row by row from a position. Reads a page only when its next row is asked for. */
export class Walk {
  private readonly store: ItemStore
  private readonly query: IndexQuery
  private passed: IndexPosition
  private rows: Item[] = []
  private after: Item | undefined
  private readsLeft: number

  constructor(store: ItemStore, query: IndexQuery, from: IndexPosition, readsMax: number = LIST_READS_MAX) {
    this.store = store
    this.query = query
    this.readsLeft = readsMax
    this.passed = from
    this.after = typeof from === 'string' ? undefined : startKey(query, from)
  }

  /** The position from which a later walk continues. */
  get position(): IndexPosition {
    return this.passed
  }

  /** The next row; undefined at the end, and where this walk has read as many pages as one answer may cost. */
  async peek(): Promise<Item | undefined> {
    while (this.rows.length === 0 && this.passed !== 'end' && this.readsLeft > 0) {
      this.readsLeft -= 1
      const page = await this.store.index({
        ...this.query,
        ...(this.after === undefined ? {} : { after: this.after }),
      })
      this.rows.push(...page.items)
      this.after = page.next
      if (this.rows.length === 0 && this.after === undefined) this.passed = 'end'
    }
    return this.rows[0]
  }

  /** Goes past the row that was peeked at. */
  pass(): void {
    const row = this.rows.shift()
    invariant(row !== undefined, 'only a row that was peeked at is passed')
    const isLast = this.rows.length === 0 && this.after === undefined
    // The raw key: the walk passes an unreadable row like any other.
    this.passed = isLast
      ? 'end'
      : { pk: keyPartOf(row, 'pk'), sk: keyPartOf(row, 'sk'), at: sortValue(this.query, row) }
  }
}

/** The row's place in its index, as a number. */
export function sortValue(query: IndexQuery, row: Item): number {
  const value = row[indexOf(query).sortKey.name]
  invariant(typeof value === 'number', 'a row of an index has its sort key', { index: query.index })
  return value
}

function startKey(query: IndexQuery, from: Exclude<IndexPosition, string>): Item {
  const { partitionKey, sortKey } = indexOf(query)
  const { pk, sk, at } = from
  return { pk, sk, [partitionKey.name]: query.partition, [sortKey.name]: at }
}

function keyPartOf(row: Item, attr: 'pk' | 'sk'): string {
  const value = row[attr]
  invariant(typeof value === 'string', 'a row of an index has its table’s keys')
  return value
}

function indexOf(query: IndexQuery) {
  const index = TABLE.indexes.find(({ name }) => name === query.index)
  invariant(index !== undefined, 'an index is one of the table’s', { index: query.index })
  return index
}
