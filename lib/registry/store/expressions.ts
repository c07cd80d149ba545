import type {
  AttributeValue,
  PutItemCommandInput,
  QueryCommandInput,
  TransactWriteItem,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { convertToAttr, marshall } from '@aws-sdk/util-dynamodb'
import { invariant } from '../../model/invariant.ts'
import type { Json } from '../../model/json.ts'
import type { ItemChange, Guard, IndexQuery, Item, Key, KeysQuery, Range, Write } from './store.ts'
import { TABLE } from '../table.ts'

// The store's terms as DynamoDB's parameters. Pure, so that what is sent can be tested without sending it.

/** Placeholders for the names and values of one request. Names are always replaced: many are reserved words. */
class Placeholders {
  readonly names: Record<string, string> = {}
  readonly values: Record<string, AttributeValue> = {}
  /** A name, or a path of names into maps. */
  name(path: string): string {
    const names = path.split('.')
    for (const name of names) this.names[`#${name}`] = name
    return names.map((name) => `#${name}`).join('.')
  }
  value(value: Json): string {
    const placeholder = `:${Object.keys(this.values).length}`
    this.values[placeholder] = toAttribute(value)
    return placeholder
  }
  /** DynamoDB refuses empty maps. */
  fields() {
    return {
      ...(Object.keys(this.names).length === 0 ? {} : { ExpressionAttributeNames: this.names }),
      ...(Object.keys(this.values).length === 0 ? {} : { ExpressionAttributeValues: this.values }),
    }
  }
}

export function putParams(tableName: string, write: Extract<Write, { do: 'put' }>): PutItemCommandInput {
  const places = new Placeholders()
  const condition = conditionOf(write.when, places)
  return { TableName: tableName, Item: toAttributes(write.item), ...condition, ...places.fields() }
}

export function updateParams(
  tableName: string,
  write: Extract<Write, { do: 'update' }>,
): UpdateItemCommandInput & { UpdateExpression: string } {
  const places = new Placeholders()
  const UpdateExpression = updateExpression(write.change, places)
  const condition = conditionOf(write.when, places)
  return {
    TableName: tableName,
    Key: toAttributes(write.key),
    UpdateExpression,
    ...condition,
    ...places.fields(),
  }
}

/** One write of a transaction. Each brings what stood there if its condition fails. */
export function transactItem(tableName: string, write: Write): TransactWriteItem {
  const ReturnValuesOnConditionCheckFailure = 'ALL_OLD' as const
  switch (write.do) {
    case 'put':
      return { Put: { ...putParams(tableName, write), ReturnValuesOnConditionCheckFailure } }
    case 'update':
      return { Update: { ...updateParams(tableName, write), ReturnValuesOnConditionCheckFailure } }
    case 'check': {
      const places = new Placeholders()
      const ConditionExpression = guardExpression(write.when, places)
      return {
        ConditionCheck: {
          TableName: tableName,
          Key: toAttributes(write.key),
          ConditionExpression,
          ...places.fields(),
          ReturnValuesOnConditionCheckFailure,
        },
      }
    }
  }
}

export function indexParams(tableName: string, query: IndexQuery): QueryCommandInput {
  const index = TABLE.indexes.find(({ name }) => name === query.index)
  invariant(index !== undefined, 'an index is one of the table’s', { index: query.index })
  const places = new Placeholders()
  const partition = `${places.name(index.partitionKey.name)} = ${places.value(query.partition)}`
  return {
    TableName: tableName,
    IndexName: index.name,
    KeyConditionExpression: [partition, ...between(index.sortKey.name, query, places)].join(' AND '),
    ...places.fields(),
    ScanIndexForward: query.order === 'up',
    Limit: query.limit,
    ...(query.after === undefined ? {} : { ExclusiveStartKey: toAttributes(query.after) }),
  }
}

export function rangeParams(tableName: string, range: Pick<Range, 'pk' | 'from' | 'to'>): QueryCommandInput {
  const places = new Placeholders()
  const partition = `${places.name(TABLE.partitionKey.name)} = ${places.value(range.pk)}`
  return {
    TableName: tableName,
    KeyConditionExpression: [partition, ...between(TABLE.sortKey.name, range, places)].join(' AND '),
    ...places.fields(),
    ConsistentRead: true,
  }
}

export function keysParams(tableName: string, { pk, after, limit }: KeysQuery): QueryCommandInput {
  const places = new Placeholders()
  const { partitionKey, sortKey, ttlAttribute } = TABLE
  const partition = `${places.name(partitionKey.name)} = ${places.value(pk)}`
  const ProjectionExpression = [sortKey.name, ttlAttribute].map((attr) => places.name(attr)).join(', ')
  return {
    TableName: tableName,
    KeyConditionExpression: partition,
    ProjectionExpression,
    ...places.fields(),
    ConsistentRead: true,
    Limit: limit,
    ...(after === undefined ? {} : { ExclusiveStartKey: toAttributes({ pk, sk: after }) }),
  }
}

export function toAttributes(item: Item | Key): Record<string, AttributeValue> {
  return marshall(item)
}

/** A key condition names its sort key once only, so two bounds are one BETWEEN. */
function between(attr: string, bounds: { from?: Json; to?: Json }, places: Placeholders): string[] {
  const { from, to } = bounds
  if (from !== undefined && to !== undefined) {
    return [`${places.name(attr)} BETWEEN ${places.value(from)} AND ${places.value(to)}`]
  }
  if (from !== undefined) return [`${places.name(attr)} >= ${places.value(from)}`]
  return to === undefined ? [] : [`${places.name(attr)} <= ${places.value(to)}`]
}

function updateExpression(change: ItemChange, places: Placeholders): string {
  const sets = [
    ...entriesOf(change.set).map(([attr, value]) => `${places.name(attr)} = ${places.value(value)}`),
    ...entriesOf(change.once).map(
      ([attr, value]) => `${places.name(attr)} = if_not_exists(${places.name(attr)}, ${places.value(value)})`,
    ),
    ...entriesOf(change.append).map(
      ([attr, values]) =>
        `${places.name(attr)} = list_append(if_not_exists(${places.name(attr)}, ${places.value([])}), ${places.value([...values])})`,
    ),
  ]
  const adds = entriesOf(change.add).map(([attr, by]) => `${places.name(attr)} ${places.value(by)}`)
  const removes = (change.remove ?? []).map((attr) => places.name(attr))
  const parts = [clause('SET', sets), clause('ADD', adds), clause('REMOVE', removes)].filter(
    (part) => part !== '',
  )
  invariant(parts.length > 0, 'an update changes something')
  return parts.join(' ')
}

function clause(word: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${word} ${parts.join(', ')}`
}

function conditionOf(guard: Guard | undefined, places: Placeholders) {
  return guard === undefined ? {} : { ConditionExpression: guardExpression(guard, places) }
}

function guardExpression(guard: Guard, places: Placeholders): string {
  if ('all' in guard) return joined(guard.all, ' AND ', places)
  if ('any' in guard) return joined(guard.any, ' OR ', places)
  const name = places.name(guard.attr)
  if ('absent' in guard) return `attribute_not_exists(${name})`
  if ('is' in guard) return `${name} = ${places.value(guard.is)}`
  if ('not' in guard) return `${name} <> ${places.value(guard.not)}`
  if ('in' in guard) return `${name} IN (${guard.in.map((value) => places.value(value)).join(', ')})`
  if ('has' in guard) return `contains(${name}, ${places.value(guard.has)})`
  if ('lacks' in guard) return `NOT contains(${name}, ${places.value(guard.lacks)})`
  if ('shorter' in guard) return `size(${name}) < ${places.value(guard.shorter)}`
  if ('reaches' in guard) return `size(${name}) >= ${places.value(guard.reaches)}`
  if ('below' in guard) return `${name} < ${places.value(guard.below)}`
  if ('atMost' in guard) return `${name} <= ${places.value(guard.atMost)}`
  return `${name} > ${places.value(guard.above)}`
}

/** Only parts that are joined themselves stand in parentheses: DynamoDB refuses an expression with redundant ones. */
function joined(guards: readonly Guard[], word: ' AND ' | ' OR ', places: Placeholders): string {
  invariant(guards.length > 0, 'a joined condition has parts')
  return guards
    .map((guard) => {
      const text = guardExpression(guard, places)
      return guards.length > 1 && isJoined(guard) ? `(${text})` : text
    })
    .join(word)
}

function isJoined(guard: Guard): boolean {
  const parts = 'all' in guard ? guard.all : 'any' in guard ? guard.any : []
  const [only] = parts
  return parts.length > 1 || (only !== undefined && isJoined(only))
}

function toAttribute(value: Json): AttributeValue {
  return convertToAttr(value)
}

function entriesOf<V>(part: { readonly [attr: string]: V } | undefined): [string, V][] {
  return Object.entries(part ?? {})
}
