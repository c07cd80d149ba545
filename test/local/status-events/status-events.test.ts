import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { ENTRIES, esbuildOptions } from '../../../lib/bundle/options.ts'
import { localClients } from '../../../lib/local/emulators.ts'
import type { BusFault, PutEntry } from '../../../lib/local/status-events/bus.ts'
import {
  startLocalStatusEvents,
  type LocalStatusEvents,
} from '../../../lib/local/status-events/status-events.ts'
import { ensureTable } from '../../../lib/local/resources.ts'
import type { LocalServer } from '../../../lib/local/server.ts'
import { startSqs } from '../../../lib/local/sqs.ts'
import type { StatusEventDetail } from '../../../lib/status-events/event.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { LocalEvents } from '../../helpers/local-events.ts'

// The handler as it is deployed, in a process of its own, between DynamoDB Local's stream and a bus that can fail.

const REGION = 'us-east-1'
const NOW = Date.now()

let folder = ''
let sqs: LocalServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-status-events-'))
  const { outputFiles } = await build(esbuildOptions(ENTRIES.statusEvents))
  for (const { path, contents } of outputFiles)
    writeFileSync(join(folder, path.replace(/.*\//u, '')), contents)
  sqs = await startSqs({ region: REGION })
})
afterAll(async () => {
  await sqs.stop()
  rmSync(folder, { recursive: true })
})

let events = new LocalEvents()
let running: LocalStatusEvents | undefined
beforeEach(() => {
  events = new LocalEvents()
})
afterEach(async () => running?.stop())

async function begin(fault?: (entries: readonly PutEntry[]) => BusFault | undefined) {
  const name = `status-events-${randomBytes(4).toString('hex')}`
  const at = { region: REGION, dynamoEndpoint: inject('dynamoEndpoint'), sqsEndpoint: sqs.endpoint }
  const clients = localClients(at)
  await ensureTable(clients.dynamo, name)
  running = await startLocalStatusEvents({
    name,
    region: REGION,
    emulators: { clients, ...at },
    onEvent: events.on,
    entry: join(folder, 'index.mjs'),
    ...(fault === undefined ? {} : { busFault: fault }),
  })
  const registry = new DynamoProcessRegistry({
    client: clients.dynamo,
    tableName: name,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  return { registry, clients, name, deadLetterUrl: running.deadLetterUrl }
}

/** Registers, runs, parks, continues and ends: five changes of status. */
async function live(registry: DynamoProcessRegistry, id: string): Promise<void> {
  const registration = toRegistration({ id, kind: 'order', input: { sku: 'a' }, scope: 'tenant' })
  const request = (name: string) => ({ ownerId: 'w', attemptId: name, token: name, ttlMs: 30_000 })
  await registry.register(registration, { now: NOW, wakeupScheduled: true })
  const first = await registry.claim(registration.id, request('a'), NOW)
  if (first.outcome !== 'claimed') throw new Error(first.outcome)
  const held = await registry.commit(first.ownership, [step(0)], NOW)
  await registry.park(held, [], { wait: { for: 'worker' }, dueAt: NOW, wakeupScheduled: true }, NOW)
  const second = await registry.claim(registration.id, request('b'), NOW)
  if (second.outcome !== 'claimed') throw new Error(second.outcome)
  await registry.complete(second.ownership, [], { outcome: 'success', value: { ok: true } }, NOW + 5)
}

function step(position: number) {
  const outcome = { ok: true, value: { value: 1 } } as const
  return { type: 'effect', at: NOW, position, effect: 'step', name: 's', outcome } as const
}

const LIFE = ['Registered', 'Started', 'Parked', 'Resumed', 'Completed'].map((word) => `Process ${word}`)

function told(id?: string): { type: string; detail: StatusEventDetail }[] {
  return events
    .of('outcome')
    .map(({ event }) => ({ type: event['detail-type'], detail: event.detail as StatusEventDetail }))
    .filter(({ detail }) => id === undefined || detail.id === id)
}

/** What a consumer that tells repetitions by their id gets to see. */
function toldOnce(id: string): string[] {
  const seen = new Set<string>()
  return told(id).flatMap(({ type, detail }) => {
    if (seen.has(detail.eventId)) return []
    seen.add(detail.eventId)
    return [type]
  })
}

function allEnded(ids: readonly string[]): boolean {
  return ids.every((id) => told(id).some(({ type }) => type === 'Process Completed'))
}

test('every change of status comes to the bus, in order, and a commit does not [C54]', async () => {
  const { registry } = await begin()
  await live(registry, 'order-1')
  await events.until(() => allEnded(['order-1']))
  expect(told().map(({ type }) => type)).toEqual(LIFE)
  const details = told().map(({ detail }) => detail)
  expect(details.map(({ status }) => status)).toEqual([
    'pending',
    'running',
    'waiting',
    'running',
    'completed',
  ])
  const revisions = details.map(({ revision }) => revision)
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b))
  expect(new Set(revisions).size).toBe(5)
  expect(details.at(-1)).toMatchObject({
    version: 1,
    id: 'order-1',
    kind: 'order',
    scope: 'tenant',
    previousStatus: 'running',
    fence: 2,
    at: NOW + 5,
    output: { ok: true },
  })
  expect(events.of('outcome').every(({ event }) => event.source === 'leasehold')).toBe(true)
})

test('a bus that refuses, throttles or breaks off loses no event and keeps the order [C54]', async () => {
  const plan: (BusFault | undefined)[] = ['throttle', 'break-before', undefined, 'break-after']
  let request = 0
  const { registry } = await begin((entries) => {
    request += 1
    const fault = plan[request - 1]
    if (fault !== undefined || request > 20) return fault
    // Every third entry or so, by what is in it and when, is refused for now.
    return {
      refuse: (entry) => ((entries.indexOf(entry) + request) % 3 === 0 ? 'InternalFailure' : undefined),
    }
  })
  const ids = Array.from({ length: 12 }, (_, index) => `many-${index}`)
  await Promise.all(ids.map((id) => live(registry, id)))
  await events.until(() => allEnded(ids))
  for (const id of ids) expect(toldOnce(id)).toEqual(LIFE)
  expect(request).toBeGreaterThan(6)
})

test('a bus that is down longer than an invocation gets its events later, ids repeated [C54]', async () => {
  let down = true
  let takenWhileDown = 0
  const { registry } = await begin((entries) => {
    if (!down) return undefined
    // The bus takes the first event of each request, and its reply is lost.
    takenWhileDown += 1
    return takenWhileDown === 1 ? 'break-after' : entries.length > 0 ? 'throttle' : undefined
  })
  await live(registry, 'late')
  await events.until((all) => all.of('stream-batch').some(({ failed }) => failed.length > 0))
  expect(told('late').map(({ type }) => type)).toEqual(['Process Registered'])
  down = false
  await events.until(() => allEnded(['late']))
  expect(toldOnce('late')).toEqual(LIFE)
  const registered = told('late').filter(({ type }) => type === 'Process Registered')
  expect(registered.length).toBeGreaterThanOrEqual(2)
  expect(new Set(registered.map(({ detail }) => detail.eventId)).size).toBe(1)
})

test('a function that is killed in the middle of a batch is started again, and nothing is lost', async () => {
  let killed = false
  const { registry } = await begin(() => {
    if (killed) return undefined
    killed = true
    for (const { pid } of events.of('environment-started')) process.kill(pid, 'SIGKILL')
    return 'break-after'
  })
  const ids = ['k-1', 'k-2', 'k-3']
  await Promise.all(ids.map((id) => live(registry, id)))
  await events.until(() => allEnded(ids))
  for (const id of ids) expect(toldOnce(id)).toEqual(LIFE)
  expect(events.of('environment-ended').map(({ because }) => because)).toContain('crashed')
})

test('an unreadable record is dead-lettered, and the stream continues', async () => {
  const { registry, clients, name, deadLetterUrl } = await begin()
  const damaged = { pk: 'P#damaged', sk: 'PROCESS', s: 'sleeping', v: 7 }
  await DynamoDBDocumentClient.from(clients.dynamo).send(new PutCommand({ TableName: name, Item: damaged }))
  await live(registry, 'after-it')
  await events.until(() => allEnded(['after-it']))
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: deadLetterUrl,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
    }),
  )
  expect(Messages).toHaveLength(1)
  expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
    key: 'P#damaged/PROCESS',
    code: 'unreadable_item',
    eventName: 'INSERT',
  })
  expect(Messages[0]?.MessageAttributes?.['code']?.StringValue).toBe('unreadable_item')
})

