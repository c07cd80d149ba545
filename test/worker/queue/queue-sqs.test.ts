import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { MESSAGE_MAX_BYTES } from '../../../lib/model/limits.ts'
import { bellOf } from '../../../lib/worker/queue/park-bell.ts'
import { SqsComebacks, SqsDeadLetters, SqsDoorbell } from '../../../lib/worker/queue/queue-sqs.ts'
import { sqsForTests } from '../../helpers/sqs.ts'

const client = sqsForTests()

test('a doorbell belongs to the group of its scope, or else of its kind, on a standard queue', async () => {
  const sent: unknown[] = []
  client().middlewareStack.add(
    (next, context) => (args) => {
      if (context.commandName === 'SendMessageBatchCommand') sent.push(args.input)
      return next(args)
    },
    { step: 'initialize' },
  )
  const { QueueUrl = '' } = await client().send(new CreateQueueCommand({ QueueName: 'fair' }))
  const doorbell = new SqsDoorbell({ client: client(), queueUrl: QueueUrl })
  const [a, b, c] = ['a', 'b', 'c'].map((id) => parseProcessId(id))
  await doorbell.ring([
    bellOf({ id: a!, kind: 'order', scope: 'tenant-7' }, 0),
    bellOf({ id: b!, kind: 'order' }, 0),
    bellOf({ id: c! }, 0),
  ])
  expect(sent).toMatchObject([
    { Entries: [{ MessageGroupId: 'tenant-7' }, { MessageGroupId: 'order' }, { Id: '2' }] },
  ])
  expect(JSON.stringify(sent).match(/MessageGroupId/gu)).toHaveLength(2)
  const { Messages = [] } = await client().send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
  )
  expect(Messages).toHaveLength(3)
})

test('a message comes back to the queue that it is of, long before the queue would show it', async () => {
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
  const first = await receive()
  const receiptHandle = first?.ReceiptHandle ?? ''
  const comebacks = new SqsComebacks({ client: client(), queueUrls, maxReceives: 5 })
  const arn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`
  await comebacks.comeBack({ receiptHandle, eventSourceARN: arn('urgent') }, 400)
  expect((await receive())?.Attributes).toEqual({ ApproximateReceiveCount: '2' })
  // A message of another queue is no business of this worker's.
  await comebacks.comeBack({ receiptHandle, eventSourceARN: arn('other') }, 400)
})

test.each([0, 40, 1_300])(
  'a message that leaves %i bytes of what SQS takes is a dead letter too, with what there is room for beside it',
  async (room) => {
    const { QueueUrl = '' } = await client().send(new CreateQueueCommand({ QueueName: `dead-${room}` }))
    const body = 'x'.repeat(MESSAGE_MAX_BYTES - room)
    const letters = new SqsDeadLetters({ client: client(), queueUrl: QueueUrl })
    await letters.put({ body, reason: 'r'.repeat(2_000), code: 'invalid_message', messageId: 'm-1' })
    const { Messages = [] } = await client().send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 5 }),
    )
    expect(Messages[0]?.Body).toBe(body)
    const names = Object.keys(Messages[0]?.MessageAttributes ?? {})
    expect(names.sort()).toEqual({ 0: [], 40: ['code'], 1_300: ['code', 'messageId', 'reason'] }[room])
  },
)
