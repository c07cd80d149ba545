import type { AttributeValue } from '@aws-sdk/client-dynamodb'

// What DynamoDB bills, from its published rules, written apart from the product's own size model so that the two can
// disagree. Developer guide: "DynamoDB item sizes and formats", "Capacity unit consumption for write operations",
// "… for read operations", "Considerations for using global secondary indexes", "Capacity management for transactions".

const WRITE_UNIT_BYTES = 1024
const READ_UNIT_BYTES = 4096
/** A transaction prepares and then commits each item. */
const TRANSACTION_FACTOR = 2
/** Of a list or a map itself, and of each thing in it. */
const DOCUMENT_BYTES = 3
const ELEMENT_BYTES = 1

export type Item = Readonly<Record<string, AttributeValue>>

type KeyPart = { readonly name: string }
/** As much of a table's description as its bill depends on. */
export type BilledTable = {
  readonly partitionKey: KeyPart
  readonly sortKey?: KeyPart
  readonly indexes: readonly {
    readonly name: string
    readonly partitionKey: KeyPart
    readonly sortKey?: KeyPart
    /** Attributes beside the keys. */
    readonly projects: readonly string[]
  }[]
}

/** An item before and after a write; undefined where it is not there. */
export type Images = { readonly before: Item | undefined; readonly after: Item | undefined }

export type WriteUnits = { readonly table: number; readonly indexes: Readonly<Record<string, number>> }

/**
 * One write. The table bills the larger of the item before and after, at least one unit. An index bills one write for an
 * entry that comes or goes, and two (out and in) for a changed key. It bills one for a changed projected attribute, and none
 * if its entry stays as it is.
 */
export function writeUnits(shape: BilledTable, images: Images): WriteUnits {
  const bytes = Math.max(
    ...[images.before, images.after].map((item) => (item === undefined ? 0 : itemBytes(item))),
  )
  const indexes = shape.indexes.map((index) => {
    const entries = {
      before: entryOf(shape, index, images.before),
      after: entryOf(shape, index, images.after),
    }
    return [index.name, indexUnits([index.partitionKey.name, index.sortKey?.name], entries)] as const
  })
  return { table: unitsOf(bytes, WRITE_UNIT_BYTES), indexes: Object.fromEntries(indexes) }
}

/** A condition that failed is billed like the write would have been, by what is there and what was to be put. */
export function refusedUnits(found: Item | undefined, put?: Item): number {
  const bytes = Math.max(...[found, put].map((item) => (item === undefined ? 0 : itemBytes(item))))
  return unitsOf(bytes, WRITE_UNIT_BYTES)
}

/** Writes and condition checks of one transaction: the table's units twice, the indexes' once. */
export function transactionUnits(parts: readonly WriteUnits[]): number {
  return sum(parts.map((part) => part.table * TRANSACTION_FACTOR + sum(Object.values(part.indexes))))
}

export function totalUnits(units: WriteUnits): number {
  return units.table + sum(Object.values(units.indexes))
}

/**
 * One read request: a get, or a query over what it read, whose sizes are added up before they are rounded. Finding
 * nothing costs the least read all the same. An eventually consistent read costs half.
 */
export function readUnits(items: readonly Item[], consistency: 'strong' | 'eventual'): number {
  const units = unitsOf(sum(items.map(itemBytes)), READ_UNIT_BYTES)
  return consistency === 'strong' ? units : units / 2
}

/** A batch of gets: each key on its own, whether found or not. */
export function batchReadUnits(
  found: readonly Item[],
  keys: number,
  consistency: 'strong' | 'eventual',
): number {
  const missing = Array.from({ length: keys - found.length }, () => [])
  return sum([...found.map((item) => [item]), ...missing].map((items) => readUnits(items, consistency)))
}

/** Bytes of an item: names and values. */
export function itemBytes(item: Item): number {
  return sum(Object.entries(item).map(([name, value]) => utf8(name) + valueBytes(value)))
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return utf8(value.S)
  if (value.N !== undefined) return numberBytes(value.N)
  if (value.BOOL !== undefined || value.NULL !== undefined) return 1
  if (value.B !== undefined) return value.B.byteLength
  if (value.SS !== undefined) return sum(value.SS.map(utf8))
  if (value.NS !== undefined) return sum(value.NS.map(numberBytes))
  if (value.BS !== undefined) return sum(value.BS.map((bytes) => bytes.byteLength))
  if (value.L !== undefined)
    return DOCUMENT_BYTES + sum(value.L.map((element) => ELEMENT_BYTES + valueBytes(element)))
  if (value.M !== undefined) {
    const entries = Object.entries(value.M)
    return DOCUMENT_BYTES + sum(entries.map(([name, each]) => ELEMENT_BYTES + utf8(name) + valueBytes(each)))
  }
  throw new TypeError('an attribute of a type that has no published size')
}

/**
 * One byte for two significant digits, one more, and one for a minus. Pairs are counted from the decimal point, and those of
 * zeros at either end are not significant: 12340 is 01 23 40.
 */
function numberBytes(text: string): number {
  const [whole = '', fraction = ''] = text
    .replace(/[eE].*$/, '')
    .replace(/[-+]/g, '')
    .split('.')
  const pairs = `${'0'.repeat(whole.length % 2)}${whole}${fraction}${'0'.repeat(fraction.length % 2)}`
  const significant = pairs.replace(/^(00)+|(00)+$/g, '')
  return significant.length / 2 + 1 + (text.startsWith('-') ? 1 : 0)
}

/** What an index holds of an item: undefined where one of the index's keys is missing. */
function entryOf(
  shape: BilledTable,
  index: BilledTable['indexes'][number],
  item: Item | undefined,
): Item | undefined {
  if (item === undefined) return undefined
  const keys = [index.partitionKey, index.sortKey].flatMap((key) => (key === undefined ? [] : [key.name]))
  if (keys.some((key) => item[key] === undefined)) return undefined
  const tableKeys = [shape.partitionKey, shape.sortKey].flatMap((key) =>
    key === undefined ? [] : [key.name],
  )
  const held = new Set([...keys, ...tableKeys, ...index.projects])
  return Object.fromEntries(Object.entries(item).filter(([name]) => held.has(name)))
}

function indexUnits(keys: readonly (string | undefined)[], { before, after }: Images): number {
  if (before === undefined && after === undefined) return 0
  if (before === undefined || after === undefined) return refusedUnits(before, after)
  if (same(before, after)) return 0
  const keyChanged = keys.some((key) => key !== undefined && !same(before[key], after[key]))
  return keyChanged ? refusedUnits(before) + refusedUnits(after) : refusedUnits(before, after)
}

/** Attribute values by content; the order in which a map's attributes come means nothing. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted)
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** At least one: nothing is free. */
function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes))
}

function utf8(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
