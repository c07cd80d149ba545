import { createHash } from 'node:crypto'
import {
  addUnits,
  consumed,
  itemReadUnits,
  NO_INDEXES,
  readCapacityMode,
  writeUnits,
  type CapacityMode,
  type Units,
} from './capacity.ts'
import { checkTableName } from './create-table.ts'
import type { Database } from './database.ts'
import type { ItemChange } from './stream-record.ts'
import { projected } from './expressions/projection.ts'
import { readProjection } from './item-operations.ts'
import { checkKey } from './keys.ts'
import { invalid, Refusal } from './refusal.ts'
import { readAttributes } from './read-values.ts'
import type { RequestBody } from './request.ts'
import type { Table } from './table.ts'
import { itemBytes, type Attributes } from './values.ts'
import { afterOf, mayWrite, prepareWrite, readWrite, type PreparedWrite, type WriteKind } from './writes.ts'

/** "Up to 100 distinct items in one transaction, of no more than 4 MB together." */
const ITEMS_MAX = 100
const BYTES_MAX = 4 * 1_024 * 1_024
const TOKEN_MAX_CHARS = 36
const KINDS = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const satisfies readonly WriteKind[]
/** A transaction writes or reads each item twice. */
const FACTOR = 2

/** Of each write of a transaction. An update outside of one may do without an expression. */
const REQUIRED: Readonly<Record<WriteKind, readonly string[]>> = {
  Put: ['TableName', 'Item'],
  Delete: ['TableName', 'Key'],
  Update: ['TableName', 'Key', 'UpdateExpression'],
  ConditionCheck: ['TableName', 'Key', 'ConditionExpression'],
}

type Reason = { readonly Code: string; readonly Message?: string; readonly Item?: Attributes }
const NONE: Reason = { Code: 'None' }

export function transactWriteItems(db: Database, body: RequestBody): object {
  const items = readItems(body)
  const mode = readCapacityMode(body)
  const token = readToken(body)
  const asked = items.map(readItem).map(({ kind, body: write }) => ({ write, read: readWrite(kind, write) }))
  const prepared = asked.map(({ write, read }) => attempted(() => prepareWrite(db, read.kind, write, read)))
  const digest = createHash('sha256')
    .update(JSON.stringify(body.raw('TransactItems')))
    .digest('hex')
  const use = token === undefined ? undefined : db.tokenUse(token)
  if (use !== undefined && use !== digest) throw new Refusal('IdempotentParameterMismatchException', '')
  const writes = prepared.flatMap((each) => ('made' in each ? [each.made] : []))
  checkDistinct(writes.map(({ table, key }) => ({ table, key })))
  if (use !== undefined) return answerTo(writes.map(unchanged), mode)
  const judged = prepared.map((each) => ('made' in each ? attempted(() => judge(db, each.made)) : each))
  const reasons = judged.map((each) => ('made' in each ? NONE : each.reason))
  if (reasons.some((reason) => reason !== NONE)) throw cancelled(reasons)
  const changes = judged.flatMap((each) => ('made' in each ? [each.made] : []))
  if (changes.reduce((sum, { after }) => sum + (after === undefined ? 0 : itemBytes(after)), 0) > BYTES_MAX)
    throw invalid('Transaction request cannot be larger than 4 MB in total')
  db.commit(changes, token === undefined ? undefined : { token, asked: digest })
  return answerTo(changes, mode)
}

export function transactGetItems(db: Database, body: RequestBody): object {
  const items = readItems(body, 'null')
  const mode = readCapacityMode(body)
  const gets: ReturnType<typeof readGet>[] = []
  for (const item of items) {
    const get = attempted(() => readGet(db, item))
    if (!('made' in get)) throw cancelled(items.map((each) => (each === item ? get.reason : NONE)))
    gets.push(get.made)
    checkDistinct(gets)
  }
  const free = gets.map((get) => attempted(() => db.checkFree(get)))
  if (free.some((each) => 'reason' in each))
    throw cancelled(free.map((each) => ('reason' in each ? each.reason : NONE)))
  const found = gets.map(({ table, key, projection }) => {
    const item = table.get(key)
    return { table, item, shown: item && projection ? projected(projection, item) : item }
  })
  const units = found.map(({ table, item }) => ({
    table,
    units: { table: itemReadUnits(item, true) * FACTOR, indexes: NO_INDEXES },
  }))
  return {
    Responses: found.map(({ shown }) => (shown === undefined ? {} : { Item: shown })),
    ...capacityOf(units, mode, 'ReadCapacityUnits'),
  }
}

/** What an item's part of a transaction comes to, or the reason why the transaction is cancelled. */
function attempted<T>(work: () => T): { readonly made: T } | { readonly reason: Reason } {
  try {
    return { made: work() }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.type === 'TransactionConflictException')
      return { reason: { Code: 'TransactionConflict', Message: error.message } }
    if (error.type === 'ConditionalCheckFailedException')
      return { reason: { Code: 'ConditionalCheckFailed', Message: error.message, ...error.members } }
    if (!(error.type === 'ValidationException' && OF_ITEMS.some((each) => error.message.includes(each))))
      throw error
    return { reason: { Code: 'ValidationError', Message: error.message } }
  }
}

