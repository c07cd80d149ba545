import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { SqsRedelivery, toDelivery, type SqsRecord } from '../../lib/queue/redelivery.ts'
import { sqsForTests } from '../helpers/sqs.ts'

const client = sqsForTests()
const arn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`

test('hide() shows a message of its queue sooner than the queue, and leaves others alone [C80]', async () => {
  const queueOf = async (QueueName: string): Promise<string> => {
    const Attributes = { VisibilityTimeout: '5400' }
    const { QueueUrl = '' } = await client().send(new CreateQueueCommand({ QueueName, Attributes }))
    return QueueUrl
  }
  const queueUrls = [await queueOf('work'), await queueOf('urgent')]
  const [, QueueUrl = ''] = queueUrls
  await client().send(new SendMessageCommand({ QueueUrl, MessageBody: 'look' }))
  const receive = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 20,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    })
    return (await client().send(command)).Messages?.[0]
  }
  const receiptHandle = (await receive())?.ReceiptHandle ?? ''
  const redelivery = new SqsRedelivery({ client: client(), queueUrls, maxAttempts: 5 })
  const hide = (record: SqsRecord): Promise<readonly string[]> =>
    redelivery.of([record]).hide([{ id: record.messageId, forMs: 400 }])
  const message = { messageId: 'm-1', body: 'look', receiptHandle }
  expect(await hide({ ...message, eventSourceARN: arn('urgent') })).toEqual([])
  const again = await receive()
  expect(again?.Attributes).toEqual({ ApproximateReceiveCount: '2' })
  expect(await hide({ ...message, eventSourceARN: arn('other') })).toEqual([])
  await client().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: again?.ReceiptHandle }))
  expect(await hide({ ...message, receiptHandle: 'gone', eventSourceARN: arn('urgent') })).toEqual(['m-1'])
})

test('hide() sends ten messages a request, in whole seconds rounded up', async () => {
  const sqs = new SQSClient({ region: 'us-east-1' })
  const mock = mockClient(sqs)
  mock.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [], Failed: [] })
  const ids = Array.from({ length: 12 }, (_, n) => `m-${n}`)
  const records = ids.map((id) => ({
    messageId: id,
    body: '',
    receiptHandle: `r-${id}`,
    eventSourceARN: arn('work'),
  }))
  const redelivery = new SqsRedelivery({
    client: sqs,
    queueUrls: ['https://sqs.example/1/work'],
    maxAttempts: 5,
  })
  await redelivery.of(records).hide(ids.map((id) => ({ id, forMs: 15_001 })))
  const sent = mock
    .commandCalls(ChangeMessageVisibilityBatchCommand)
    .map(({ args }) => args[0].input.Entries ?? [])
  expect(sent.map(({ length }) => length)).toEqual([10, 2])
  expect(sent[1]?.[1]).toEqual({ Id: '1', ReceiptHandle: 'r-m-11', VisibilityTimeout: 16 })
})

test('hide() throws when SQS fails at a message, and returns one that SQS refuses', async () => {
  const sqs = new SQSClient({ region: 'us-east-1' })
  const mock = mockClient(sqs)
  const record = { messageId: 'm-1', body: '', receiptHandle: 'r-1', eventSourceARN: arn('work') }
  const redelivery = new SqsRedelivery({
    client: sqs,
    queueUrls: ['https://sqs.example/1/work'],
    maxAttempts: 5,
  })
  const hide = () => redelivery.of([record]).hide([{ id: 'm-1', forMs: 1_000 }])
  const failed = (SenderFault: boolean) => ({
    Successful: [],
    Failed: [{ Id: '0', SenderFault, Code: 'InternalError' }],
  })
  mock.on(ChangeMessageVisibilityBatchCommand).resolves(failed(true))
  expect(await hide()).toEqual(['m-1'])
  mock.on(ChangeMessageVisibilityBatchCommand).resolves(failed(false))
  await expect(hide()).rejects.toThrow(/InternalError/u)
})

test('toDelivery() keeps id, body, count and time of sending, and makes up none that is absent', () => {
  const record = { messageId: 'm-1', body: 'look' }
  const attributes = { SentTimestamp: '1700000000000', ApproximateReceiveCount: '2' }
  expect(toDelivery({ ...record, attributes })).toEqual({
    id: 'm-1',
    body: 'look',
    attempt: 2,
    firstSentAt: 1_700_000_000_000,
  })
  expect(toDelivery(record)).toEqual({ id: 'm-1', body: 'look' })
})
