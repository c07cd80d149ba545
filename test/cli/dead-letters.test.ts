import { QueueDoesNotExist, SQSServiceException } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { deadLettersOf } from '../../lib/cli/console-dead-letters.ts'
import { readLetter, sqsFailure } from '../../lib/cli/dead-letters.ts'

const QUEUES = {
  work: 'https://sqs.eu-west-1.amazonaws.com/1/work',
  urgent: 'https://sqs.eu-west-1.amazonaws.com/1/urgent',
  deadLetters: 'https://sqs.eu-west-1.amazonaws.com/1/dead',
}
const start = (more: object) =>
  JSON.stringify({ v: 1, type: 'start', id: 'p-1', kind: 'echo', input: 1, ...more })

test('readLetter() sends what SQS moved back to the queue that it came from', () => {
  const Attributes = { DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-west-1:1:isolation', SentTimestamp: '7' }
  expect(
    readLetter({ MessageId: 'm', Body: start({}), ReceiptHandle: 'r', Attributes }, QUEUES),
  ).toMatchObject({
    messageId: 'm',
    code: 'max_receives',
    id: 'p-1',
    type: 'start',
    sentAt: 7,
    source: 'https://sqs.eu-west-1.amazonaws.com/1/isolation',
  })
})

test('readLetter() sends what a worker refused to the queue of its kind, with the worker’s code', () => {
  const said = (text: string) => ({ DataType: 'String', StringValue: text })
  const MessageAttributes = { code: said('unknown_kind'), reason: said('no such kind') }
  const read = (Body: string) => readLetter({ Body, MessageAttributes }, QUEUES)
  expect(read(start({}))).toMatchObject({ code: 'unknown_kind', reason: 'no such kind', source: QUEUES.work })
  expect(read(start({ urgent: true })).source).toBe(QUEUES.urgent)
  expect(read('{')).toMatchObject({ type: 'unreadable', source: QUEUES.work })
})

const facts = { $metadata: {}, $fault: 'client', message: 'no' } as const
const denied = new SQSServiceException({ ...facts, name: 'AccessDenied' })

test('sqsFailure() names the code of SQS, and says when a right is missing', () => {
  expect(sqsFailure(denied)).toEqual({ code: 'AccessDenied', ofRights: true })
  expect(sqsFailure(new QueueDoesNotExist(facts))).toEqual({ code: 'QueueDoesNotExist', ofRights: false })
  expect(sqsFailure(undefined)).toEqual({ code: 'undefined', ofRights: false })
})

test('deadLettersOf() reports a missing right and another failure under codes of their own', async () => {
  const after = (error: Error) =>
    deadLettersOf(async () => {
      throw error
    })
  await expect(after(denied).list()).rejects.toMatchObject({ told: { code: 'queue_refused', status: 403 } })
  const gone = after(new QueueDoesNotExist(facts))
  await expect(gone.remove('m-1')).rejects.toMatchObject({ told: { code: 'queue_failed', status: 502 } })
  // A look that failed keeps the next one from nothing.
  await expect(gone.list()).rejects.toMatchObject({ told: { code: 'queue_failed' } })
})
