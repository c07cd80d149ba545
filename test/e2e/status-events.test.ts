import { join } from 'node:path'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, expect, inject, test } from 'vitest'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import type { StatusEventDetail } from '../../lib/status-events/event.ts'
import { LocalEvents } from '../helpers/local-events.ts'

let stack: LocalStack | undefined
afterEach(() => stack?.stop())

test('a listener on the bus gets each status of processes that messages start, in order [C54]', async () => {
  const events = new LocalEvents()
  stack = await startLocalStack({
    name: 'status-events-e2e',
    workerEntry: join(import.meta.dirname, 'fixtures/bad-input-worker.ts'),
    dynamoEndpoint: inject('dynamoEndpoint'),
    timings: { leaseTtlMs: 1_500, renewEveryMs: 500, sweepEveryMs: 500 },
    onEvent: events.on,
  })
  const { clients, queueUrl } = stack
  const start = (id: string, kind: string, input: object) =>
    clients.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify({ v: 1, type: 'start', id, kind, input }),
      }),
    )
  await start('sum', 'add', { a: 1, b: 2 })
  // Refused, it leaves its id free and makes no event; the corrected one starts under the same id.
  await start('wrong', 'add', { a: 'one' })
  await start('wrong', 'add', { a: 1, b: 1 })
  const told = (id: string) =>
    events
      .of('outcome')
      .map(({ event }) => ({ type: event['detail-type'], detail: event.detail as StatusEventDetail }))
      .filter(({ detail }) => detail.id === id)
  await events.until(() =>
    ['sum', 'wrong'].every((id) => told(id).some(({ detail }) => detail.endedAt !== undefined)),
  )
  await stack.statusEvents?.caughtUp()
  expect(told('sum')).toMatchObject([
    { type: 'Process Started', detail: { kind: 'add', fence: 1 } },
    { type: 'Process Completed', detail: { output: 3, previousStatus: 'running' } },
  ])
  expect(told('wrong')).toMatchObject([
    { type: 'Process Started' },
    { type: 'Process Completed', detail: { output: 2 } },
  ])
  // The worker that dies with each run: taken over twice, and given up. Take-overs are no events.
  await start('poison', 'poison', {})
  await events.until(() => told('poison').some(({ type }) => type === 'Process Failed'))
  expect(told('poison').map(({ type }) => type)).toEqual(['Process Started', 'Process Failed'])
  expect(told('poison').at(-1)?.detail).toMatchObject({
    error: { code: 'attempts_exhausted' },
    previousStatus: 'running',
  })
})
