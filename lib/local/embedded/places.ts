import { hash } from 'node:crypto'
import { byText } from './by-text.ts'
import { compareDecimals, parseDecimal, type Decimal } from './decimal.ts'
import type { Value } from './values.ts'

/** A key attribute's value in a form that sorts: texts and binaries by bytes, numbers by value. */
type SortKey = { readonly bytes: Buffer } | { readonly decimal: Decimal }

/** Where an item stands in its table or an index: by the hash of its partition, then its sort key, then its own key. */
export type ItemPlace = {
  readonly partition: string
  readonly sort: SortKey | undefined
  /** Of an entry of an index: the place of its item in the table, by which equal keys are told apart. */
  readonly item: ItemPlace | undefined
}

export function placeOf(partition: Value, sort: Value | undefined, item?: ItemPlace): ItemPlace {
  return { partition: partitionOf(partition), sort: sort === undefined ? undefined : sortKeyOf(sort), item }
}

/** Partitions are scanned in the order of a hash, as DynamoDB does: an order that no program can rely on. */
export function partitionOf(value: Value): string {
  return hashed(JSON.stringify(value))
}

/** One write asks for the partition of its item several times, and those of an index are few. */
const PARTITIONS_MAX = 10_000
const hashed = byText((text) => hash('md5', text) + text, PARTITIONS_MAX)

export function comparePlaces(a: ItemPlace, b: ItemPlace): number {
  if (a.partition !== b.partition) return a.partition < b.partition ? -1 : 1
  const bySort = compareSortKeys(a.sort, b.sort)
  if (bySort !== 0 || a.item === undefined || b.item === undefined) return bySort
  return comparePlaces(a.item, b.item)
}

function compareSortKeys(a: SortKey | undefined, b: SortKey | undefined): number {
  if (a === undefined || b === undefined) return 0
  if ('bytes' in a && 'bytes' in b) return Buffer.compare(a.bytes, b.bytes)
  return 'decimal' in a && 'decimal' in b ? compareDecimals(a.decimal, b.decimal) : 0
}

function sortKeyOf(value: Value): SortKey {
  if ('N' in value) return { decimal: parseDecimal(value.N) }
  if ('B' in value) return { bytes: Buffer.from(value.B, 'base64') }
  return { bytes: Buffer.from('S' in value ? value.S : '') }
}
