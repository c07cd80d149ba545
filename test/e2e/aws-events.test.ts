import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import type { Context } from 'aws-lambda'
import * as v from 'valibot'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { apiHandler } from '../../lib/api/lambda.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { startEmbeddedStore } from '../../lib/local/embedded/embedded-store.ts'
import { localClients } from '../../lib/local/emulators.ts'
import { ensureTable } from '../../lib/local/resources.ts'
import { startLocalBus, type LocalBusEvent } from '../../lib/local/status-events/bus.ts'
import type { StatusEventDetail } from '../../lib/status-events/event.ts'
import { statusEventsHandler } from '../../lib/status-events/lambda.ts'
import { sweepHandler } from '../../lib/sweep/lambda.ts'
import { workerHandler } from '../../lib/worker/lambda.ts'
import { READ_WITH_TOKEN, SIGNED_START } from '../helpers/aws-events/http.ts'
import { SCHEDULED_EVENT } from '../helpers/aws-events/schedule.ts'
import { SQS_EVENT } from '../helpers/aws-events/sqs.ts'
import { ENDED, EXPIRED, REGISTERED, STREAM_EVENT } from '../helpers/aws-events/stream.ts'
import { sqsForTests } from '../helpers/sqs.ts'
import { writtenFromNow } from '../helpers/written.ts'

// The deployed handlers, called with events as AWS documents them. No event here was made by an emulator.

const TABLE = 'shop'
const waved: string[] = []
const wave = defineProcess({
  kind: 'wave',
  input: v.strictObject({ to: v.string() }),
  output: v.string(),
  run: (context, { to }) =>
    context.step('wave', () => {
      waved.push(context.id)
      return `hello, ${to}`
    }),
})
const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 300_000 } as Context

const client = sqsForTests()
const told: LocalBusEvent[] = []
const stops: (() => Promise<void>)[] = []
let written: readonly string[] = []
beforeAll(async () => {
  const [store, bus] = await Promise.all([
    startEmbeddedStore(),
    startLocalBus({ onEvent: (event) => void told.push(event) }),
  ])
  stops.push(
    () => store.stop(),
    () => bus.stop(),
  )
  const { dynamo } = localClients({
    region: 'eu-west-1',
    dynamoEndpoint: store.endpoint,
    sqsEndpoint: 'http://127.0.0.1:9',
  })
  await ensureTable(dynamo, TABLE)
  const queue = async (QueueName: string): Promise<string> =>
    (await client().send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? ''
  const [work, dead] = await Promise.all([queue('shop-work'), queue('shop-dead-letter')])
  const { protocol, hostname, port } = (await client().config.endpoint?.()) ?? {}
  const variables = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    LEASEHOLD_TABLE: TABLE,
    LEASEHOLD_QUEUE_URL: work,
    LEASEHOLD_DEAD_LETTER_URL: dead,
    LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: dead,
    LEASEHOLD_EVENT_BUS: 'shop',
    LEASEHOLD_DYNAMODB_ENDPOINT: store.endpoint,
    LEASEHOLD_SQS_ENDPOINT: `${protocol}//${hostname}:${port}`,
    LEASEHOLD_EVENTS_ENDPOINT: bus.endpoint,
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  written = writtenFromNow()
})
afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await Promise.all(stops.map((stop) => stop()))
})

const STARTED = ['wave-1', 'wave-2026-11-18T03:00:00Z', 'wave-6a7e8feb-b491-4cf7-a959-f1bf3cae4a3d']

test('a worker runs each process once of a batch with a copy and an early wake-up', async () => {
  const handler = workerHandler({ definitions: [wave] })
  const { batchItemFailures } = await handler(SQS_EVENT, context)
  // The copy may meet the run of its twin: its message stays until the end of that run is known.
  const [, { messageId } = { messageId: '' }] = SQS_EVENT.Records
  expect(batchItemFailures.filter(({ itemIdentifier }) => itemIdentifier !== messageId)).toEqual([])
  expect(waved.toSorted()).toEqual(STARTED)
})

test('a batch that comes again, its last message first, runs and fails nothing', async () => {
  const handler = workerHandler({ definitions: [wave] })
  const again = { Records: SQS_EVENT.Records.toReversed() }
  expect(await handler(again, context)).toEqual({ batchItemFailures: [] })
  expect(waved.toSorted()).toEqual(STARTED)
})

test('the API starts what a signed request in base64 says, and a token reads it', async () => {
  const handler = apiHandler({ definitions: [wave] })
  const started = await handler(SIGNED_START, context)
  expect([started.statusCode, JSON.parse(started.body ?? '')]).toEqual([
    201,
    expect.objectContaining({ id: 'wave-2' }),
  ])
  const read = await handler(READ_WITH_TOKEN, context)
  expect([read.statusCode, read.body]).toEqual([202, expect.stringContaining('pending')])
})

test('the sweep makes a pass for an event of the schedule', async () => {
  const passes = await sweepHandler()(SCHEDULED_EVENT, context)
  expect(passes).toHaveLength(1)
})

test('status events of a batch are those of a batch that comes again, whole or in parts', async () => {
  const handler = statusEventsHandler()
  const publishedFor = async (...batches: (typeof STREAM_EVENT.Records)[]) => {
    const before = told.length
    for (const Records of batches)
      expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] })
    return told
      .slice(before)
      .map((event) => [event['detail-type'], (event.detail as StatusEventDetail).eventId])
  }
  const life = [
    ['Process Registered', 'wave-9/1795000000000/0'],
    ['Process Completed', 'wave-9/1795000000000/2'],
  ]
  expect(await publishedFor(STREAM_EVENT.Records)).toEqual(life)
  expect(await publishedFor(STREAM_EVENT.Records)).toEqual(life)
  expect(await publishedFor([REGISTERED], [ENDED, EXPIRED])).toEqual(life)
  expect(await publishedFor([EXPIRED])).toEqual([])
})

test('none of it left an error in the log', () => {
  expect(written.filter((line) => line.includes('"level":"ERROR"'))).toEqual([])
})
