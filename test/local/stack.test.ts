import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { DataInUse, HandlerUnusable } from '../../lib/local/errors.ts'
import { startLocalStack, type LocalStack, type LocalStackOptions } from '../../lib/local/stack.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { LocalEvents } from '../helpers/local-events.ts'
import { descendants, untilGone } from '../helpers/processes.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')

let dataDir = ''
let events = new LocalEvents()
const stacks: LocalStack[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'leasehold-stack-'))
  events = new LocalEvents()
})
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()))
  rmSync(dataDir, { recursive: true })
})

async function start(options: LocalStackOptions = {}): Promise<LocalStack> {
  const stack = await startLocalStack({
    workerEntry: join(FIXTURES, 'queue-worker.ts'),
    sweepEntry: join(FIXTURES, 'sweep.ts'),
    onEvent: events.on,
    ...options,
  })
  stacks.push(stack)
  return stack
}

async function send(stack: LocalStack, body: object, delay = 0): Promise<void> {
  await stack.clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.queueUrl,
      MessageBody: JSON.stringify(body),
      DelaySeconds: delay,
    }),
  )
}

test('a message reaches the worker, the sweep runs, and stopping leaves no process behind', async () => {
  const stack = await start({ name: 'stack-up', dynamoEndpoint: inject('dynamoEndpoint') })
  expect(stack.workerPids()).toHaveLength(1)
  await send(stack, { do: 'succeed' })
  await events.until((all) => all.of('batch').length === 1 && all.told().some((told) => 'ended' in told))
  const mine = descendants(process.pid).filter(({ command }) =>
    /bootstrap\.ts.*fixtures|sqs-server\.ts/u.test(command),
  )
  expect(mine.length).toBeGreaterThanOrEqual(3)
  const [worker] = stack.workerPids()
  await Promise.all([stack.stop(), stack.stop()])
  await untilGone(stack.workerPids())
  expect(descendants(process.pid).map(({ pid }) => pid)).not.toContain(worker)
  expect(events.of('emulator-ended')).toEqual([])
})

test('a worker that is killed is replaced when the next message comes', async () => {
  const stack = await start({ name: 'stack-kill', dynamoEndpoint: inject('dynamoEndpoint') })
  const [first] = stack.workerPids()
  process.kill(first!, 'SIGKILL')
  await events.until((all) => all.of('environment-ended').length === 1)
  await send(stack, { do: 'succeed' })
  await events.until((all) => all.of('batch').length === 1)
  expect(events.of('batch')[0]?.failed).toEqual([])
  expect(stack.workerPids()).not.toContain(first)
})

test('with a data folder, table, messages and queues survive a restart', { timeout: 90_000 }, async () => {
  const before = await start({ dataDir })
  await expect(start({ dataDir })).rejects.toThrow(DataInUse)
  const key = { pk: 'P#kept', sk: 'PROCESS' }
  const documents = DynamoDBDocumentClient.from(before.clients.dynamo)
  await documents.send(new PutCommand({ TableName: before.tableName, Item: key }))
  const [deadLetter, MessageBody] = [before.deadLetterUrl, 'kept']
  await before.clients.sqs.send(new SendMessageCommand({ QueueUrl: deadLetter, MessageBody }))
  // Hidden until the restart has ended, so that it is the new worker that gets it.
  await send(before, { do: 'succeed' }, 2)
  await before.stop()
  events = new LocalEvents()

  const after = await start({ dataDir, onEvent: events.on })
  const { Item } = await DynamoDBDocumentClient.from(after.clients.dynamo).send(
    new GetCommand({ TableName: after.tableName, Key: key, ConsistentRead: true }),
  )
  expect(Item).toEqual(key)
  const { Messages } = await after.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: after.deadLetterUrl, WaitTimeSeconds: 5 }),
  )
  expect(Messages?.map(({ Body }) => Body)).toEqual(['kept'])
  await events.until((all) => all.of('batch').length === 1)
})

test('a worker that cannot be loaded ends the start, and nothing is left running', async () => {
  const starting = start({
    name: 'stack-broken',
    dynamoEndpoint: inject('dynamoEndpoint'),
    workerEntry: join(FIXTURES, 'broken.ts'),
    dataDir,
  })
  await expect(starting).rejects.toThrow(HandlerUnusable)
  expect(descendants(process.pid).filter(({ command }) => command.includes(dataDir))).toEqual([])
})

test('timings that contradict each other are refused before anything starts', async () => {
  await expect(start({ timings: { leaseTtlMs: 1_000 } })).rejects.toThrow(InvalidConfig)
})
