import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MESSAGE_MAX_BYTES } from '../../lib/model/limits.ts'
import type { Wakeup } from '../../lib/queue/doorbell.ts'
import { wakeupOf } from '../../lib/queue/wakeups.ts'
import { SqsDeadLetters, SqsDoorbell } from '../../lib/queue/sqs.ts'
import { sqsForTests } from '../helpers/sqs.ts'

const client = sqsForTests()

describe('SqsDoorbell.ring()', () => {
  const queueUrl = 'https://sqs.example/1/work'
  const wakeup = (id: string): Wakeup => ({ id: parseProcessId(id), delayMs: 0 })

  function mocked() {
    const sqs = new SQSClient({ region: 'us-east-1' })
    return { doorbell: new SqsDoorbell({ client: sqs, queueUrl }), mock: mockClient(sqs) }
  }

  function entriesOf(mock: ReturnType<typeof mocked>['mock']) {
    return mock.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input.Entries ?? [])
  }

  test('sends the scope, or else the kind, as the group of a message', async () => {
    const { doorbell, mock } = mocked()
    mock.on(SendMessageBatchCommand).resolves({})
    const [a, b, c] = ['a', 'b', 'c'].map((id) => parseProcessId(id))
    await doorbell.ring([
      wakeupOf({ id: a!, kind: 'order', scope: 'tenant-7' }, 0),
      wakeupOf({ id: b!, kind: 'order' }, 0),
      wakeupOf({ id: c! }, 0),
    ])
    const [sent] = entriesOf(mock)
    expect(sent?.map(({ MessageGroupId }) => MessageGroupId)).toEqual(['tenant-7', 'order', undefined])
  })

  test('sends at most ten entries in a request, and whole seconds that are never early', async () => {
    const { doorbell, mock } = mocked()
    mock.on(SendMessageBatchCommand).resolves({})
    await doorbell.ring(
      Array.from({ length: 21 }, (_, n) => ({ ...wakeup(`p${n}`), delayMs: n === 0 ? 1_001 : 0 })),
    )
    const sent = entriesOf(mock)
    expect(sent.map(({ length }) => length)).toEqual([10, 10, 1])
    expect(sent[0]?.[0]?.DelaySeconds).toBe(2)
  })

  test('sends again only the entries that SQS refused', async () => {
    const { doorbell, mock } = mocked()
    const Failed = [{ Id: '1', SenderFault: false, Code: 'InternalError' }]
    mock.on(SendMessageBatchCommand).resolvesOnce({ Failed }).resolves({})
    await doorbell.ring([wakeup('a'), wakeup('b'), wakeup('c')])
    const bodies = entriesOf(mock).map((entries) =>
      entries.map(({ MessageBody = '' }) => JSON.parse(MessageBody).id),
    )
    expect(bodies).toEqual([['a', 'b', 'c'], ['b']])
  })

  test('throws StoreUnavailable with the code when SQS refuses an entry three times', async () => {
    const { doorbell, mock } = mocked()
    const Failed = [{ Id: '0', SenderFault: false, Code: 'InternalError' }]
    mock.on(SendMessageBatchCommand).resolves({ Failed })
    const sent = doorbell.ring([wakeup('a')])
    await expect(sent).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('InternalError'),
    })
    expect(entriesOf(mock)).toHaveLength(3)
  })

  test('throws the error of a request that failed as a whole', async () => {
    const { doorbell, mock } = mocked()
    mock.on(SendMessageBatchCommand).rejects(new Error('no route to host'))
    await expect(doorbell.ring([wakeup('a')])).rejects.toThrow('no route to host')
  })

  test('sends messages that a real queue takes', async () => {
    const { QueueUrl = '' } = await client().send(new CreateQueueCommand({ QueueName: 'fair' }))
    const doorbell = new SqsDoorbell({ client: client(), queueUrl: QueueUrl })
    await doorbell.ring([
      wakeupOf({ id: parseProcessId('a'), kind: 'order', scope: 'tenant-7' }, 0),
      wakeup('b'),
      wakeup('c'),
    ])
    const { Messages = [] } = await client().send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
    )
    expect(Messages).toHaveLength(3)
  })
})

test('backlog() counts the messages of each queue, also when there is only one', async () => {
  const urls = ['counted-work', 'counted-urgent'].map(async (QueueName) => {
    return (await client().send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? ''
  })
  const [queueUrl = '', urgentQueueUrl = ''] = await Promise.all(urls)
  const doorbell = new SqsDoorbell({ client: client(), queueUrl, urgentQueueUrl })
  const wakeups = ['a', 'b', 'c'].map((id, n) => ({ id: parseProcessId(id), delayMs: 0, urgent: n > 0 }))
  await doorbell.ring(wakeups)
  expect(doorbell.queues).toEqual(['urgent', 'work'])
  expect([await doorbell.backlog('work'), await doorbell.backlog('urgent')]).toEqual([1, 2])
  expect(new SqsDoorbell({ client: client(), queueUrl }).queues).toEqual(['work'])
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
