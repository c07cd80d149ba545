import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'
import { ProcessEnded, UnknownProcess } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { PAYLOAD_MAX_BYTES } from '../../lib/model/limits.ts'
import { isEnded, type TerminalRecord } from '../../lib/model/record.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { DurableProcessWorker } from '../../lib/worker/worker.ts'

// Everything here goes through the real queue, to real worker processes, and comes back in the table or on the
// dead-letter queue.

let stack: LocalStack
let registry: DynamoProcessRegistry
let worker: DurableProcessWorker

beforeAll(async () => {
  stack = await startLocalStack({
    name: 'bad-input',
    dynamoEndpoint: inject('dynamoEndpoint'),
    workerEntry: fileURLToPath(new URL('fixtures/bad-input-worker.ts', import.meta.url)),
    timings: { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 1_000 },
  })
  const { clients, tableName } = stack
  registry = new DynamoProcessRegistry({
    client: clients.dynamo,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  worker = new DurableProcessWorker({ registry, definitions: [], ownerId: 'test' })
})
afterAll(() => stack.stop())

const body = (fields: Record<string, unknown>): string =>
  JSON.stringify({ v: 1, type: 'start', kind: 'add', input: { a: 1, b: 2 }, ...fields })

async function send(...bodies: readonly string[]): Promise<void> {
  const { clients, queueUrl } = stack
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
  await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
}

/** Long-polls the dead-letter queue until it gives what is looked for. */
async function deadLetter(matches: (message: Message) => boolean): Promise<Message> {
  const { clients, deadLetterUrl } = stack
  for (;;) {
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterUrl,
        WaitTimeSeconds: 10,
        MessageAttributeNames: ['All'],
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 1,
      }),
    )
    const found = Messages.find(matches)
    if (found === undefined) continue
    await clients.sqs.send(
      new DeleteMessageCommand({ QueueUrl: deadLetterUrl, ReceiptHandle: found.ReceiptHandle }),
    )
    return found
  }
}

async function ended(id: string): Promise<TerminalRecord> {
  for (;;) {
    const record = await registry.get(parseProcessId(id))
    if (record !== undefined && isEnded(record)) return record
    // The table has no way to tell a reader that it changed; the look is what the test waits with.
    await pause(50)
  }
}

const LETTERS: readonly [string, string, string][] = [
  ['malformed JSON', '{"v":1,"type":"start"', 'invalid_message'],
  ['an unknown version', body({ id: 'w-1', v: 99 }), 'invalid_message'],
  ['an unknown shape', '["start"]', 'invalid_message'],
  ['a bad id', body({ id: 'no spaces allowed' }), 'invalid_id'],
  ['an input that fails its schema', body({ id: 'f-2', input: { a: 'one', b: 2 } }), 'invalid_input'],
  [
    'an oversize input',
    body({ id: 'f-3', kind: 'any', input: 'x'.repeat(PAYLOAD_MAX_BYTES) }),
    'payload_too_large',
  ],
  [
    'an oversize input for later',
    body({ id: 'f-4', kind: 'any', input: 'y'.repeat(PAYLOAD_MAX_BYTES), startAt: Date.now() + 2_000 }),
    'payload_too_large',
  ],
  ['a key that stands twice', body({ id: 'f-5' }).replace('"b":2', '"a":2'), 'invalid_message'],
  [
    'a number of too many digits',
    body({ id: 'f-6' }).replace('"b":2', '"b":9007199254740993'),
    'invalid_message',
  ],
]

for (const [what, text, code] of LETTERS) {
  test(`${what} reaches the dead-letter queue at once, with its reason`, async () => {
    await send(text)
    const letter = await deadLetter((message) => message.Body === text)
    expect(letter.MessageAttributes?.code?.StringValue).toBe(code)
    expect(letter.MessageAttributes?.reason?.StringValue).not.toBe('')
  })
}

test('a start of an unknown kind comes back twice, then is dead-lettered, its id free [C65]', async () => {
  const text = body({ id: 'f-1', kind: 'no-such-id', startAt: 1 })
  await send(text)
  const letter = await deadLetter((message) => message.Body === text)
  expect(letter.MessageAttributes?.code?.StringValue).toBe('unknown_kind')
  for (const id of ['f-1', 'f-2', 'f-3', 'f-4'])
    expect(await registry.get(parseProcessId(id))).toBeUndefined()
  await send(...['f-1', 'f-2', 'f-3', 'f-4'].map((id) => body({ id })))
  for (const id of ['f-1', 'f-2', 'f-3', 'f-4'])
    expect(await ended(id)).toMatchObject({ status: 'completed' })
})

test('a duplicate start makes one execution, a conflicting one a dead letter', async () => {
  await send(body({ id: 'd-1' }), body({ id: 'd-1' }), body({ id: 'd-1' }))
  const record = await ended('d-1')
  expect(record).toMatchObject({ status: 'completed', fence: 1, output: { value: { value: 3 } } })
  const conflict = body({ id: 'd-1', input: { a: 5, b: 5 } })
  await send(conflict)
  const letter = await deadLetter((message) => message.Body === conflict)
  expect(letter.MessageAttributes?.code?.StringValue).toBe('registration_conflict')
  expect(await registry.get(parseProcessId('d-1'))).toEqual(record)
})

test('a cancel of an unknown or of a finished process is refused by name', async () => {
  await send(body({ id: 'c-1' }))
  await ended('c-1')
  await expect(worker.requestProcessCancel('c-1', 'late')).rejects.toThrow(ProcessEnded)
  await expect(worker.requestProcessCancel('never-was', 'r')).rejects.toThrow(UnknownProcess)
})

test(
  'a process that takes its worker down every time ends failed with evidence, and its neighbours are not lost',
  { timeout: 90_000 },
  async () => {
    const neighbours = Array.from({ length: 9 }, (_, n) => `n-${n}`)
    await send(body({ id: 'poison', kind: 'poison', input: {} }), ...neighbours.map((id) => body({ id })))
    const records = await Promise.all(neighbours.map(ended))
    expect(records.map((record) => record.status)).toEqual(neighbours.map(() => 'completed'))
    expect(await ended('poison')).toMatchObject({
      status: 'failed',
      output: {
        error: { code: 'attempts_exhausted' },
        evidence: { because: 'attempts-exhausted', claims: 4, lastFence: 3 },
      },
    })
    await stack.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: body({ id: 'after' }) }),
    )
    expect(await ended('after')).toMatchObject({ status: 'completed' })
  },
)
