import { TABLE } from '../../lib/registry/table.ts'
import type { Needed } from './judge.ts'

/** A signed request to a service, as the proxy receives it. */
export type SignedRequest = {
  /** The header `x-amz-target`: `DynamoDB_20120810.GetItem`, `AmazonSQS.SendMessage`. */
  readonly target: string
  readonly body: unknown
}

/** Local names of things to the paths of their constructs. */
export type Things = {
  readonly tables: ReadonlyMap<string, string>
  readonly queues: ReadonlyMap<string, string>
}

type Fields = Readonly<Record<string, unknown>>

/** In a transaction each part needs the right of its own action. */
const PARTS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
}
/** A batch of messages needs the right to send one, and so on: SQS has no rights for batches. */
const BATCHES: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
}

/**
 * The rights that a request needs, each as `action on thing`. Throws on a request that it does not know, so that a new kind
 * of request cannot pass unjudged.
 */
export function neededRights({ target, body }: SignedRequest, things: Things): readonly Needed[] {
  const [service = '', operation = ''] = target.split('.')
  const fields = asFields(body)
  if (service.startsWith('DynamoDBStreams_'))
    return [{ right: `dynamodb:${operation} on ${streamOf(operation, fields, things)}` }]
  if (service.startsWith('DynamoDB_')) return dynamoRights(operation, fields, things)
  if (service === 'AmazonSQS') {
    const name = new URL(String(fields['QueueUrl'])).pathname.split('/').at(-1) ?? ''
    return [{ right: `sqs:${BATCHES[operation] ?? operation} on ${known(things.queues, name)}` }]
  }
  throw new Error(`no rights are known for a request ${target}`)
}

function dynamoRights(operation: string, fields: Fields, things: Things): readonly Needed[] {
  if (operation === 'TransactWriteItems' || operation === 'TransactGetItems') {
    const items = fields['TransactItems']
    if (!Array.isArray(items)) throw new Error(`${operation} has no items`)
    return items.flatMap((item) =>
      Object.entries(asFields(item)).map(([part, of]) => {
        const action = PARTS[part]
        if (action === undefined) throw new Error(`${operation} has a part ${part}`)
        return onItem(action, asFields(of), things)
      }),
    )
  }
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem')
    return Object.keys(asFields(fields['RequestItems'])).map((name) => ({
      right: `dynamodb:${operation} on ${known(things.tables, name)}`,
    }))
  const index = fields['IndexName']
  if (typeof index !== 'string') return [onItem(operation, fields, things)]
  return [{ right: `dynamodb:${operation} on ${tableOf(fields, things)}/index/${index}` }]
}

function onItem(action: string, fields: Fields, things: Things): Needed {
  const right = `dynamodb:${action} on ${tableOf(fields, things)}`
  const item = fields['Item'] ?? fields['Key']
  const key = item === undefined ? undefined : asFields(item)[TABLE.partitionKey.name]
  const leading = key === undefined ? undefined : asFields(key)['S']
  return typeof leading === 'string' ? { right, leadingKeys: [leading] } : { right }
}

/** `ListStreams` takes no resource, so its right is for all. */
function streamOf(operation: string, fields: Fields, things: Things): string {
  if (operation === 'ListStreams') return '*'
  // A read names an iterator, in which the stream's ARN is packed; the emulators' iterators differ, and have one table each.
  const arn = fields['StreamArn']
  const [only] = things.tables.values()
  if (typeof arn !== 'string') return `${only ?? ''}/stream`
  return `${known(things.tables, /table\/([^/]+)\/stream/u.exec(arn)?.[1] ?? arn)}/stream`
}

function tableOf(fields: Fields, things: Things): string {
  return known(things.tables, String(fields['TableName']))
}

function known(names: ReadonlyMap<string, string>, name: string): string {
  const thing = names.get(name)
  if (thing === undefined) throw new Error(`the template has nothing that is called ${name} here`)
  return thing
}

function asFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError('a request has fields')
  return value as Fields
}
