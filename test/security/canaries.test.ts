import { CreateQueueCommand, ReceiveMessageCommand, SQSClient, type Message } from '@aws-sdk/client-sqs'
import type { Context, SQSRecord } from 'aws-lambda'
import { startFauxqs, type FauxqsServer } from 'fauxqs'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import * as v from 'valibot'
import { ProcessClient } from '../../lib/client/client.ts'
import { parseCallbackToken } from '../../lib/effects/callback.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { statusEventOf } from '../../lib/status-events/event.ts'
import { readImage } from '../../lib/registry/codec/projections.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item } from '../../lib/registry/store/store.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { sweepHandler } from '../../lib/sweep/lambda.ts'
import { workerHandler } from '../../lib/worker/lambda.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { everything } from '../helpers/recorder.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { writtenFromNow } from '../helpers/written.ts'

// Real handlers, on DynamoDB Local and a queue, run processes whose every value is a canary. Then all that was written
// to the log, all metrics, all errors, and the attributes of dead letters are searched for them.

const INPUT = 'canary-input-4111'
const STEP = 'canary-step-5222'
const SIGNAL = 'canary-signal-6333'
const OUTPUT = 'canary-output-7444'
const TOKEN = 'canary-token-8555'
const MESSAGE = 'canary-message-9666'
const PROPERTY = 'canary-property-0777'
/** What an author puts into the message of an error is recorded and logged: it is theirs to leave secrets out. */
const AUTHOR = 'told-by-author-1888'
const CANARY = /canary-\w+/u

const tokens: string[] = []
const secretive = defineProcess({
  kind: 'secretive',
  input: v.object({ card: v.string() }),
  output: v.unknown(),
  async run(context, { card }) {
    context.log('begun', { length: card.length })
    await context.step('charge', () => ({ card, receipt: STEP }))
    await context.emit('charged', { receipt: STEP })
    const callback = await context.callback('approval')
    await context.step('hand out', () => void tokens.push(callback.token))
    const sent = await context.signal('sent')
    return { sent, said: await callback.result(), output: OUTPUT }
  },
})
const fails = defineProcess({
  kind: 'fails',
  input: v.unknown(),
  output: v.unknown(),
  run: (context) =>
    context.step('boom', () => {
      throw Object.assign(new Error(AUTHOR, { cause: { secret: PROPERTY } }), { item: PROPERTY })
    }),
})
const picky = defineProcess({
  kind: 'picky',
  // The library's default words for these quote what they were given.
  input: v.object({ mode: v.picklist(['a', 'b']), mail: v.pipe(v.string(), v.email()) }),
  output: v.unknown(),
  run: async () => 1,
})
const bad = defineProcess({
  kind: 'bad-output',
  input: v.unknown(),
  output: v.picklist(['fine']),
  run: async () => OUTPUT as 'fine',
})

let server: FauxqsServer
let sqs: SQSClient
let store: DynamoStore
let client: ProcessClient
let registry: DynamoProcessRegistry
let worker: ReturnType<typeof workerHandler>
let pass: ReturnType<typeof sweepHandler>
let deadLetterUrl: string
let written: readonly string[]
const errors: unknown[] = []

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false })
  const endpoint = `http://127.0.0.1:${server.port}`
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  sqs = new SQSClient({ endpoint, useQueueUrlAsEndpoint: false })
  const queue = async (QueueName: string) =>
    (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? ''
  deadLetterUrl = await queue('dead')
  const dynamo = localClient(inject('dynamoEndpoint'))
  const tableName = await freshTable(dynamo, 'canaries')
  for (const [name, value] of Object.entries({
    LEASEHOLD_TABLE: tableName,
    LEASEHOLD_QUEUE_URL: await queue('work'),
    LEASEHOLD_DEAD_LETTER_URL: deadLetterUrl,
    LEASEHOLD_DYNAMODB_ENDPOINT: inject('dynamoEndpoint'),
    LEASEHOLD_SQS_ENDPOINT: endpoint,
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
  }))
    vi.stubEnv(name, value)
  const parts = { client: dynamo, tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  store = new DynamoStore({ ...parts, requests: sdkRequests(dynamo) })
  registry = new DynamoProcessRegistry(parts)
  client = new ProcessClient({ registry, doorbell: NO_DOORBELL, clock: SYSTEM_CLOCK })
  written = writtenFromNow()
  worker = workerHandler({ definitions: [secretive, fails, picky, bad] })
  pass = sweepHandler()
  await everythingThatHappens()
})
afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  sqs.destroy()
  await server.stop()
})

const context = { awsRequestId: 'r', functionName: 'f', getRemainingTimeInMillis: () => 300_000 } as Context
let sent = 0
const deliver = (...bodies: readonly string[]) =>
  worker({ Records: bodies.map((body) => ({ messageId: `m-${(sent += 1)}`, body }) as SQSRecord) }, context)
const start = (fields: object) => JSON.stringify({ v: 1, type: 'start', ...fields })
const look = (id: string) => JSON.stringify({ v: 1, type: 'look', id })
const noted = async (act: Promise<unknown>) => void errors.push(await act.catch((error: unknown) => error))

