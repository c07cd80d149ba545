import { consumed, NO_INDEXES, readUnits } from './capacity.ts'
import type { Database } from './database.ts'
import { holds } from './expressions/evaluate.ts'
import { projected } from './expressions/projection.ts'
import { keyConditionOf, type KeyCondition } from './key-condition.ts'
import { partitionOf, type ItemPlace } from './places.ts'
import { checkAttributes, checkSelect, checkStartKey, readReading, type Reading } from './read-request.ts'
import { invalid } from './refusal.ts'
import type { RequestBody } from './request.ts'
import type { Row } from './rows.ts'
import { keyNames, projectedNames } from './schema.ts'
import { itemBytes, picked, type Attributes } from './values.ts'

/** "A single Query or Scan request can return a maximum of 1 MB of data." */
const PAGE_MAX_BYTES = 1_024 * 1_024
const SEGMENTS_MAX = 1_000_000
/** Of a partition's hash, the part that says in which segment it is. */
const HASH_DIGITS = 8

export function query(db: Database, body: RequestBody): object {
  const reading = readReading(db, body, 'Query')
  const { table, index, keys, keyCondition: condition, startKey } = reading
  if (condition === undefined) throw invalid('Query condition missed key schema element')
  const keyCondition = keyConditionOf(condition, keys, index?.name)
  if (startKey !== undefined) {
    checkStartKey(reading, startKey)
    if (!startsWithin(reading, keyCondition, startKey))
      throw invalid('The provided starting key does not match the range key predicate')
  }
  checkSelect(reading)
  checkAttributes(reading, 'Query')
  const partition = partitionOf(keyCondition.partition)
  const forward = body.flag('ScanIndexForward') !== false
  const behind = startKey && placeIn(table, index, startKey)
  const rows = reading.rows.partition(partition, forward, behind)
  return page(reading, matching(rows, keyCondition))
}

export function scan(db: Database, body: RequestBody): object {
  const reading = readReading(db, body, 'Scan')
  const { table, index, startKey } = reading
  const inSegment = readSegment(body)
  if (startKey !== undefined) checkStartKey(reading, startKey)
  checkSelect(reading)
  checkAttributes(reading, 'Scan')
  const behind = startKey && placeIn(table, index, startKey)
  if (behind !== undefined && !inSegment(behind))
    throw invalid('Exclusive start key must lie within the segment')
  return page(reading, segment(reading.rows.after(behind), inSegment))
}

/** Those of a partition's rows whose sort key is wanted: they stand together. */
function* matching(rows: Iterable<Row>, { sort }: KeyCondition): Generator<Row> {
  let found = false
  for (const row of rows) {
    const matches = sort === undefined || holds(sort, row.item)
    if (matches) yield row
    else if (found) return
    found ||= matches
  }
}

function* segment(rows: Iterable<Row>, inSegment: (place: ItemPlace) => boolean): Generator<Row> {
  for (const row of rows) if (inSegment(row.place)) yield row
}

function page(reading: Reading, rows: Iterable<Row>): object {
  const { table, index, filter, projection, limit } = reading
  const held = index === undefined ? undefined : projectedNames(table.schema, index)
  const items: Attributes[] = []
  let [scanned, bytes] = [0, 0]
  let last: Attributes | undefined
  for (const row of rows) {
    const item = held === undefined ? row.item : picked(row.item, held)
    scanned += 1
    bytes += itemBytes(item)
    if (filter === undefined || holds(filter, item))
      items.push(projection === undefined ? item : projected(projection, item))
    if (scanned < limit && bytes < PAGE_MAX_BYTES) continue
    last = row.item
    break
  }
  return {
    ...(reading.select !== 'COUNT' && { Items: items }),
    Count: items.length,
    ScannedCount: scanned,
    ...(last && { LastEvaluatedKey: picked(last, startNames(reading)) }),
    ...consumedBy(reading, bytes),
  }
}

function consumedBy({ table, index, consistent, mode }: Reading, bytes: number): object {
  if (mode === 'NONE') return {}
  const units = readUnits(bytes, consistent)
  const of =
    index === undefined
      ? { table: units, indexes: NO_INDEXES }
      : { table: 0, indexes: new Map([[index.name, units]]) }
  return { ConsumedCapacity: consumed(table, of, mode) }
}

function startNames({ table, keys }: Reading): readonly string[] {
  return [...new Set([...keyNames(table.schema.keys), ...keyNames(keys)])]
}

function placeIn(table: Reading['table'], index: Reading['index'], key: Attributes): ItemPlace {
  return index === undefined ? table.place(key) : table.indexPlace(index, key)
}

function startsWithin({ keys }: Reading, condition: KeyCondition, key: Attributes): boolean {
  const partition = key[keys.partition.name]
  return (
    partition !== undefined &&
    partitionOf(partition) === partitionOf(condition.partition) &&
    (condition.sort === undefined || holds(condition.sort, key))
  )
}

/** Which places a scan's segment has: segments share out the partitions by their hashes. */
function readSegment(body: RequestBody): (place: ItemPlace) => boolean {
  const [segment, total] = [body.whole('Segment'), body.whole('TotalSegments')]
  if (segment === undefined && total === undefined) return () => true
  if (segment === undefined)
    throw invalid(
      'If total segments is specified, a particular segment must also be specified for this request',
    )
  if (total === undefined) throw invalid('If segment is specified, total segment must also be specified')
  if (total > SEGMENTS_MAX)
    throw invalid(
      `1 validation error detected: Value '${total}' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to ${SEGMENTS_MAX}`,
    )
  if (segment < 0 || segment >= total)
    throw invalid(
      `1 validation error detected: Value '${segment}' at 'segment' failed to satisfy constraint: Member must have value less than or equal to ${total - 1}`,
    )
  return ({ partition, item }) => {
    const hash = Number.parseInt((item?.partition ?? partition).slice(0, HASH_DIGITS), 16)
    return Math.floor((hash * total) / 16 ** HASH_DIGITS) === segment
  }
}
