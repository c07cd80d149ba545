import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type DynamoDBStreamsClient,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { afterEach, expect, test } from 'vitest'
import type { InvocationOutcome } from '../../../lib/local/environment.ts'
import { startStreamSource, type StreamSource } from '../../../lib/local/status-events/stream-source.ts'
import { LocalEvents } from '../../helpers/local-events.ts'

// DynamoDB Local closes a shard every few hours only, so the stream is a script here. All else is read from the real one
// in status-events.test.ts.

type ScriptedShard = { id: string; parent?: string; numbers: string[]; open?: boolean }

/** Iterators are `<shard>@<index>`. `expires`: the first of these iterators is no longer known when it is used. */
function scripted(shards: ScriptedShard[], { expires }: { expires?: string } = {}): DynamoDBStreamsClient {
  let expired = false
  const answer = (command: unknown): object => {
    if (command instanceof DescribeStreamCommand)
      return {
        StreamDescription: {
          Shards: shards.map(({ id, parent }) => ({ ShardId: id, ParentShardId: parent })),
        },
      }
    if (command instanceof GetShardIteratorCommand) {
      const { ShardId = '', SequenceNumber } = command.input
      const numbers = shards.find(({ id }) => id === ShardId)?.numbers ?? []
      const index = SequenceNumber === undefined ? 0 : numbers.indexOf(SequenceNumber) + 1
      return { ShardIterator: `${ShardId}@${index}` }
    }
    if (!(command instanceof GetRecordsCommand)) throw new Error('not asked for')
    const { ShardIterator = '', Limit = 0 } = command.input
    if (ShardIterator === expires && !expired) {
      expired = true
      throw Object.assign(new Error('too old'), { name: 'ExpiredIteratorException' })
    }
    const [id = '', index = ''] = ShardIterator.split('@')
    const shard = shards.find((one) => one.id === id)
    const numbers = (shard?.numbers ?? []).slice(Number(index), Number(index) + Limit)
    const next = Number(index) + numbers.length
    const more = numbers.length > 0 || shard?.open === true
    return { Records: numbers.map(recordOf), ...(more ? { NextShardIterator: `${id}@${next}` } : {}) }
  }
  return { send: async (command: unknown) => answer(command) } as unknown as DynamoDBStreamsClient
}

/** Numbers that begin with `x` are of an item that no filter lets through. */
function recordOf(number: string): object {
  const sk = number.startsWith('x') ? 'LEASE' : 'PROCESS'
  const dynamodb = { Keys: { pk: { S: 'P#a' }, sk: { S: sk } }, NewImage: { s: { S: 'waiting' } } }
  return { eventName: 'MODIFY', dynamodb: { ...dynamodb, SequenceNumber: number } }
}

const FILTERS = [{ dynamodb: { Keys: { sk: { S: ['PROCESS'] } } } }]
let source: StreamSource | undefined
afterEach(() => source?.stop())

function begin(
  streams: DynamoDBStreamsClient,
  answer: (numbers: string[], call: number) => InvocationOutcome,
) {
  const events = new LocalEvents()
  const invoked: string[][] = []
  source = startStreamSource({
    streams,
    streamArn: 'arn',
    region: 'us-east-1',
    shape: { batchSize: 3, filters: FILTERS },
    invoke: async ({ Records }: DynamoDBStreamEvent) => {
      const numbers = Records.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? '')
      invoked.push(numbers)
      return answer(numbers, invoked.length)
    },
    onEvent: events.on,
  })
  return { events, invoked, source }
}

const done: InvocationOutcome = { kind: 'succeeded', payload: '{"batchItemFailures":[]}' }
const failedFrom = (number: string): InvocationOutcome => ({
  kind: 'succeeded',
  payload: JSON.stringify({ batchItemFailures: [{ itemIdentifier: number }] }),
})

test('a child shard is read after its parent, and what no filter lets through is passed over', async () => {
  const streams = scripted([
    { id: 'child', parent: 'parent', numbers: ['4', '5'], open: true },
    { id: 'parent', parent: 'long-gone', numbers: ['1', 'x2', '3'] },
  ])
  const { events, invoked, source } = begin(streams, () => done)
  await events.until((all) => all.of('stream-batch').length === 2)
  await source.caughtUp()
  expect(invoked).toEqual([
    ['1', '3'],
    ['4', '5'],
  ])
})

test('a batch comes again from its first failed record on, and records before it do not', async () => {
  const streams = scripted([{ id: 'one', numbers: ['1', '2', '3', '4'], open: true }])
  const { events, invoked } = begin(streams, (_numbers, call) => (call === 1 ? failedFrom('2') : done))
  await events.until((all) => all.of('stream-batch').length === 2)
  expect(invoked).toEqual([
    ['1', '2', '3'],
    ['2', '3', '4'],
  ])
})

test('a batch whose invocation crashed comes again whole, and nothing after it goes before', async () => {
  const streams = scripted([{ id: 'one', numbers: ['1', '2', '3', '4'], open: true }])
  const crash: InvocationOutcome = {
    kind: 'crashed',
    error: { type: 'Runtime.ExitError', message: 'killed' },
  }
  const { events, invoked } = begin(streams, (_numbers, call) => (call <= 2 ? crash : done))
  await events.until((all) => all.of('stream-batch').length === 4)
  expect(invoked).toEqual([['1', '2', '3'], ['1', '2', '3'], ['1', '2', '3'], ['4']])
  expect(events.of('stream-batch')[0]).toMatchObject({ because: 'Runtime.ExitError: killed' })
})

test('an iterator that has grown too old is replaced, and nothing is read twice or left out', async () => {
  const streams = scripted([{ id: 'one', numbers: ['1', '2', '3', '4'], open: true }], { expires: 'one@3' })
  const { events, invoked } = begin(streams, () => done)
  await events.until((all) => all.of('stream-batch').length === 2)
  expect(invoked).toEqual([['1', '2', '3'], ['4']])
  expect(events.of('queue-trouble')).toMatchObject([{ doing: 'read the stream' }])
})