/** Of invalid requests, DynamoDB gives these as the reasons of a cancelled transaction: they depend on items. */
const OF_ITEMS = [
  'Type mismatch for key',
  'The number of conditions on the keys is invalid',
  'One of the required keys was not given a value',
  'Type mismatch for Index Key',
  'This attribute is part of the key',
  'An operand in the update expression has an incorrect data type',
  'Item size to update has exceeded the maximum allowed size',
  'Number overflow.',
  'Number underflow.',
  'DynamoDB only supports precision up to 38 digits',
  'Nesting Levels have exceeded supported limits',
  'The document path provided in the update expression is invalid for update',
  'The provided expression refers to an attribute that does not exist in the item',
  'The update expression attempted to update a secondary index key',
]

function judge(db: Database, write: PreparedWrite): ItemChange {
  const { table, key } = write
  db.checkFree(write)
  const before = table.get(key)
  if (!mayWrite(write, before))
    throw new Refusal(
      'ConditionalCheckFailedException',
      'The conditional request failed',
      write.returnsOnFailure && before !== undefined ? { Item: before } : {},
    )
  return { table, key, before, after: afterOf(write, before) }
}

function unchanged({ table, key }: PreparedWrite): ItemChange {
  const item = table.get(key)
  return { table, key, before: item, after: item }
}

function readItems(body: RequestBody, emptyAs: 'empty' | 'null' = 'empty'): readonly RequestBody[] {
  const items = body.bodies('TransactItems')
  if (items === undefined || (items.length === 0 && emptyAs === 'null'))
    throw invalid("Value null at 'transactItems' failed to satisfy constraint: Member must not be null")
  if (items.length === 0)
    throw invalid(
      "Value [] at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    )
  if (items.length > ITEMS_MAX) throw invalid(`Member must have length less than or equal to ${ITEMS_MAX}`)
  return items
}

function readToken(body: RequestBody): string | undefined {
  const token = body.text('ClientRequestToken')
  if (token !== undefined && token.length > TOKEN_MAX_CHARS)
    throw invalid(
      `Value ${token} at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to ${TOKEN_MAX_CHARS}`,
    )
  return token === '' ? undefined : token
}

function readItem(item: RequestBody, at: number): { readonly kind: WriteKind; readonly body: RequestBody } {
  const given = KINDS.filter((kind) => item.has(kind))
  const [kind] = given
  if (kind === undefined)
    throw invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request')
  if (given.length > 1) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  const body = item.body(kind)
  if (body === undefined) throw invalid('Invalid Request: empty')
  const missing = REQUIRED[kind].find((parameter) => !body.has(parameter))
  if (missing !== undefined)
    throw invalid(
      `Value null at 'transactItems.${at + 1}.member.${asMember(kind)}.${asMember(missing)}' failed to satisfy constraint: Member must not be null`,
    )
  return { kind, body }
}

function asMember(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}

function readGet(db: Database, item: RequestBody) {
  const get = item.body('Get')
  if (get === undefined)
    throw invalid("Value null at 'transactItems' failed to satisfy constraint: Member must not be null")
  const name = checkTableName(get.text('TableName'))
  const raw = get.raw('Key')
  if (raw === undefined) throw invalid('Get Condition for key not in key list')
  const key = readAttributes(raw, 'request.Key')
  const table = db.table(name)
  const projection = readProjection(get)
  return { table, key: checkKey(table.schema, key), projection }
}

function checkDistinct(items: readonly { readonly table: Table; readonly key: Attributes }[]): void {
  const names = items.map(({ table, key }) => `${table.schema.name} ${JSON.stringify(key)}`)
  if (new Set(names).size < names.length)
    throw invalid('Transaction request cannot include multiple operations on one item')
}

function cancelled(reasons: readonly Reason[]): Refusal {
  return new Refusal(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
    { CancellationReasons: reasons },
  )
}

function answerTo(changes: readonly ItemChange[], mode: CapacityMode): object {
  const units = changes.map((change) => ({ table: change.table, units: writeUnits(change, FACTOR) }))
  return capacityOf(units, mode, 'WriteCapacityUnits')
}

function capacityOf(
  each: readonly { readonly table: Table; readonly units: Units }[],
  mode: CapacityMode,
  kind: 'ReadCapacityUnits' | 'WriteCapacityUnits',
): object {
  if (mode === 'NONE') return {}
  const tables = [...new Set(each.map(({ table }) => table))]
  return {
    ConsumedCapacity: tables.map((table) => {
      const units = addUnits(each.filter((one) => one.table === table).map((one) => one.units))
      const shown = consumed(table, units, mode) as { readonly CapacityUnits: number }
      return { ...shown, [kind]: shown.CapacityUnits }
    }),
  }
}
