import { afterEach, beforeEach, expect, test } from 'vitest'
import { startLocalBus, type LocalBusEvent, type LocalBus } from '../../../lib/local/status-events/bus.ts'

let bus: LocalBus
let events: LocalBusEvent[]
beforeEach(async () => {
  events = []
  bus = await startLocalBus({ onEvent: (event) => events.push(event) })
})
afterEach(() => bus.stop())

async function put(body: unknown, target = 'AWSEvents.PutEvents') {
  const response = await fetch(bus.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': target },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const entry = { Source: 's', DetailType: 't', Detail: '{"a":1}', Time: 1_764_000_000 }

test('what is put is handed over as EventBridge hands it to a target', async () => {
  const answer = await put({ Entries: [entry] })
  expect(answer).toEqual({
    status: 200,
    body: { FailedEntryCount: 0, Entries: [{ EventId: events[0]?.id }] },
  })
  expect(events).toMatchObject([
    { source: 's', 'detail-type': 't', detail: { a: 1 }, time: '2025-11-24T16:00:00.000Z' },
  ])
})

test('an entry that is malformed is refused by itself, in its place', async () => {
  const { body } = await put({ Entries: [{ ...entry, Detail: 'no JSON' }, entry, { Detail: '{}' }] })
  expect(body).toMatchObject({
    FailedEntryCount: 2,
    Entries: [{ ErrorCode: 'MalformedDetail' }, { EventId: events[0]?.id }, { ErrorCode: 'InvalidArgument' }],
  })
  expect(events).toHaveLength(1)
})

test.each([
  ['another operation', { Entries: [entry] }, 'AWSEvents.PutRule', 'UnknownOperationException'],
  ['no entries', { Entries: [] }, undefined, 'ValidationException'],
  ['eleven entries', { Entries: Array.from({ length: 11 }, () => entry) }, undefined, 'ValidationException'],
  ['no JSON', '{', undefined, 'ValidationException'],
])('a request with %s is refused whole', async (_what, body, target, code) => {
  expect(await put(body, target)).toMatchObject({ status: 400, body: { __type: code } })
  expect(events).toEqual([])
})
