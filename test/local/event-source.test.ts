import { join } from 'node:path'
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import type { SQSRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { localClients, type Clients } from '../../lib/local/emulators.ts'
import { startEventSource, type EventSource, type EventSourceOptions } from '../../lib/local/event-source.ts'
import { LocalFunction } from '../../lib/local/function.ts'
import { ensureQueues, type Queues } from '../../lib/local/resources.ts'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { queueShape } from '../../lib/queue/shape.ts'
import { LocalEvents } from '../helpers/local-events.ts'

const MAX_RECEIVES = 2
const VISIBILITY_MS = 2_000
let sqs: LocalServer
let clients: Clients
beforeAll(async () => {
  sqs = await startSqs({ region: 'us-east-1' })
  clients = localClients({
    region: 'us-east-1',
    dynamoEndpoint: 'http://127.0.0.1:9',
    sqsEndpoint: sqs.endpoint,
  })
})
afterAll(() => sqs.stop())

let [queueNumber, events] = [0, new LocalEvents()]
let queues: Queues
let worker: LocalFunction
const sources: EventSource[] = []
beforeEach(async () => {
  queueNumber += 1
  events = new LocalEvents()
  queues = await shapeQueues({ visibilityTimeoutMs: 30_000 })
  worker = new LocalFunction({
    label: 'worker',
    functionName: 'test-worker',
    entry: join(import.meta.dirname, 'fixtures/queue-worker.ts'),
    timeoutMs: 20_000,
    memoryMb: 512,
    region: 'us-east-1',
    env: {},
    maxEnvironments: 2,
    onEvent: events.on,
  })
  // A cold start may take longer than a short visibility timeout.
  await worker.warm()
})
afterEach(async () => {
  await Promise.all([...sources.splice(0).map((source) => source.stop()), worker.stop()])
})

/** Makes this test's queues, or gives those that are there another visibility timeout. */
function shapeQueues(work: { visibilityTimeoutMs: number }): Promise<Queues> {
  const shape = queueShape()
  return ensureQueues(
    clients.sqs,
    { name: `q${queueNumber}`, endpoint: sqs.endpoint },
    { ...shape, work: { ...shape.work, ...work, maxReceiveCount: MAX_RECEIVES } },
  )
}

function listen(changes: Partial<EventSourceOptions> = {}): EventSource {
  const source = startEventSource({
    sqs: clients.sqs,
    ...queues,
    region: 'us-east-1',
    batchSize: 10,
    windowMs: 0,
    receiveWaitMs: 1_000,
    concurrency: 2,
    invoke: (event) => worker.invoke(event),
    onEvent: events.on,
    ...changes,
  })
  sources.push(source)
  return source
}

async function send(...bodies: object[]): Promise<string[]> {
  const Entries = bodies.map((body, index) => ({ Id: String(index), MessageBody: JSON.stringify(body) }))
  const sent = await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: queues.queueUrl, Entries }))
  return (sent.Successful ?? []).map(({ MessageId = '' }) => MessageId)
}

/** Every batch as the handler got it. */
function batches(): SQSRecord[][] {
  return events.told().map(({ records }) => records as SQSRecord[])
}

async function counts(queueUrl: string): Promise<{ visible: number; hidden: number }> {
  const { Attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
  )
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes
  return {
    visible: Number(ApproximateNumberOfMessages),
    hidden: Number(ApproximateNumberOfMessagesNotVisible),
  }
}

test('the next batch is served while the one before is deleted, and a stop waits for that', async () => {
  const { sqs: slow } = localClients({
    region: 'us-east-1',
    dynamoEndpoint: 'http://127.0.0.1:9',
    sqsEndpoint: sqs.endpoint,
  })
  const deletion = Promise.withResolvers<void>()
  slow.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'DeleteMessageBatchCommand') await deletion.promise
      return next(args)
    },
    { step: 'initialize' },
  )
  const second = Promise.withResolvers<void>()
  let served = 0
  await send({ n: 1 }, { n: 2 })
  const source = listen({
    sqs: slow,
    batchSize: 1,
    concurrency: 1,
    invoke: async () => {
      served += 1
      if (served === 2) second.resolve()
      return { kind: 'succeeded', payload: '{"batchItemFailures":[]}' }
    },
  })
  await second.promise
  expect(await counts(queues.queueUrl)).toEqual({ visible: 0, hidden: 2 })
  deletion.resolve()
  await source.stop()
  expect(await counts(queues.queueUrl)).toEqual({ visible: 0, hidden: 0 })
  slow.destroy()
})

