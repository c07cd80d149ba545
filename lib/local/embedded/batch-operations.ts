import { addUnits, consumed, itemReadUnits, NO_INDEXES, readCapacityMode, writeUnits } from './capacity.ts'
import { checkTableName } from './create-table.ts'
import type { Database } from './database.ts'
import type { ItemChange } from './stream-record.ts'
import { projected } from './expressions/projection.ts'
import { readProjection } from './item-operations.ts'
import { checkKey } from './keys.ts'
import { invalid } from './refusal.ts'
import { listOf, readAttributes } from './read-values.ts'
import { RequestBody } from './request.ts'
import type { Table } from './table.ts'
import { itemBytes, picked, type Attributes } from './values.ts'
import { afterOf, prepareWrite, type PreparedWrite } from './writes.ts'

/** "BatchGetItem can retrieve up to 100 items, BatchWriteItem can write up to 25." */
const GETS_MAX = 100
const WRITES_MAX = 25
/** "A BatchGetItem can return up to 16 MB of data"; the rest are unprocessed keys. */
const RETURNED_MAX_BYTES = 16 * 1_024 * 1_024

export function batchWriteItem(db: Database, body: RequestBody): object {
  const tables = body.entries('RequestItems') ?? []
  if (tables.length === 0) throw invalid('BatchWriteItem cannot have a null or no requests set')
  const mode = readCapacityMode(body)
  const asked = tables.map(([name, raw]) => {
    checkTableName(name)
    const requests = raw === null ? [] : listOf(raw, `request.RequestItems.${name}`)
    if (requests.length === 0)
      throw invalid(`The batch write request list for a table cannot be null or empty: ${name}`)
    return { name, requests: requests.map((each) => readWrite(name, new RequestBody(each))) }
  })
  if (asked.reduce((sum, { requests }) => sum + requests.length, 0) > WRITES_MAX)
    throw invalid('Too many items requested for the BatchWriteItem call')
  const writes = asked.map(({ requests }) =>
    requests.map(({ kind, body: each }) => prepareWrite(db, kind, each)),
  )
  for (const each of writes) checkNoDuplicates(each)
  const changes = writes.map((each) => each.map(changeOf))
  db.commit(changes.flat())
  return {
    UnprocessedItems: {},
    ...(mode !== 'NONE' && {
      ConsumedCapacity: changes.flatMap((each) => {
        const [first] = each
        return first === undefined
          ? []
          : [consumed(first.table, addUnits(each.map((change) => writeUnits(change))), mode)]
      }),
    }),
  }
}

export function batchGetItem(db: Database, body: RequestBody): object {
  const tables = body.entries('RequestItems') ?? []
  if (tables.length === 0) throw invalid('BatchGetItem must have some requests set')
  const mode = readCapacityMode(body)
  const asked = tables.map(([name, raw]) => readGets(name, raw))
  if (asked.reduce((sum, { keys }) => sum + keys.length, 0) > GETS_MAX)
    throw invalid('Too many items requested for the BatchGetItem call')
  const gets = asked.map((each) => checkedGets(db, each))
  let bytes = 0
  const unprocessed: Record<string, unknown> = {}
  const answers = gets.map(({ name, raw, table, keys, projection, consistent }) => {
    const items: Attributes[] = []
    let units = 0
    keys.forEach((key, at) => {
      const item = table.get(key)
      bytes += item === undefined ? 0 : itemBytes(item)
      if (bytes > RETURNED_MAX_BYTES) unprocessed[name] ??= { ...(raw as object), Keys: keys.slice(at) }
      if (item === undefined || unprocessed[name] !== undefined) return
      units += itemReadUnits(item, consistent)
      items.push(projection === undefined ? item : projected(projection, item))
    })
    return { name, table, items, units }
  })
  return {
    Responses: Object.fromEntries(answers.map(({ name, items }) => [name, items])),
    UnprocessedKeys: unprocessed,
    ...(mode !== 'NONE' && {
      ConsumedCapacity: answers.map(({ table, units }) =>
        consumed(table, { table: units, indexes: NO_INDEXES }, mode),
      ),
    }),
  }
}

type Gets = ReturnType<typeof readGets>

function readGets(name: string, raw: unknown) {
  const body = new RequestBody(raw, `request.RequestItems.${name}`)
  const keys = (body.list('Keys') ?? []).map((each) => readAttributes(each, 'request.Key'))
  if (keys.length === 0)
    throw invalid(`The list of keys in RequestItems for BatchGetItem is required: ${name} has empty list`)
  checkTableName(name)
  const consistent = body.flag('ConsistentRead') === true
  return { name, raw, keys, projection: readProjection(body), consistent }
}

function checkedGets(db: Database, gets: Gets): Gets & { readonly table: Table } {
  const table = db.table(gets.name)
  const names = gets.keys.map((key) => JSON.stringify(picked(key, Object.keys(key).toSorted())))
  if (new Set(names).size < names.length) throw invalid('Provided list of item keys contains duplicates')
  return { ...gets, table, keys: gets.keys.map((key) => checkKey(table.schema, key)) }
}

function readWrite(
  name: string,
  request: RequestBody,
): { readonly kind: 'Put' | 'Delete'; readonly body: RequestBody } {
  const [put, deletion] = [request.body('PutRequest'), request.body('DeleteRequest')]
  if ((put === undefined) === (deletion === undefined))
    throw invalid(
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    )
  const subject = put?.raw('Item') ?? deletion?.raw('Key')
  if (subject === undefined) throw invalid('The supplied Item contains a null AttributeValue')
  return put === undefined
    ? { kind: 'Delete', body: new RequestBody({ TableName: name, Key: subject }) }
    : { kind: 'Put', body: new RequestBody({ TableName: name, Item: subject }) }
}

function checkNoDuplicates(writes: readonly PreparedWrite[]): void {
  if (new Set(writes.map(({ key }) => JSON.stringify(key))).size < writes.length)
    throw invalid('Provided list of item keys contains duplicates')
}

function changeOf(write: PreparedWrite): ItemChange {
  const { table, key } = write
  const before = table.get(key)
  return { table, key, before, after: afterOf(write, before) }
}