async function everythingThatHappens(): Promise<void> {
  await deliver(start({ id: 'good', kind: 'secretive', input: { card: INPUT } }))
  await noted(client.signal('good', { name: 'sent', key: 'k', payload: SIGNAL }))
  await noted(client.signal('good', { name: 'sent', key: 'k', payload: `${SIGNAL} other` }))
  const token = tokens[0] ?? ''
  const stranger = token.replace(/[^~]+$/u, TOKEN.padEnd(22, 'x'))
  for (const wrong of [stranger, TOKEN, `${token}${TOKEN}`]) {
    await noted(client.completeCallback(wrong, SIGNAL))
    await noted(client.heartbeat(wrong))
  }
  await noted(client.heartbeat(token))
  await noted(client.completeCallback(token, { said: SIGNAL }))
  await noted(client.completeCallback(token, { said: `${SIGNAL} other` }))
  await deliver(look('good'))
  // Refused in every way there is.
  await deliver(
    start({ id: 'good', kind: 'secretive', input: { card: `${INPUT} other` } }),
    start({ id: 'failing', kind: 'fails', input: INPUT }),
    start({ id: 'refused', kind: 'picky', input: { mode: INPUT, mail: INPUT } }),
    start({ id: 'bad-output', kind: 'bad-output', input: 1 }),
    start({ id: 'unknown', kind: 'no-such-id', input: INPUT }),
    start({ id: 'deep', kind: 'fails', input: { a: [`${INPUT}\ud800`] } }),
    start({ id: 'external', kind: 'else', recovery: 'external', input: INPUT, completionToken: TOKEN }),
    start({ id: 'short', kind: 'else', recovery: 'external', input: INPUT, completionToken: 'canary-tok' }),
    start({ id: 'wrong', kind: 'fails', input: INPUT, recovery: MESSAGE, urgent: MESSAGE, limits: MESSAGE }),
    `{"v":1,"type":"start","id":"cut","input":"${MESSAGE}`,
    MESSAGE,
  )
  await noted(
    registry.completeExternal(
      parseProcessId('external'),
      `${TOKEN}x`,
      { outcome: 'success', value: OUTPUT },
      1,
    ),
  )
  await noted(client.start(picky, { mode: INPUT as 'a', mail: INPUT }, { id: 'by-client' }))
  await noted(client.start(secretive, { card: new Date() as never }, { id: 'by-client' }))
  // Damage that would be quoted by a parser.
  await deliver(start({ id: 'damaged', kind: 'secretive', input: { card: INPUT } }))
  const key = { pk: 'P#damaged', sk: 'PROCESS' }
  const item = (await store.get(key)) as Item & typeof key
  await store.write({ do: 'put', item: { ...item, i: `{"card": ${INPUT}`, t: [`["e",1,0,${STEP}`], da: 1 } })
  await noted(client.get('damaged'))
  await deliver(look('damaged'))
  await pass({}, context)
}

const log = () => written.join('\n')

describe('secrets of processes', () => {
  test('were at work: the processes came to their ends, with every value in them', async () => {
    expect(await client.result('good')).toEqual({
      outcome: 'success',
      value: { sent: SIGNAL, said: { said: SIGNAL }, output: OUTPUT },
    })
    for (const [id, code] of [
      ['failing', 'step_failed'],
      ['bad-output', 'output_invalid'],
    ] as const)
      expect(await client.result(id)).toMatchObject({ outcome: 'failure', error: { code } })
    for (const code of ['invalid_input', 'unknown_kind', 'not_serialisable'])
      expect(log()).toMatch(new RegExp(`dead-letter queue.*"code":"${code}"`, 'u'))
    expect(log()).toMatch(/"message":"begun"/u)
    expect(log()).toMatch(/"CloudWatchMetrics"/u)
    expect(log()).toMatch(/"level":"ERROR"/u)
    expect(log()).toMatch(/unreadable_item/u)
    expect(errors.filter((error) => error instanceof Error).length).toBeGreaterThan(8)
  })

  test('are in no line of the log and in no metric', () => {
    expect(CANARY.exec(log())?.[0]).toBeUndefined()
    for (const token of tokens) expect(log()).not.toContain(parseCallbackToken(token)?.secret)
  })

  test('of a refused input are not told in the words of its schema, but in the paths', () => {
    expect(log()).toMatch(/the input of picky is refused by its schema, at mode, mail/u)
    expect(log()).toMatch(/the output of bad-output is refused by its schema, at the top/u)
  })

  test('are in the log when an author puts them into an error, and only there', () => {
    expect(log()).toContain(AUTHOR)
    expect(log()).not.toContain(PROPERTY)
  })

  test('are in no error that a caller gets, but for what a schema says of the caller’s own input', () => {
    const shown = errors.map((error) =>
      error instanceof Error
        ? [error.message, error.stack, inspect(error.cause), JSON.stringify(error)].join('\n')
        : '',
    )
    const leaks = shown.filter((text) => CANARY.test(text))
    expect(leaks.filter((text) => !text.startsWith('the input of picky is not valid'))).toEqual([])
    expect(leaks).toHaveLength(1)
    for (const token of tokens) expect(shown.join('\n')).not.toContain(parseCallbackToken(token)?.secret)
  })

  test('are in no list', async () => {
    const pages = await Promise.all(
      ['secretive', 'fails', 'picky', 'bad-output', 'else'].map((kind) => registry.list({ kind })),
    )
    expect(pages.flatMap(({ items }) => items).length).toBeGreaterThan(4)
    expect(JSON.stringify(pages)).not.toMatch(CANARY)
  })

  test('are in the body of a dead letter, as it was sent, and not in what is said about it', async () => {
    const letters: Message[] = []
    for (let tries = 0; letters.length < 8 && tries < 20; tries += 1) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: deadLetterUrl,
          MessageAttributeNames: ['All'],
          MaxNumberOfMessages: 10,
        }),
      )
      letters.push(...Messages)
    }
    expect(letters.filter(({ Body }) => CANARY.test(Body ?? '')).length).toBe(8)
    for (const { MessageAttributes } of letters) {
      expect(Object.keys(MessageAttributes ?? {})).toEqual(
        expect.arrayContaining(['code', 'reason', 'messageId']),
      )
      expect(JSON.stringify(MessageAttributes)).not.toMatch(CANARY)
    }
  })
})