test('an event that the bus never takes is dead-lettered, and later events are published', async () => {
  const { registry, clients, deadLetterUrl } = await begin(() => ({
    refuse: ({ DetailType }) => (DetailType === 'Process Parked' ? 'MalformedDetail' : undefined),
  }))
  await live(registry, 'half')
  await events.until(() => allEnded(['half']))
  expect(toldOnce('half')).toEqual(LIFE.filter((type) => type !== 'Process Parked'))
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, WaitTimeSeconds: 5 }),
  )
  expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
    key: 'P#half/PROCESS',
    code: 'event_refused',
    event: { type: 'Process Parked', detail: { id: 'half', status: 'waiting' } },
  })
})

test('what stands beside an ended process has its time to go soon after the end [C55]', async () => {
  const { registry, clients, name } = await begin()
  const registration = toRegistration({ id: 'big', kind: 'order', input: { text: 'x'.repeat(2_000) } })
  const request = { ownerId: 'w', attemptId: 'a', token: 'a', ttlMs: 30_000 }
  const claimed = await registry.start(registration, request, NOW)
  if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome)
  await registry.complete(claimed.ownership, [], { outcome: 'success', value: 1 }, NOW)
  // The answer of a batch comes after all that the batch asked for.
  await events.until(({ all }) => {
    const [told, answered] = ['outcome', 'stream-batch'].map((type) =>
      all.findLastIndex((one) => one.type === type),
    )
    return allEnded(['big']) && (answered ?? 0) > (told ?? 0)
  })
  const store = new DynamoStore({
    requests: sdkRequests(clients.dynamo),
    tableName: name,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  expect((await store.keys({ pk: 'P#big', limit: 10 })).keys).toEqual([
    { sk: expect.stringMatching(/^BLOB#i-/u), expires: true },
    { sk: 'PROCESS', expires: true },
  ])
})
