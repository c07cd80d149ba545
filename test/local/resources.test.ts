import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { localClients, type Clients } from '../../lib/local/emulators.ts'
import { OtherTable } from '../../lib/local/errors.ts'
import { ensureQueues, ensureTable } from '../../lib/local/resources.ts'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { createTableInput, TABLE } from '../../lib/registry/table.ts'
import { queueShape } from '../../lib/queue/shape.ts'

let sqs: LocalServer
let clients: Clients
let dynamo: DynamoDBClient
beforeAll(async () => {
  sqs = await startSqs({ region: 'us-east-1' })
  clients = localClients({
    region: 'us-east-1',
    dynamoEndpoint: inject('dynamoEndpoint'),
    sqsEndpoint: sqs.endpoint,
  })
  dynamo = clients.dynamo
})
afterAll(() => sqs.stop())

test('the table is made once, with its indexes, its stream and expiry', async () => {
  const TableName = 'resources-made'
  await Promise.all([ensureTable(dynamo, TableName), ensureTable(dynamo, TableName)])
  await ensureTable(dynamo, TableName)
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }))
  expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual(
    TABLE.indexes.map(({ name }) => name).toSorted(),
  )
  expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: TABLE.stream })
  const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }))
  expect(TimeToLiveDescription).toMatchObject({ AttributeName: TABLE.ttlAttribute })
})

test('a table without a stream serves until a stream is asked for', async () => {
  const TableName = 'resources-quiet'
  await ensureTable(dynamo, TableName, { stream: false })
  await ensureTable(dynamo, TableName, { stream: false })
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }))
  expect(Table?.LatestStreamArn).toBeUndefined()
  await expect(ensureTable(dynamo, TableName)).rejects.toThrow(/no stream, this one needs .*, a stream/u)
})

test('a table of that name with other indexes is refused, with both shapes', async () => {
  const TableName = 'resources-other'
  const { GlobalSecondaryIndexes = [], ...input } = createTableInput(TableName)
  const [due] = GlobalSecondaryIndexes
  await dynamo.send(
    new CreateTableCommand({
      ...input,
      AttributeDefinitions: input.AttributeDefinitions?.filter(({ AttributeName = '' }) =>
        ['pk', 'sk', 'd', 'da'].includes(AttributeName),
      ),
      GlobalSecondaryIndexes: [due!],
    }),
  )
  const refused = await ensureTable(dynamo, TableName).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(OtherTable)
  expect((refused as Error).message).toMatch(
    /has pk\+sk, due\(d\+da: .*\), this one needs .*attention\(an\+aa: .*list\(g\+ca: ea k lw s sc x\)/u,
  )
})

test('queues get the shape they are asked for, also those from before', async () => {
  const shape = queueShape()
  const where = { name: 'shaped', endpoint: sqs.endpoint }
  const attributesOf = async (QueueUrl: string) =>
    (await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] })))
      .Attributes ?? {}

  const made = await ensureQueues(clients.sqs, where, shape)
  expect(await attributesOf(made.queueUrl)).toMatchObject({
    VisibilityTimeout: String(shape.work.visibilityTimeoutMs / 1000),
    MessageRetentionPeriod: String(shape.work.retentionMs / 1000),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:shaped-dead-letter',
      maxReceiveCount: shape.work.maxReceiveCount,
    }),
  })
  expect(await attributesOf(made.deadLetterUrl)).toMatchObject({
    MessageRetentionPeriod: String(shape.deadLetter.retentionMs / 1000),
  })

  const again = await ensureQueues(clients.sqs, where, {
    ...shape,
    work: { ...shape.work, visibilityTimeoutMs: 7_000 },
  })
  expect(again).toEqual(made)
  expect(await attributesOf(again.queueUrl)).toMatchObject({ VisibilityTimeout: '7' })
})
