import { invariant } from '../../model/invariant.ts'
import { LIST_READS_MAX } from '../../model/limits.ts'
import type { Position } from './cursor.ts'
import type { IndexQuery, Item, ItemStore } from '../store/store.ts'
import { TABLE } from '../table.ts'

/** One shard of an index, walked row by row from a position. Reads a page only when its next row is asked for. */
export class Walk {
  private readonly store: ItemStore
  private readonly query: IndexQuery
  private passed: Position
  private rows: Item[] = []
  private after: Item | undefined
  private readsLeft = LIST_READS_MAX

  constructor(store: ItemStore, query: IndexQuery, from: Position) {
    this.store = store
    this.query = query
    this.passed = from
    this.after = typeof from === 'string' ? undefined : startKey(query, from)
  }

  /** The position from which a later walk continues. */
  get position(): Position {
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
      : { pk: textOf(row, 'pk'), sk: textOf(row, 'sk'), at: sortValue(this.query, row) }
  }
}

/** The row's place in its index, as a number. */
export function sortValue(query: IndexQuery, row: Item): number {
  const value = row[indexOf(query).sortKey.name]
  invariant(typeof value === 'number', 'a row of an index has its sort key', { index: query.index })
  return value
}

function startKey(query: IndexQuery, from: Exclude<Position, string>): Item {
  const { partitionKey, sortKey } = indexOf(query)
  const { pk, sk, at } = from
  return { pk, sk, [partitionKey.name]: query.partition, [sortKey.name]: at }
}

function textOf(row: Item, attr: 'pk' | 'sk'): string {
  const value = row[attr]
  invariant(typeof value === 'string', 'a row of an index has its table’s keys')
  return value
}

function indexOf(query: IndexQuery) {
  const index = TABLE.indexes.find(({ name }) => name === query.index)
  invariant(index !== undefined, 'an index is one of the table’s', { index: query.index })
  return index
}
