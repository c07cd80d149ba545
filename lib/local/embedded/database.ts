import type { Disk } from './disk.ts'
import { streamRecord, type ItemChange, type StreamEntry } from './stream-record.ts'
import { noTable, transactionConflict } from './refusal.ts'
import { keyOf, type TableSchema } from './schema.ts'
import { Table } from './table.ts'
import { equalItems, type Attributes } from './values.ts'

/**
 * Whether a transaction of another client holds the item now, so that this access conflicts with it. It is asked once for
 * each item of a write and of a transaction.
 */
export type IsHeld = (item: { readonly tableName: string; readonly key: Attributes }) => boolean
/** "The token is valid for 10 minutes after the first request that uses it is completed." */
const TOKEN_MS = 10 * 60_000
/** "All data in DynamoDB Streams is subject to a 24-hour lifetime." */
const STREAM_MS = 24 * 60 * 60_000

/** All tables, streams and tokens. A change is on disk, if there is one, before it is seen in memory. */
export class Database {
  readonly tables = new Map<string, Table>()
  readonly #streams = new Map<string, StreamEntry[]>()
  readonly #tokens = new Map<string, { readonly asked: string; readonly until: number }>()
  readonly #disk: Disk | undefined
  readonly now: () => number
  readonly #isHeld: IsHeld
  #sequence = 0

  constructor(options: { readonly now: () => number; readonly disk?: Disk; readonly isHeld?: IsHeld }) {
    this.now = options.now
    this.#isHeld = options.isHeld ?? (() => false)
    this.#disk = options.disk
    const stored = options.disk?.load()
    if (stored === undefined) return
    for (const schema of stored.schemas) this.tables.set(schema.name, new Table(schema))
    for (const { tableName, item } of stored.items) {
      const table = this.tables.get(tableName)
      if (table !== undefined) table.set(keyOf(table.schema, item), item)
    }
    for (const { streamName, ...entry } of stored.records) this.#append(streamName, entry)
    for (const { token, asked, until } of stored.tokens) this.#tokens.set(token, { asked, until })
    this.#sequence = stored.lastSequence
  }

  get lastSequence(): number {
    return this.#sequence
  }

  table(name: string): Table {
    const table = this.tables.get(name)
    if (table === undefined) throw noTable()
    return table
  }

  /** Throws `TransactionConflictException` if a transaction of another client holds the item. */
  checkFree({ table, key }: Pick<ItemChange, 'table' | 'key'>): void {
    if (this.#isHeld({ tableName: table.schema.name, key })) throw transactionConflict()
  }

  define(schema: TableSchema): void {
    this.#disk?.define(schema)
    const table = this.tables.get(schema.name)
    if (table === undefined) this.tables.set(schema.name, new Table(schema))
    else table.schema = schema
  }

  drop(name: string): void {
    this.#disk?.drop(name)
    this.tables.delete(name)
  }

  /** All changes, or none: what a token of a transaction stands for becomes known with them. */
  commit(changes: readonly ItemChange[], token?: { readonly token: string; readonly asked: string }): void {
    const now = this.now()
    const real = changes.filter(({ before, after }) => !same(before, after))
    let sequence = this.#sequence
    const entries = real.flatMap((change) => {
      const { stream, name } = change.table.schema
      if (stream === undefined) return []
      sequence += 1
      const record = streamRecord(change, stream.view, sequence, now)
      return [{ streamName: streamName(name, stream.label), sequence, at: now, record }]
    })
    const kept = token === undefined ? undefined : { ...token, until: now + TOKEN_MS }
    this.#disk?.commit({ changes: real, entries, token: kept })
    this.#sequence = sequence
    for (const { table, key, after } of real) table.set(key, after)
    for (const { streamName, ...entry } of entries) this.#append(streamName, entry)
    if (kept !== undefined) this.#tokens.set(kept.token, kept)
  }

  /** What a token was used for within the last ten minutes. */
  tokenUse(token: string): string | undefined {
    const now = this.now()
    for (const [each, { until }] of this.#tokens) {
      if (until > now) break
      this.#tokens.delete(each)
    }
    const known = this.#tokens.get(token)
    return known === undefined || known.until <= now ? undefined : known.asked
  }

  streamEntries(name: string): readonly StreamEntry[] {
    const entries = this.#streams.get(name) ?? []
    const oldest = this.now() - STREAM_MS
    const kept = entries.findIndex(({ at }) => at >= oldest)
    if (kept > 0) entries.splice(0, kept)
    return entries
  }

  close(): void {
    this.#disk?.close()
  }

  #append(name: string, entry: StreamEntry): void {
    const entries = this.#streams.get(name)
    if (entries === undefined) this.#streams.set(name, [entry])
    else entries.push(entry)
  }
}

export function streamName(tableName: string, label: string): string {
  return `${tableName}/stream/${label}`
}

function same(before: Attributes | undefined, after: Attributes | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return equalItems(before, after)
}
