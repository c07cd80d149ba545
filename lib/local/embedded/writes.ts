import { bindCondition } from './expressions/condition.ts'
import { holds } from './expressions/evaluate.ts'
import { ExpressionPlaceholders } from './expressions/placeholders.ts'
import type { Condition, Constant } from './expressions/syntax.ts'
import { bindUpdate, updated, type BoundUpdate } from './expressions/update.ts'
import { checkTableName } from './create-table.ts'
import type { Database } from './database.ts'
import type { ItemChange } from './stream-record.ts'
import { checkIndexKeys, checkItemKey, checkKey, checkUpdatedIndexKeys } from './keys.ts'
import { conditionFailed, invalid, unsupported } from './refusal.ts'
import { readAttributes } from './read-values.ts'
import type { RequestBody } from './request.ts'
import { keyNames, NOTHING } from './schema.ts'
import type { Table } from './table.ts'
import { copyOf, itemBytes, type Attributes } from './values.ts'

export type WriteKind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck'

/** A write of one item that is checked as far as it can be without the item that is there. */
export type PreparedWrite = {
  readonly kind: WriteKind
  readonly table: Table
  readonly key: Attributes
  readonly condition: Condition<Constant> | undefined
  readonly returnsOnFailure: boolean
  /** Of a put. */
  readonly item: Attributes | undefined
  /** Of an update. */
  readonly update: BoundUpdate
}

/** "The maximum item size in DynamoDB is 400 KB." */
const ITEM_MAX_BYTES = 400 * 1_024
/** The parameters that expressions replaced, and those that came after what this store knows. */
const LEGACY = ['Expected', 'ConditionalOperator', 'AttributeUpdates']

type WriteExpressions = Pick<PreparedWrite, 'condition' | 'update'>
/** What a transaction reads of each of its writes before it looks at any table. */
export type ReadWrite = WriteExpressions & { readonly kind: WriteKind; readonly subject: Attributes }

export function readWrite(kind: WriteKind, body: RequestBody): ReadWrite {
  const expressions = readExpressions(kind, body)
  return { kind, ...expressions, subject: readSubject(kind, body) }
}

export function prepareWrite(
  db: Database,
  kind: WriteKind,
  body: RequestBody,
  readBefore?: ReadWrite,
): PreparedWrite {
  const name = checkTableName(body.text('TableName'))
  for (const parameter of LEGACY) if (body.has(parameter)) throw unsupported(`the parameter ${parameter}`)
  const subject = readBefore?.subject ?? readSubject(kind, body)
  const returnsOnFailure = readReturnOnFailure(body)
  const table = db.table(name)
  const { schema } = table
  const key = kind === 'Put' ? checkItemKey(schema, subject) : checkKey(schema, subject)
  if (kind === 'Put') checkIndexKeys(schema, subject)
  const { condition, update } = readBefore ?? readExpressions(kind, body)
  checkKeyUntouched(table, update)
  const item = kind === 'Put' ? subject : undefined
  return { kind, table, key, returnsOnFailure, item, condition, update }
}

/** Whether the write's condition holds of the item that is there; one without a condition always may. */
export function mayWrite({ condition }: PreparedWrite, before: Attributes | undefined): boolean {
  return condition === undefined || holds(condition, before ?? NOTHING)
}

/** The change that the write makes, or a `Refusal`. */
export function judge(write: PreparedWrite): ItemChange {
  const { table, key } = write
  const before = table.get(key)
  if (!mayWrite(write, before)) throw conditionFailed(write.returnsOnFailure ? before : undefined)
  return { table, key, before, after: afterOf(write, before) }
}

export function afterOf(write: PreparedWrite, before: Attributes | undefined): Attributes | undefined {
  const { table, key } = write
  switch (write.kind) {
    case 'Put':
      return write.item
    case 'Delete':
      return undefined
    case 'ConditionCheck':
      return before
    case 'Update': {
      const after = updated(write.update, before ?? copyOf(key))
      checkUpdatedIndexKeys(table.schema, after)
      if (itemBytes(after) > ITEM_MAX_BYTES)
        throw invalid('Item size to update has exceeded the maximum allowed size')
      return readAttributes(after, 'item')
    }
  }
}

function readSubject(kind: WriteKind, body: RequestBody): Attributes {
  const parameter = kind === 'Put' ? 'Item' : 'Key'
  const raw = body.raw(parameter)
  if (raw !== undefined) {
    const subject = readAttributes(raw, `request.${parameter}`)
    if (kind === 'Put' && itemBytes(subject) > ITEM_MAX_BYTES)
      throw invalid('Item size has exceeded the maximum allowed size')
    return subject
  }
  throw invalid(
    kind === 'Put'
      ? 'Item to put in PutItem cannot be null'
      : 'Cannot have null key for GetItem, DeleteItem, or UpdateItem',
  )
}

function readReturnOnFailure(body: RequestBody): boolean {
  const value = body.text('ReturnValuesOnConditionCheckFailure') ?? 'NONE'
  if (value !== 'NONE' && value !== 'ALL_OLD')
    throw invalid(
      `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
    )
  return value === 'ALL_OLD'
}

function readExpressions(kind: WriteKind, body: RequestBody): WriteExpressions {
  const [conditionText, updateText] = [
    body.text('ConditionExpression'),
    kind === 'Update' ? body.text('UpdateExpression') : undefined,
  ]
  checkHasExpression(body, [
    ...(kind === 'Update' ? [['UpdateExpression', updateText] as const] : []),
    ['ConditionExpression', conditionText],
  ])
  const placeholders = new ExpressionPlaceholders(body)
  const update = updateText === undefined ? [] : bindUpdate(updateText, placeholders)
  const condition =
    conditionText === undefined
      ? undefined
      : bindCondition('ConditionExpression', conditionText, placeholders)
  placeholders.checkUsed()
  return { condition, update }
}

/** Placeholders without an expression that could use them are refused by another message than unused ones. */
export function checkHasExpression(
  body: RequestBody,
  expressions: readonly (readonly [string, string | undefined])[],
): void {
  if (expressions.some(([, text]) => text !== undefined)) return
  if (body.has('ExpressionAttributeNames'))
    throw invalid('ExpressionAttributeNames can only be specified when using expressions')
  if (!body.has('ExpressionAttributeValues')) return
  const names = expressions.map(([name]) => name)
  throw invalid(
    `ExpressionAttributeValues can only be specified when using expressions: ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} null`,
  )
}

function checkKeyUntouched({ schema }: Table, update: BoundUpdate): void {
  const keys = keyNames(schema.keys)
  for (const { path } of update) {
    const [name] = path.steps
    if (typeof name === 'string' && keys.includes(name))
      throw invalid(
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      )
  }
}
