import { isDeepStrictEqual } from 'node:util'
import { Random } from '../../../simulation/world/random.ts'
import { Requests, TABLE, TABLE_NAME } from './requests.ts'
import type { Answer, Asked, Endpoint } from './wire.ts'

export type Difference = { readonly asked: Asked; readonly embedded: Answer; readonly local: Answer }
export type Pair = { readonly embedded: Endpoint; readonly local: Endpoint }

const STEPS_MAX = 14
const CANDIDATES = 40
const PARTITIONS = 4

/** The table in both, and partition keys that both scan in one order: DynamoDB defines none. */
export async function prepared({ embedded, local }: Pair): Promise<readonly string[]> {
  const orders: string[][] = []
  for (const store of [embedded, local]) {
    await store.ask({ operation: 'DeleteTable', body: { TableName: TABLE_NAME } })
    const made = await store.ask({ operation: 'CreateTable', body: TABLE })
    if (made.status !== 200) throw new Error(JSON.stringify(made))
    const keys = ['p1', ...Array.from({ length: CANDIDATES }, (_, at) => `q${at}`)]
    for (const pk of keys)
      await store.ask({ operation: 'PutItem', body: { TableName: TABLE_NAME, Item: keyOf(pk) } })
    const scanned = await store.ask({ operation: 'Scan', body: { TableName: TABLE_NAME } })
    orders.push((scanned.body['Items'] as { pk: { S: string } }[]).map(({ pk }) => pk.S))
    for (const pk of keys)
      await store.ask({ operation: 'DeleteItem', body: { TableName: TABLE_NAME, Key: keyOf(pk) } })
  }
  const [mine = [], theirs = []] = orders
  // Greedy around p1, which expressions name: each next key is on the same side of all others in both orders.
  const agreed = ['p1']
  for (const each of theirs) {
    const agrees = agreed.every(
      (other) => mine.indexOf(each) < mine.indexOf(other) === theirs.indexOf(each) < theirs.indexOf(other),
    )
    if (!agreed.includes(each) && agrees && agreed.length < PARTITIONS) agreed.push(each)
  }
  return agreed
}

/** Sends one random sequence to both stores; the first answer that differs, if any. */
export async function firstDifference(
  pair: Pair,
  seed: number,
  partitionKeys: readonly string[],
  agreed: Set<string>,
): Promise<Difference | undefined> {
  const random = new Random(seed)
  const requests = new Requests(random, partitionKeys)
  try {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const asked = requests.next()
      const [embedded, local] = await Promise.all([pair.embedded.ask(asked), pair.local.ask(asked)])
      if (!agree(asked, embedded, local, agreed)) return { asked, embedded, local }
      // A write that only one of them made, by a known difference: from here on they hold different items.
      if (embedded.status !== local.status) return undefined
    }
    return undefined
  } finally {
    await Promise.all([cleared(pair.embedded), cleared(pair.local)])
  }
}

/** Equal, or different in what docs/local-store.md lists. Refusals that both stores gave alike are remembered in `agreed`. */
export function agree(asked: Asked, embedded: Answer, local: Answer, agreed: Set<string>): boolean {
  if (isDeepStrictEqual(normal(embedded, asked), inOneForm(normal(local, asked)))) {
    if (embedded.status === 400) agreed.add(shapeOf(embedded))
    return true
  }
  if (isKnown(asked, embedded, local)) return true
  // A request with two flaws: which of them is named is not defined. Each is one that both stores name alike when it is alone.
  return [embedded, local].every(
    (each) => each.status === 400 && (agreed.has(shapeOf(each)) || isIndexTypeOfLocal(each, local)),
  )
}

/** DynamoDB Local words an index key of a type that no key may have in its own way, so both stores never name it alike. */
function isIndexTypeOfLocal(each: Answer, local: Answer): boolean {
  return each === local && messageOf(each.body) === 'Invalid attribute value type'
}

