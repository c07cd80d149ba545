import { invariant } from '../../model/invariant.ts'
import {
  applyChange,
  holds,
  ITEM_MAX_BYTES,
  itemBytes,
  type IndexQuery,
  type Item,
  type ItemStore,
  type Key,
  type KeysPage,
  type KeysQuery,
  type Range,
  type TransactReply,
  type Write,
  type WriteReply,
} from './store.ts'
import { TABLE } from '../table.ts'

/**
 * The store in memory, with DynamoDB's semantics: for simulation and tests. A restart forgets everything. Several
 * registries over one store are several workers on one table.
 */
export class MemoryStore implements ItemStore {
  private readonly items = new Map<string, Item & Key>()

  async write(write: Write): Promise<WriteReply> {
    invariant(write.do !== 'check', 'a check stands only in a transaction')
    const found = this.at(keyOf(write))
    if (write.when !== undefined && !holds(write.when, found)) return { applied: false, found: copy(found) }
    const item = after(write, found)
    this.items.set(nameOf(item), copy(item))
    return { applied: true, item: copy(item) }
  }

  async transact(writes: readonly Write[]): Promise<TransactReply> {
    const names = new Set(writes.map((write) => nameOf(keyOf(write))))
    invariant(names.size === writes.length, 'a transaction writes each item at most once')
    const failed = writes.map((write) => {
      const found = this.at(keyOf(write))
      return write.when === undefined || holds(write.when, found) ? undefined : { found: copy(found) }
    })
    if (failed.some((each) => each !== undefined)) return { applied: false, failed }
    // All of them first, then all at once: an item that is too big leaves everything as it was.
    const results = writes.flatMap((write) =>
      write.do === 'check' ? [] : [after(write, this.at(keyOf(write)))],
    )
    for (const item of results) this.items.set(nameOf(item), copy(item))
    return { applied: true }
  }

  async get(key: Key): Promise<Item | undefined> {
    return copy(this.at(key))
  }

  async getMany(keys: readonly Key[]): Promise<readonly Item[]> {
    invariant(keys.length <= 100, 'a batch read has at most 100 keys', { keys: keys.length })
    return keys.flatMap((key) => copy(this.at(key)) ?? [])
  }

  async range(range: Range): Promise<readonly Item[]> {
    return [...this.items.values()]
      .filter(({ pk, sk }) => pk === range.pk && !precedes(sk, range.from) && !precedes(range.to, sk))
      .sort((a, b) => order(a.sk, b.sk))
      .slice(0, range.atMost)
      .map(copy)
  }

  async keys({ pk, after, limit }: KeysQuery): Promise<KeysPage> {
    const sorted = [...this.items.values()]
      .filter((item) => item.pk === pk && (after === undefined || precedes(after, item.sk)))
      .sort((a, b) => order(a.sk, b.sk))
    const page = sorted.slice(0, limit)
    const next = page.length < limit ? undefined : page.at(-1)?.sk
    const keys = page.map((item) => ({ sk: item.sk, expires: item[TABLE.ttlAttribute] !== undefined }))
    return { keys, ...(next === undefined ? {} : { next }) }
  }

  async index(query: IndexQuery): Promise<{ items: readonly Item[]; next?: Item }> {
    const index = TABLE.indexes.find(({ name }) => name === query.index)
    invariant(index !== undefined, 'an index is one of the table’s', { index: query.index })
    const partition = index.partitionKey.name
    const sort = index.sortKey.name
    const { from = -Infinity, to = Infinity } = query
    const upwards = byIndex(sort)
    const compare = query.order === 'up' ? upwards : (a: Item, b: Item) => upwards(b, a)
    const { after: start } = query
    const rows = [...this.items.values()]
      // Sparse: an item without both of the index's keys is not in it.
      .filter((item) => item[partition] === query.partition && typeof item[sort] === 'number')
      .filter((item) => num(item, sort) >= from && num(item, sort) <= to)
      .filter((item) => start === undefined || compare(item, start) > 0)
      .sort(compare)
    const page = rows.slice(0, query.limit)
    const last = page.at(-1)
    const keys = ['pk', 'sk', partition, sort]
    const items = page.map((item) => copy(only(item, [...keys, ...index.projects])))
    // DynamoDB, too, says `next` for a page that is full, whether or not there is more.
    return last === undefined || page.length < query.limit
      ? { items }
      : { items, next: copy(only(last, keys)) }
  }

  private at(key: Key): (Item & Key) | undefined {
    return this.items.get(nameOf(key))
  }
}

function keyOf(write: Write): Key {
  return write.do === 'put' ? { pk: write.item.pk, sk: write.item.sk } : write.key
}

function after(write: Exclude<Write, { do: 'check' }>, found: Item | undefined): Item & Key {
  const key = keyOf(write)
  const item = write.do === 'put' ? write.item : { ...applyChange(found ?? key, write.change), ...key }
  const bytes = itemBytes(item)
  invariant(bytes <= ITEM_MAX_BYTES, 'an item is at most 400 KB', { ...key, bytes })
  return item
}

/** A NUL sorts below everything in a key, so no two keys share a name. */
function nameOf(key: Key): string {
  return `${key.pk}\u0000${key.sk}`
}

/** DynamoDB sorts strings by their UTF-8 bytes. */
function order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

function precedes(a: string, b: string): boolean {
  return order(a, b) < 0
}

/** By the index's sort key; where two are equal DynamoDB promises no order, here it is that of the table's keys. */
function byIndex(sort: string): (a: Item, b: Item) => number {
  return (a, b) => {
    const orders = [
      num(a, sort) - num(b, sort),
      order(str(a, 'pk'), str(b, 'pk')),
      order(str(a, 'sk'), str(b, 'sk')),
    ]
    return orders.find((each) => each !== 0) ?? 0
  }
}

function only(item: Item, attrs: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([attr]) => attrs.includes(attr)))
}

function num(item: Item, attr: string): number {
  const value = item[attr]
  return typeof value === 'number' ? value : Number.NaN
}

function str(item: Item, attr: string): string {
  const value = item[attr]
  return typeof value === 'string' ? value : ''
}

/** What is stored and what is answered are never the caller's own objects. */
function copy<T>(item: T): T {
  return structuredClone(item)
}
