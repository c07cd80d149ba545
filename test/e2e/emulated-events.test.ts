import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { DescribeTableCommand, PutItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import type { DynamoDBRecord, DynamoDBStreamEvent, SQSEvent } from 'aws-lambda'
import { expect, onTestFinished, test } from 'vitest'
import { sigV4 } from '../../lib/client/http/signing.ts'
import { startEmbeddedStore } from '../../lib/local/embedded/embedded-store.ts'
import { localClients } from '../../lib/local/emulators.ts'
import { startEventSource } from '../../lib/local/event-source.ts'
import type { InvocationOutcome } from '../../lib/local/environment.ts'
import { startGateway, type GatewayAuth } from '../../lib/local/gateway/gateway.ts'
import { localToken } from '../../lib/local/gateway/tokens.ts'
import { ensureQueues, ensureTable } from '../../lib/local/resources.ts'
import { startSchedule } from '../../lib/local/schedule.ts'
import { startStreamSource } from '../../lib/local/status-events/stream-source.ts'
import { queueShape } from '../../lib/queue/shape.ts'
import { READ_WITH_TOKEN, SIGNED_START } from '../helpers/aws-events/http.ts'
import { SCHEDULED_EVENT } from '../helpers/aws-events/schedule.ts'
import { differences } from '../helpers/aws-events/shape.ts'
import { SQS_EVENT } from '../helpers/aws-events/sqs.ts'
import { ENDED, EXPIRED, REGISTERED } from '../helpers/aws-events/stream.ts'
import { sqsForTests } from '../helpers/sqs.ts'

// The events of the emulators have the fields, and the types of values, of those that AWS documents. What differs stands in the
// expectation, with the reason.

const REGION = 'eu-west-1'
const done = (payload: string): InvocationOutcome => ({ kind: 'succeeded', payload })
const sqs = sqsForTests()

test('the local queue sends the fields of a batch of SQS', async () => {
  const endpoint = await sqs().config.endpoint?.()
  const url = `http://${endpoint?.hostname}:${endpoint?.port}`
  const queues = await ensureQueues(sqs(), { name: 'shop', endpoint: url }, queueShape())
  const event = Promise.withResolvers<SQSEvent>()
  const source = startEventSource({
    sqs: sqs(),
    queueUrl: queues.queueUrl,
    queueArn: queues.queueArn,
    region: REGION,
    batchSize: 1,
    windowMs: 0,
    receiveWaitMs: 1_000,
    concurrency: 1,
    invoke: async (batch) => {
      event.resolve(batch)
      return done('{"batchItemFailures":[]}')
    },
    onEvent: () => undefined,
  })
  onTestFinished(() => source.stop())
  await sqs().send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl,
      MessageBody: '{}',
      MessageGroupId: 'tenant-7',
      MessageAttributes: { source: { DataType: 'String', StringValue: 'shop' } },
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-0-1' } },
    }),
  )
  // The emulator keeps both for FIFO queues only, or not at all. No handler reads them: AWS does, for fair queues and traces.
  expect(differences({ Records: [SQS_EVENT.Records[1]] }, await event.promise)).toEqual([
    '- Records[].attributes.AWSTraceHeader: string',
    '- Records[].attributes.MessageGroupId: string',
  ])
})

test('the local stream sends the fields of the records of DynamoDB, also of an expired item', async () => {
  // After the items of the fixtures have expired, so the store deletes the one that has an expiry.
  const store = await startEmbeddedStore({ now: () => 1_797_600_000_000 })
  const clients = localClients({
    region: REGION,
    dynamoEndpoint: store.endpoint,
    sqsEndpoint: 'http://127.0.0.1:9',
  })
  await ensureTable(clients.dynamo, 'shop')
  const put = async ({ dynamodb }: DynamoDBRecord): Promise<void> => {
    const Item = dynamodb?.NewImage as Record<string, AttributeValue>
    await clients.dynamo.send(new PutItemCommand({ TableName: 'shop', Item }))
  }
  await put(REGISTERED)
  await put(ENDED)
  const { Table } = await clients.dynamo.send(new DescribeTableCommand({ TableName: 'shop' }))
  const streams = new DynamoDBStreamsClient({
    endpoint: store.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const records: DynamoDBRecord[] = []
  const all = Promise.withResolvers<void>()
  const source = startStreamSource({
    streams,
    streamArn: Table?.LatestStreamArn ?? '',
    region: REGION,
    shape: { batchSize: 10, filters: [{ dynamodb: { Keys: { sk: { S: ['PROCESS'] } } } }] },
    invoke: async ({ Records }: DynamoDBStreamEvent) => {
      records.push(...Records)
      if (records.length === 3) all.resolve()
      return done('{"batchItemFailures":[]}')
    },
    onEvent: () => undefined,
  })
  onTestFinished(async () => {
    await source.stop()
    await store.stop()
  })
  await all.promise
  // As the handler's process reads them.
  const sent = JSON.parse(JSON.stringify(records)) as DynamoDBRecord[]
  expect(sent.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE'])
  for (const [index, onAws] of [REGISTERED, ENDED, EXPIRED].entries())
    expect(differences(onAws, sent[index])).toEqual([])
  expect(sent[2]?.userIdentity).toEqual(EXPIRED.userIdentity)
})

/** The event that a gateway makes of a request. */
async function eventOf(auth: GatewayAuth, send: (url: string) => Promise<Response>): Promise<unknown> {
  const events: unknown[] = []
  const target = {
    hasRoom: () => true,
    invoke: async (event: unknown) => {
      events.push(event)
      return done('{"statusCode":204}')
    },
  }
  const gateway = await startGateway({ target, auth })
  onTestFinished(() => gateway.stop())
  expect((await send(gateway.url)).status).toBe(204)
  return events[0]
}

test('the local gateway sends the fields of an HTTP API, signed and with a token', async () => {
  const signed = await eventOf('iam', async (url) => {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const sign = sigV4({ region: REGION, service: 'execute-api', credentials })
    const [target, body] = [new URL(`${url}/v1/processes`), '{}']
    const headers = { 'content-type': 'application/json' }
    const toSign = { method: 'POST', url: target, headers, body } as const
    return fetch(target, { method: 'POST', headers: await sign(toSign), body })
  })
  expect(differences(SIGNED_START, signed)).toEqual([])
  const read = await eventOf('jwt', (url) =>
    fetch(`${url}/v1/processes/wave-2/result?waitMs=0`, {
      headers: { authorization: `Bearer ${localToken({ sub: 'ann' })}`, cookie: 'theme=dark; session=abc' },
    }),
  )
  expect(differences(READ_WITH_TOKEN, read)).toEqual([])
  expect(read).toMatchObject({ cookies: READ_WITH_TOKEN.cookies })
})

test('the local schedule sends the fields of EventBridge Scheduler', async () => {
  const event = Promise.withResolvers<unknown>()
  const schedule = startSchedule({
    everyMs: 60_000,
    region: REGION,
    invoke: async (sent) => event.resolve(sent),
  })
  onTestFinished(() => schedule.stop())
  expect(differences(SCHEDULED_EVENT, await event.promise)).toEqual([])
})
