import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { SqsDeadRecords } from '../../lib/status-events/dead-letters.ts'
import { sqsForTests } from '../helpers/sqs.ts'

const client = sqsForTests()

let queues = 0
/** Puts a record and answers what an operator finds. */
async function put(more: { key: string; event?: unknown; reason?: string }) {
  queues += 1
  const { QueueUrl = '' } = await client().send(new CreateQueueCommand({ QueueName: `dead-${queues}` }))
  const records = new SqsDeadRecords({ client: client(), queueUrl: QueueUrl })
  await records.put({
    sequenceNumber: '1',
    eventName: 'MODIFY',
    code: 'unreadable_item',
    reason: 'r',
    ...more,
  })
  const { Messages = [] } = await client().send(
    new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 5 }),
  )
  const [{ Body = '', MessageAttributes = {} } = {}] = Messages
  return { record: JSON.parse(Body) as { key?: string; event?: unknown }, attributes: MessageAttributes }
}

test.each([
  ['control characters', 'P#\u0000\u0001\u001f/PROCESS'],
  ['characters that are none', 'P#\ufffe\uffff/PROCESS'],
  ['many', `P#${'k'.repeat(2_040)}/PROCESS`],
  ['characters of two halves', 'P#😀/PROCESS'],
])('a record whose key has %s is put, so that it does not hold up the stream', async (_, key) => {
  const { record, attributes } = await put({ key, reason: `${key} cannot be read` })
  expect(record.key).toBe(key)
  expect(Object.keys(attributes).sort()).toEqual(['code', 'key'])
})

test('an event is put with its record, and left out when no message holds it', async () => {
  const event = { type: 'Process Parked', detail: { kind: '\u0001'.repeat(1_000) } }
  expect((await put({ key: 'P#a/PROCESS', event })).record.event).toEqual(event)
  const larger = { ...event, detail: { kind: '\u0001'.repeat(380_000) } }
  const { record } = await put({ key: 'P#b/PROCESS', event: larger, reason: '\uffff'.repeat(380_000) })
  expect(record).toMatchObject({ key: 'P#b/PROCESS' })
  expect(record).not.toHaveProperty('event')
})
