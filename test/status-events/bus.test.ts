import { EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { type BusEvent, EventBridgeBus } from '../../lib/status-events/bus.ts'

const AT = Date.UTC(2026, 0, 2)

function event(id: string): BusEvent {
  const facts = { kind: 'order', status: 'waiting', fence: 1, at: AT, createdAt: AT } as const
  return {
    type: 'Process Parked',
    at: AT,
    detail: { version: 1, eventId: `${id}/1/1`, revision: 1, id, ...facts },
  }
}

/** A bus whose service answers each entry in turn. */
function busThatAnswers(entries: readonly PutEventsResultEntry[] | undefined) {
  const client = new EventBridgeClient({ region: 'us-east-1' })
  const mock = mockClient(client)
  mock.on(PutEventsCommand).resolves(entries === undefined ? {} : { Entries: [...entries] })
  return { bus: new EventBridgeBus({ client, busName: 'arn:aws:events:us-east-1:1:event-bus/b' }), mock }
}

describe('EventBridgeBus.put()', () => {
  test('sends each event with its bus, source, type, detail and time', async () => {
    const { bus, mock } = busThatAnswers([{ EventId: 'e-1' }])
    expect(await bus.put([event('order-7')])).toEqual(['taken'])
    const [call] = mock.commandCalls(PutEventsCommand)
    const [entry] = call?.args[0].input.Entries ?? []
    expect(entry).toEqual({
      EventBusName: 'arn:aws:events:us-east-1:1:event-bus/b',
      Source: 'leasehold',
      DetailType: 'Process Parked',
      Detail: JSON.stringify(event('order-7').detail),
      Time: new Date(AT),
    })
  })

  test.each([
    ['ThrottlingException', 'again'],
    ['InternalFailure', 'again'],
    ['NotAuthorizedForSourceException', 'again'],
    ['MalformedDetail', 'refused'],
    ['InvalidArgument', 'refused'],
  ])('reports an entry that failed with %s as %s, beside one that was taken', async (ErrorCode, failed) => {
    const { bus } = busThatAnswers([{ EventId: 'e-1' }, { ErrorCode, ErrorMessage: 'words' }])
    const because = `${ErrorCode}: words`
    expect(await bus.put([event('a'), event('b')])).toEqual(['taken', { failed, because }])
  })

  test('reports an event without an answer of its own to be sent again', async () => {
    const { bus } = busThatAnswers(undefined)
    expect(await bus.put([event('a')])).toEqual([{ failed: 'again', because: '' }])
  })

  test('reports an entry with both an id and an error as failed', async () => {
    const { bus } = busThatAnswers([{ EventId: 'e-1', ErrorCode: 'InternalFailure' }])
    expect(await bus.put([event('a')])).toEqual([{ failed: 'again', because: 'InternalFailure' }])
  })

  test('throws the error of a request that failed as a whole', async () => {
    const { bus, mock } = busThatAnswers([])
    mock.on(PutEventsCommand).rejects(new Error('AccessDenied'))
    await expect(bus.put([event('a')])).rejects.toThrow('AccessDenied')
  })
})
