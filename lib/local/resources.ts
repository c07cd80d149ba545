import {
  CreateTableCommand,
  DescribeTableCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { createTableInput, timeToLiveInput } from '../registry/table.ts'
import type { QueueShape } from '../queue/shape.ts'
import { OtherTable } from './errors.ts'

const TABLE_WAIT_S = 30

/**
 * Makes the table, unless it is there from before. Throws `OtherTable` if that one has other keys or indexes, or lacks a stream
 * that is asked for. Each write costs DynamoDB Local a third more with a stream, so a table that no reader follows has none.
 */
export async function ensureTable(
  dynamo: DynamoDBClient,
  tableName: string,
  { stream = true }: { readonly stream?: boolean } = {},
): Promise<void> {
  const { StreamSpecification, ...shape } = createTableInput(tableName)
  const wanted = stream ? { ...shape, StreamSpecification } : shape
  try {
    await dynamo.send(new CreateTableCommand(wanted))
    await waitUntilTableExists(
      { client: dynamo, maxWaitTime: TABLE_WAIT_S, minDelay: 1, maxDelay: 1 },
      { TableName: tableName },
    )
    await dynamo.send(new UpdateTimeToLiveCommand(timeToLiveInput(tableName)))
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: tableName }))
    const [stored, asked] = [keysOf(Table ?? {}), keysOf(wanted)]
    if (stored !== asked) throw new OtherTable({ tableName, stored, asked })
    if (stream && Table?.StreamSpecification?.StreamEnabled !== true)
      throw new OtherTable({ tableName, stored: `${stored}, no stream`, asked: `${asked}, a stream` })
  }
}

/** The parts of a table that cannot be changed later, in one line of text. */
function keysOf(table: Pick<TableDescription, 'KeySchema' | 'GlobalSecondaryIndexes'>): string {
  const keys = (schema: TableDescription['KeySchema']) =>
    (schema ?? []).map(({ AttributeName }) => AttributeName).join('+')
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(
    ({ IndexName, KeySchema, Projection }) =>
      `${IndexName}(${keys(KeySchema)}: ${(Projection?.NonKeyAttributes ?? []).toSorted().join(' ')})`,
  )
  return [keys(table.KeySchema), ...indexes.toSorted()].join(', ')
}

export type Queues = {
  readonly queueUrl: string
  readonly queueArn: string
  readonly urgentUrl: string
  readonly urgentArn: string
  readonly isolationUrl: string
  readonly isolationArn: string
  readonly deadLetterUrl: string
}

/** Makes the queues, or finds those from before, with their messages, and gives them this shape. */
export async function ensureQueues(
  sqs: SQSClient,
  where: { readonly name: string; readonly endpoint: string },
  { work, deadLetter }: QueueShape,
): Promise<Queues> {
  const dead = await ensureQueue(sqs, `${where.name}-dead-letter`, {
    MessageRetentionPeriod: seconds(deadLetter.retentionMs),
  })
  const attributes = {
    VisibilityTimeout: seconds(work.visibilityTimeoutMs),
    MessageRetentionPeriod: seconds(work.retentionMs),
    ReceiveMessageWaitTimeSeconds: seconds(work.receiveWaitMs),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: dead.arn,
      maxReceiveCount: work.maxReceiveCount,
    }),
  }
  const [queue, urgent, isolation] = await Promise.all([
    ensureQueue(sqs, `${where.name}-work`, attributes),
    ensureQueue(sqs, `${where.name}-urgent`, attributes),
    ensureQueue(sqs, `${where.name}-isolation`, attributes),
  ])
  // A queue from before names the port that the emulator had then.
  const here = (url: string) => new URL(new URL(url).pathname, where.endpoint).href
  return {
    queueUrl: here(queue.url),
    queueArn: queue.arn,
    urgentUrl: here(urgent.url),
    urgentArn: urgent.arn,
    isolationUrl: here(isolation.url),
    isolationArn: isolation.arn,
    deadLetterUrl: here(dead.url),
  }
}

async function ensureQueue(
  sqs: SQSClient,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>>,
): Promise<{ url: string; arn: string }> {
  const url = await findQueue(sqs, name)
  if (url !== undefined)
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }))
  const made =
    url ?? (await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: made, AttributeNames: ['QueueArn'] }),
  )
  return { url: made ?? '', arn: Attributes?.['QueueArn'] ?? '' }
}

async function findQueue(sqs: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined
    throw error
  }
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000))
}