/** A refusal without the names and values of its request. */
function shapeOf({ body }: Answer): string {
  const message = messageOf(body)
    .replace(/Invalid \w+Expression/, 'Invalid …Expression')
    .replace(/token: .*$/, '')
    .replace(/(?<=null or empty: ).*$/, '…')
    .replace(
      /((?:keyword|name|value|function|index|keys|Key|IndexKey|IndexName|token|near|key|attribute|type|operator): )[^;,]*/g,
      '$1…',
    )
    .replace(/\[[^\]]*\]/g, '[…]')
    .replace(/path one: .*$/, '')
    .replace(/first operand: .*$/, '')
    .replace(/bound operand: .*$/, '')
  return `${typeOf(body)} ${message}`
}

async function cleared(store: Endpoint): Promise<void> {
  const { body } = await store.ask({
    operation: 'Scan',
    body: { TableName: TABLE_NAME, ProjectionExpression: 'pk, sk' },
  })
  const keys = body['Items'] as Record<string, unknown>[]
  for (let at = 0; at < keys.length; at += 25) {
    const requests = keys.slice(at, at + 25).map((Key) => ({ DeleteRequest: { Key } }))
    await store.ask({ operation: 'BatchWriteItem', body: { RequestItems: { [TABLE_NAME]: requests } } })
  }
}

/** DynamoDB Local shows a number that an update computed as `-7.0` or `0.0`. DynamoDB, and this store, show `-7` and `0`. */
function inOneForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOneForm)
  if (!isRecord(value)) return value
  const { N } = value
  if (typeof N === 'string' && /^-?\d+\.\d*0$/.test(N)) return { N: N.replace(/\.?0+$/, '') }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inOneForm(each)]))
}

/** Without what no client can rely on: the order of names in a message, and of the items of a batch. */
function normal({ status, body }: Answer, { body: asked }: Asked): unknown {
  const message = body['Message']
  const responses = body['Responses']
  const ofIndex = isRecord(asked) && asked['IndexName'] !== undefined
  return {
    status,
    body: {
      ...body,
      ...(typeof message === 'string' && { Message: normalMessage(message) }),
      ...(body['CancellationReasons'] !== undefined && {
        CancellationReasons: JSON.parse(
          JSON.stringify(body['CancellationReasons']).replaceAll('failed."', 'failed"'),
        ),
      }),
      ...(ofIndex && Array.isArray(body['Items']) && { Items: sorted(body['Items']) }),
      ...(isRecord(responses) && {
        Responses: Object.fromEntries(
          Object.entries(responses).map(([table, items]) => [table, sorted(items as unknown[])]),
        ),
      }),
    },
  }
}

function normalMessage(message: string): string {
  return (
    message
      .replace(/keys: \{(.*)\}$/, (_, keys: string) => `keys: {${keys.split(', ').toSorted().join(', ')}}`)
      .replace(/path one: .*$/, '')
      // All types, in no order; DynamoDB Local names internal ones too.
      .replace(/operand type: \{.*\}$/, 'operand type: {…}')
      .replace(
        /(project|attributes:) \[(.*)\]$/,
        (_, verb: string, names: string) => `${verb} [${names.split(', ').toSorted().join(', ')}]`,
      )
      .replaceAll(/\{B:[^}]*\}/g, '{B}')
  )
}

function sorted(items: readonly unknown[]): readonly unknown[] {
  return items
    .map((each) => [ordered(each), each] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)
}

