import { consumed, itemReadUnits, NO_INDEXES, readCapacityMode, writeUnits } from './capacity.ts'
import { checkTableName } from './create-table.ts'
import type { Database } from './database.ts'
import type { ItemChange } from './stream-record.ts'
import { valueAt } from './expressions/paths.ts'
import { ExpressionPlaceholders } from './expressions/placeholders.ts'
import { bindProjection, projected, type ProjectionPaths } from './expressions/projection.ts'
import type { BoundUpdate } from './expressions/update.ts'
import { checkKey } from './keys.ts'
import { invalid, unsupported } from './refusal.ts'
import { readAttributes } from './read-values.ts'
import type { RequestBody } from './request.ts'
import { picked, type Attributes } from './values.ts'
import { checkHasExpression, judge, prepareWrite, type WriteKind } from './writes.ts'

const RETURNED = ['NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'] as const
type ReturnValues = (typeof RETURNED)[number]

export function putItem(db: Database, body: RequestBody): object {
  return write(db, body, 'Put')
}

export function updateItem(db: Database, body: RequestBody): object {
  return write(db, body, 'Update')
}

export function deleteItem(db: Database, body: RequestBody): object {
  return write(db, body, 'Delete')
}

function write(db: Database, body: RequestBody, kind: WriteKind): object {
  checkTableName(body.text('TableName'))
  const returned = readReturned(kind, body)
  const mode = readCapacityMode(body)
  const prepared = prepareWrite(db, kind, body)
  db.checkFree(prepared)
  const change = judge(prepared)
  db.commit([change])
  const shown = returnedAttributes(returned, change, prepared.update)
  return {
    ...(shown && { Attributes: shown }),
    ...(mode !== 'NONE' && { ConsumedCapacity: consumed(change.table, writeUnits(change), mode) }),
  }
}

export function getItem(db: Database, body: RequestBody): object {
  const name = checkTableName(body.text('TableName'))
  const raw = body.raw('Key')
  if (raw === undefined) throw invalid('Cannot have null key for GetItem, DeleteItem, or UpdateItem')
  const key = readAttributes(raw, 'request.Key')
  const mode = readCapacityMode(body)
  const projection = readProjection(body)
  const table = db.table(name)
  const item = table.get(checkKey(table.schema, key))
  const units = itemReadUnits(item, body.flag('ConsistentRead') === true)
  return {
    ...(item && { Item: projection === undefined ? item : projected(projection, item) }),
    ...(mode !== 'NONE' && {
      ConsumedCapacity: consumed(table, { table: units, indexes: NO_INDEXES }, mode),
    }),
  }
}

/** The projection of a request that has no other expression. */
export function readProjection(body: RequestBody): ProjectionPaths | undefined {
  if (body.has('AttributesToGet')) throw unsupported('the parameter AttributesToGet')
  const text = body.text('ProjectionExpression')
  checkHasExpression(body, [['ProjectionExpression', text]])
  const placeholders = new ExpressionPlaceholders(body)
  const projection = text === undefined ? undefined : bindProjection(text, placeholders)
  placeholders.checkUsed()
  return projection
}

function readReturned(kind: WriteKind, body: RequestBody): ReturnValues {
  const asked = body.text('ReturnValues') ?? 'NONE'
  const returned = RETURNED.find((each) => each === asked)
  const allowed = kind === 'Update' || returned === 'NONE' || returned === 'ALL_OLD'
  if (returned === undefined || !allowed) throw invalid('Return values set to invalid value')
  return returned
}

function returnedAttributes(
  returned: ReturnValues,
  { before, after }: ItemChange,
  update: BoundUpdate,
): Attributes | undefined {
  switch (returned) {
    case 'NONE':
      return undefined
    case 'ALL_OLD':
      return before
    case 'ALL_NEW':
      return after
    case 'UPDATED_OLD':
      return touched(before, update)
    case 'UPDATED_NEW':
      return touched(after, update)
  }
}

/** The attributes in which a path of the update leads somewhere, as a whole; undefined if there is none. */
function touched(item: Attributes | undefined, update: BoundUpdate): Attributes | undefined {
  if (item === undefined) return undefined
  const names = update
    .filter(({ path }) => valueAt(item, path.steps) !== undefined)
    .map(({ path }) => String(path.steps[0]))
  return names.length === 0 ? undefined : picked(item, names)
}