describe('the event that a bus gets', () => {
  test('has the output as documented, and no input, step, signal or secret, whatever the row holds', async () => {
    const ids = ['good', 'failing', 'bad-output', 'external', 'damaged']
    const events = await Promise.all(
      ids.map(async (id) => {
        const item = await store.get({ pk: `P#${id}`, sk: 'PROCESS' })
        return JSON.stringify(statusEventOf(undefined, readImage(item ?? {}), 1))
      }),
    )
    for (const event of events) expect(event).toMatch(/"type":"Process /u)
    // The output of this one is made of its signals: it is the author's to leave secrets out.
    const good = events[0] ?? ''
    expect(good).toContain(OUTPUT)
    for (const secret of [INPUT, STEP]) expect(good).not.toContain(secret)
    expect(good).not.toContain(parseCallbackToken(tokens[0] ?? '')?.secret)
    // What the schema says of a refused output stands in the failure, as in the record.
    expect(ids.filter((_, index) => CANARY.test(events[index] ?? ''))).toEqual(['good', 'bad-output'])
  })
})

describe('the secret of a callback', () => {
  test('is in no event that a client reads', async () => {
    const events = JSON.stringify(await registry.eventsAfter(parseProcessId('good'), 0))
    expect(events).toContain(STEP)
    expect(events).not.toContain(parseCallbackToken(tokens[0] ?? '')?.secret)
  })

  test('stands in its own item as a hash, as does the token of an external process', async () => {
    const items = [...(await everything(store, 'good')), ...(await everything(store, 'external'))]
    const callbacks = items.filter(({ sk }) => typeof sk === 'string' && sk.startsWith('CB#'))
    expect(callbacks).toHaveLength(1)
    expect(JSON.stringify(callbacks)).not.toContain(parseCallbackToken(tokens[0] ?? '')?.secret)
    expect(JSON.stringify(items)).not.toContain(TOKEN)
  })

  test('is kept by the codec, when there is one: a reader of the table cannot answer', async () => {
    const items = new MemoryStore()
    const flipped = (bytes: Uint8Array) => Promise.resolve(bytes.map((byte) => byte ^ 0x55))
    const coded = new MemoryProcessRegistry({
      store: items,
      payloads: { codec: { encode: flipped, decode: flipped } },
    })
    const kit = new TestKit({ definitions: [secretive], registry: coded })
    await kit.start(secretive, { card: INPUT }, { id: 'coded' })
    const token = tokens.at(-1) ?? ''
    expect(JSON.stringify(await everything(items, 'coded'))).not.toContain(parseCallbackToken(token)?.secret)
    await kit.signal('coded', 'sent', SIGNAL)
    await kit.client.completeCallback(token, 'yes')
    expect(await kit.result('coded')).toMatchObject({ outcome: 'success', value: { said: 'yes' } })
  })

  test('has 128 bits of chance, and the one of another process or place answers nothing', async () => {
    const { secret = '' } = parseCallbackToken(tokens[0] ?? '') ?? {}
    expect(Buffer.from(secret, 'base64url')).toHaveLength(16)
    await deliver(start({ id: 'other', kind: 'secretive', input: { card: INPUT } }))
    const other = parseCallbackToken(tokens.at(-1) ?? '')
    expect(other).toMatchObject({ id: 'other' })
    expect(other?.secret).not.toBe(secret)
    const { id = '', position = 0 } = other ?? {}
    for (const wrong of [
      `${id}~${position}~${secret}`,
      `${id}~${position + 1}~${other?.secret}`,
      `good~${position}~${other?.secret}`,
    ])
      await expect(client.completeCallback(wrong, 1)).rejects.toThrow(/no callback there has this token/u)
    expect(await client.get('other')).toMatchObject({ status: 'waiting' })
  })
})