function ordered(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isRecord(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What docs/local-store.md lists: where DynamoDB Local differs from DynamoDB, and this store follows DynamoDB. */
function isKnown({ operation, body }: Asked, embedded: Answer, local: Answer): boolean {
  const asked = isRecord(body) ? body : {}
  return KNOWN.some((known) => known(embedded.body, local.body, operation, asked))
}

type Known = (
  embedded: Answer['body'],
  local: Answer['body'],
  operation: string,
  asked: Readonly<Record<string, unknown>>,
) => boolean
const KNOWN: readonly Known[] = [
  // DynamoDB Local fails where DynamoDB does not.
  (_, local) =>
    typeOf(local) === 'InternalFailure' || messageOf(local).endsWith('Expression: Internal server error'),
  // An update makes an index key of another type.
  (embedded, local) =>
    [messageOf(embedded), ...reasonsOf(embedded)].some((each) =>
      each.includes('Type mismatch for Index Key'),
    ) &&
    (typeOf(local) === '' || messageOf(local) === 'Invalid attribute value type'),
  // A start key at the end of what is asked for is refused, though it may come from the page before.
  (embedded, local) =>
    embedded['ScannedCount'] === 0 &&
    messageOf(local) === 'The provided starting key does not match the range key predicate',
  // A page that is full at the end of the key condition's range: DynamoDB cannot know that no further item is in it.
  (embedded, local, operation, asked) =>
    operation === 'Query' &&
    asked['Limit'] === embedded['ScannedCount'] &&
    local['LastEvaluatedKey'] === undefined &&
    isDeepStrictEqual(without(embedded, 'LastEvaluatedKey'), inOneForm(local)),
  // The filter of an index's scan sees attributes that the index does not have.
  (embedded, local, operation, asked) =>
    operation === 'Scan' &&
    asked['IndexName'] === 'g-n' &&
    asked['FilterExpression'] !== undefined &&
    typeof embedded['ScannedCount'] === 'number' &&
    embedded['ScannedCount'] === local['ScannedCount'],
  // A delete of an item that is not there costs two units, and its capacity is returned unasked.
  (embedded, local, operation) =>
    ['DeleteItem', 'BatchWriteItem', 'TransactWriteItems'].includes(operation) &&
    isDeepStrictEqual(without(embedded, 'ConsumedCapacity'), without(local, 'ConsumedCapacity')),
  // An update of an item that is in the index neither before nor after costs no write there. DynamoDB Local counts one if the
  // item had one of the index's keys before and has the other one after.
  (embedded, local) =>
    unitsOf(embedded) < unitsOf(local) &&
    isDeepStrictEqual(without(embedded, 'ConsumedCapacity'), without(local, 'ConsumedCapacity')),
  // Behind a syntax error the parser of DynamoDB Local may continue, and name a later word.
  (embedded, local) =>
    [embedded, local].every((body) => messageOf(body).includes('Expression: Syntax error; token: ')),
  // Which of several actions is named that cannot be carried out is by chance.
  (embedded, local) => [embedded, local].every((body) => isInUpdates(messageOf(body))),
  // DynamoDB: "CancellationReasons: ValidationError". DynamoDB Local fails the request, or gives no reasons.
  (embedded, local) =>
    typeOf(embedded) === 'TransactionCanceledException' &&
    ['ValidationException', 'TransactionCanceledException'].includes(typeOf(local)) &&
    reasonsOf(embedded).some(
      (each) => each === messageOf(local) || [each, messageOf(local)].every(isInUpdates),
    ),
  // An update of a transaction needs an expression. DynamoDB Local carries one out without it.
  (embedded, _, operation) =>
    operation === 'TransactWriteItems' && messageOf(embedded).includes(".update.updateExpression' failed"),
  // DynamoDB looks for an item that is named twice before it carries anything out.
  (embedded, local) =>
    messageOf(embedded).includes('multiple operations on one item') &&
    (isInUpdates(messageOf(local)) ||
      messageOf(local) === 'Invalid attribute value type' ||
      typeOf(local) === 'TransactionCanceledException'),
]

const IN_UPDATES = [
  'The document path provided in the update expression is invalid for update',
  'The provided expression refers to an attribute that does not exist in the item',
  'An operand in the update expression has an incorrect data type',
  'DynamoDB only supports precision up to 38 digits',
]

function isInUpdates(message: string): boolean {
  return IN_UPDATES.includes(message)
}

function reasonsOf(body: Answer['body']): readonly string[] {
  return ((body['CancellationReasons'] ?? []) as { Message?: string }[]).map(({ Message }) => Message ?? '')
}

function unitsOf(body: Answer['body']): number {
  const capacity = [body['ConsumedCapacity'] ?? []].flat() as { CapacityUnits: number }[]
  return capacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0)
}

function messageOf(body: Answer['body']): string {
  const message = body['Message']
  return typeof message === 'string' ? message : ''
}

function typeOf(body: Answer['body']): string {
  const type = body['__type']
  return typeof type === 'string' ? type.replace(/^.*#/, '') : ''
}

function without(body: Answer['body'], name: string): Answer['body'] {
  return Object.fromEntries(Object.entries(body).filter(([each]) => each !== name))
}

function keyOf(pk: string): Record<string, unknown> {
  return { pk: { S: pk }, sk: { S: 'k1' } }
}