test('a handler gets records of the shape that Lambda sends, and what it did is deleted', async () => {
  listen()
  const body = JSON.stringify({ do: 'succeed', text: 'ünï' })
  const sent = await clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: queues.queueUrl,
      MessageBody: body,
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'a' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
      },
    }),
  )
  await events.until((all) => all.of('batch').length === 1)
  expect(batches()).toEqual([
    [
      {
        messageId: sent.MessageId,
        receiptHandle: expect.stringMatching(/./u),
        body,
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/u),
          SenderId: expect.stringMatching(/./u),
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/u),
        },
        messageAttributes: {
          text: { dataType: 'String', stringValue: 'a', stringListValues: [], binaryListValues: [] },
          bytes: { dataType: 'Binary', binaryValue: 'AQL/', stringListValues: [], binaryListValues: [] },
        },
        md5OfBody: sent.MD5OfMessageBody,
        md5OfMessageAttributes: sent.MD5OfMessageAttributes,
        eventSource: 'aws:sqs',
        eventSourceARN: queues.queueArn,
        awsRegion: 'us-east-1',
      },
    ],
  ])
  expect(await counts(queues.queueUrl)).toEqual({ visible: 0, hidden: 0 })
})

test('only failed messages are redelivered after the visibility timeout, then dead-lettered', async () => {
  await shapeQueues({ visibilityTimeoutMs: VISIBILITY_MS })
  const [good, bad] = await send({ do: 'succeed' }, { do: 'fail' })
  listen()
  await events.until((all) => all.of('batch').length === MAX_RECEIVES)
  expect(events.of('batch')).toEqual([
    { type: 'batch', received: [good, bad], failed: [bad] },
    { type: 'batch', received: [bad], failed: [bad] },
  ])
  const again = batches()[1]?.[0]?.attributes
  expect(again?.ApproximateReceiveCount).toBe('2')
  const hiddenMs = Number(events.told()[1]?.['at']) - Number(again?.ApproximateFirstReceiveTimestamp)
  expect(hiddenMs).toBeGreaterThanOrEqual(VISIBILITY_MS)
  const dead = await clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queues.deadLetterUrl, WaitTimeSeconds: 20 }),
  )
  expect(dead.Messages?.map(({ MessageId }) => MessageId)).toEqual([bad])
  expect(await counts(queues.queueUrl)).toEqual({ visible: 0, hidden: 0 })
})

test.each([
  ['crashes', 'crash', 'Runtime.ExitError'],
  ['throws', 'throw', 'RangeError: thrown on order'],
  ['answers with what is no batch response', 'malformed', 'the answer is not an object'],
])('where a handler %s, its whole batch comes again', async (_, order, because) => {
  await shapeQueues({ visibilityTimeoutMs: VISIBILITY_MS })
  const ids = await send({ do: 'succeed' }, { do: order })
  listen()
  await events.until((all) => all.of('batch').length === 1)
  expect(events.of('batch')[0]).toMatchObject({ received: ids, failed: ids })
  expect(events.of('batch')[0]?.because).toContain(because)
  await events.until((all) => all.of('batch').length === 2)
  expect(
    batches()[1]
      ?.map(({ messageId }) => messageId)
      .sort(),
  ).toEqual([...ids].sort())
})

test('a batch holds at most ten messages, and no more batches run at once than allowed', async () => {
  const ids: string[] = []
  for (let round = 0; round < 4; round += 1)
    ids.push(...(await send(...Array.from({ length: 10 }, () => ({ do: 'succeed', ms: 20 })))))
  let [running, most] = [0, 0]
  listen({
    async invoke(event) {
      running += 1
      most = Math.max(most, running)
      return worker.invoke(event).finally(() => {
        running -= 1
      })
    },
  })
  await events.until((all) => all.of('batch').flatMap(({ received }) => received).length === ids.length)
  expect(
    events
      .of('batch')
      .flatMap(({ received }) => received)
      .sort(),
  ).toEqual(ids.sort())
  expect(Math.max(...batches().map((records) => records.length))).toBe(10)
  expect(most).toBe(2)
  expect(await counts(queues.queueUrl)).toEqual({ visible: 0, hidden: 0 })
})

test('with a window, messages that come one by one make one batch', async () => {
  listen({ windowMs: 600 })
  const ids = [...(await send({ do: 'succeed' })), ...(await send({ do: 'succeed' }))]
  await events.until((all) => all.of('batch').length === 1)
  expect(events.of('batch')[0]?.received.toSorted()).toEqual(ids.toSorted())
})

test('stopping waits for the batch in progress and takes no other', async () => {
  const source = listen({ concurrency: 1, batchSize: 1 })
  await send({ do: 'succeed', ms: 300 })
  await events.until((all) => all.told().length === 1)
  await send({ do: 'succeed' })
  await source.stop()
  expect(events.of('batch')).toHaveLength(1)
  expect(await counts(queues.queueUrl)).toEqual({ visible: 1, hidden: 0 })
})
