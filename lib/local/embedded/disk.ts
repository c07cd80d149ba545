import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { ItemChange, StreamEntry } from './stream-record.ts'
import type { TableSchema } from './schema.ts'
import { readAttributes } from './read-values.ts'
import type { StreamRecord } from './stream-record.ts'
import type { Attributes } from './values.ts'

export type StoredDatabase = {
  readonly schemas: readonly TableSchema[]
  readonly items: Iterable<{ readonly tableName: string; readonly item: Attributes }>
  readonly records: Iterable<StreamEntry & { readonly streamName: string }>
  readonly tokens: readonly { readonly token: string; readonly asked: string; readonly until: number }[]
  readonly lastSequence: number
}

const TABLES = `
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, schema TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS items (
  table_name TEXT NOT NULL, key TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (table_name, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, stream_name TEXT NOT NULL, at INTEGER NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, asked TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
`
/** Of tokens and stream records, only what DynamoDB may still need is kept. */
const STREAM_MS = 24 * 60 * 60_000

/** The data folder: one SQLite file. Each commit is one transaction, synced before it returns. */
export class Disk {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#db = new DatabaseSync(join(folder, 'dynamodb.sqlite'))
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    this.#db.exec(TABLES)
  }

  load(): StoredDatabase {
    const now = Date.now()
    this.#run('DELETE FROM records WHERE at < ?', now - STREAM_MS)
    this.#run('DELETE FROM tokens WHERE until < ?', now)
    const [last] = this.#all("SELECT seq FROM sqlite_sequence WHERE name = 'records'")
    return {
      schemas: this.#all('SELECT schema FROM tables').map(
        ({ schema }) => JSON.parse(String(schema)) as TableSchema,
      ),
      items: this.#all('SELECT table_name, item FROM items').map(({ table_name, item }) => ({
        tableName: String(table_name),
        item: readAttributes(JSON.parse(String(item)), 'item'),
      })),
      records: this.#all('SELECT * FROM records ORDER BY sequence').map((row) => ({
        sequence: Number(row['sequence']),
        at: Number(row['at']),
        streamName: String(row['stream_name']),
        record: JSON.parse(String(row['record'])) as StreamRecord,
      })),
      tokens: this.#all('SELECT * FROM tokens').map((row) => ({
        token: String(row['token']),
        asked: String(row['asked']),
        until: Number(row['until']),
      })),
      lastSequence: Number(last?.['seq'] ?? 0),
    }
  }

  define(schema: TableSchema): void {
    this.#run('INSERT OR REPLACE INTO tables VALUES (?, ?)', schema.name, JSON.stringify(schema))
  }

  drop(name: string): void {
    this.#together(() => {
      this.#run('DELETE FROM tables WHERE name = ?', name)
      this.#run('DELETE FROM items WHERE table_name = ?', name)
    })
  }

  commit(commit: {
    readonly changes: readonly ItemChange[]
    readonly entries: readonly (StreamEntry & { readonly streamName: string })[]
    readonly token: { readonly token: string; readonly asked: string; readonly until: number } | undefined
  }): void {
    const { changes, entries, token } = commit
    if (changes.length === 0 && token === undefined) return
    this.#together(() => {
      for (const { table, key, after } of changes) this.#write(table.schema.name, key, after)
      for (const { sequence, streamName, at, record } of entries)
        this.#run('INSERT INTO records VALUES (?, ?, ?, ?)', sequence, streamName, at, JSON.stringify(record))
      if (token !== undefined)
        this.#run('INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)', token.token, token.asked, token.until)
    })
  }

  close(): void {
    this.#db.close()
  }

  #write(tableName: string, key: Attributes, item: Attributes | undefined): void {
    const text = JSON.stringify(key)
    if (item === undefined) this.#run('DELETE FROM items WHERE table_name = ? AND key = ?', tableName, text)
    else this.#run('INSERT OR REPLACE INTO items VALUES (?, ?, ?)', tableName, text, JSON.stringify(item))
  }

  #together(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #run(sql: string, ...values: readonly (string | number)[]): void {
    this.#prepared(sql).run(...values)
  }

  #all(sql: string): readonly Record<string, unknown>[] {
    return this.#prepared(sql).all()
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
