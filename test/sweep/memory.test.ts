import { beforeEach, describe, expect, inject, test } from 'vitest'
import { dueShard } from '../../lib/model/due.ts'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import {
  PAGE_ROWS,
  QUEUE_LONG_AT,
  RESEND_AFTER_PASSES,
  SWEEP_EVERY_MS,
  SWEEP_OVERDUE_PER_SHARD,
  SWEEP_ROWS_PER_SHARD,
  SQS_DELAY_MAX_MS,
} from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { DynamoStore } from '../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../lib/registry/store/requests.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { ItemStore } from '../../lib/registry/store/store.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { NO_DOORBELL, type Wakeup, type Doorbell } from '../../lib/queue/doorbell.ts'
import { sweep, type SweepPass } from '../../lib/sweep/sweep.ts'
import { SweepMemory } from '../../lib/sweep/memory.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { World } from '../helpers/world.ts'

const HOUR_MS = 3_600_000

const ascending = (a: number, b: number): number => a - b

let world: World
let memory: SweepMemory
let sent: string[]

beforeEach(() => {
  open(new MemoryStore())
})

function open(store: ItemStore, dueShards = 1): void {
  world = new World(new StoreRegistry(store, { durable: false, name: 'swept', dueShards }))
  memory = new SweepMemory()
  sent = []
}

/** A millisecond after the one before it. */
async function register(id: string): Promise<ProcessId> {
  await world.clock.advance(1)
  const registration = toRegistration({ id, kind: 'sample', input: {} })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
  return registration.id
}

async function registerMany(count: number, prefix = 'p'): Promise<void> {
  for (let from = 0; from < count; from += PAGE_ROWS) {
    const ids = Array.from({ length: Math.min(PAGE_ROWS, count - from) }, (_, n) => `${prefix}-${from + n}`)
    await Promise.all(ids.map(register))
  }
}

/** So many processes whose owners live, and continue to live for hours. */
async function runMany(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const id = await register(`running-${n}`)
    const now = world.clock.now()
    const owner = { ownerId: 'w', attemptId: `i-${n}`, token: `t-${n}`, ttlMs: 30_000 }
    const reply = await world.registry.claim(id, owner, now)
    if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
    await world.registry.renew(reply.ownership.lease, HOUR_MS, now)
  }
}

type PassOptions = { waiting?: number; registry?: ProcessRegistry; queueLongAt?: number; forgets?: boolean }

async function pass(options: PassOptions = {}): Promise<SweepPass> {
  const { waiting = 1, registry = world.registry, queueLongAt = QUEUE_LONG_AT, forgets = false } = options
  const doorbell: Doorbell = {
    maxDelayMs: SQS_DELAY_MAX_MS,
    queues: ['work'],
    ring: (wakeups: readonly Wakeup[]) => Promise.resolve(void sent.push(...wakeups.map(({ id }) => id))),
    backlog: () => Promise.resolve(waiting),
  }
  const { clock, told: telemetry } = world
  const made = await sweep({
    registry,
    doorbell,
    clock,
    telemetry,
    queueLongAt,
    everyMs: SWEEP_EVERY_MS,
    ...(forgets ? {} : { memory }),
  })
  await clock.advance(SWEEP_EVERY_MS)
  return made
}

test('a row is forgotten when no wake-up was sent for it in six passes, and not before', () => {
  const row = {
    id: parseProcessId('p-1'),
    kind: 'k',
    status: 'pending',
    fence: 0,
    dueAt: 0,
    wakeupScheduled: false,
  } as const
  const other = { ...row, id: parseProcessId('p-2') }
  const everyMs = SWEEP_EVERY_MS
  for (const [passes, known] of [
    [2 * RESEND_AFTER_PASSES - 1, 2],
    [2 * RESEND_AFTER_PASSES, 1],
  ] as const) {
    const kept = new SweepMemory()
    kept.noteSent([{ row, delayMs: 0 }], 0, everyMs)
    const now = passes * everyMs
    kept.noteSent([{ row: other, delayMs: 0 }], now, everyMs)
    kept.noteSent([{ row, delayMs: 0 }], now, everyMs)
    // A row that is known was woken twice by now, so its next wake-up comes after two passes instead of one.
    const next = { now: now + everyMs, everyMs, queueIsEmpty: true }
    expect(kept.hasSent(row, next)).toBe(known === 2)
  }
})

test('what is due behind more running processes than a pass reads is sent for by the next pass', async () => {
  await runMany(SWEEP_ROWS_PER_SHARD + 10)
  await world.clock.advance(60_000)
  await register('late')
  expect(await pass()).toMatchObject({ sent: 0, truncated: true })
  expect(await pass()).toMatchObject({ sent: 1 })
  expect(sent).toEqual(['late'])
})

test('a continued pass wakes a timer behind many long runs, looking as far ahead', async () => {
  await runMany(SWEEP_ROWS_PER_SHARD + 10)
  await world.clock.advance(60_000)
  await pass()
  const startAt = world.clock.now() + 42_500
  const registration = toRegistration({ id: 'timer', kind: 'sample', input: {}, startAt })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
  expect(await pass()).toMatchObject({ sent: 1 })
})

test('a pass that reaches the end continues from the top, without later due rows', async () => {
  await register('first')
  await runMany(SWEEP_ROWS_PER_SHARD + 10)
  await world.clock.advance(60_000)
  expect(await pass({ waiting: 0 })).toMatchObject({
    due: SWEEP_ROWS_PER_SHARD,
    sent: 1,
    truncated: true,
  })
  await register('last')
  // The twelve that were left, and all that comes before them.
  expect(await pass({ waiting: 0 })).toMatchObject({
    due: SWEEP_ROWS_PER_SHARD + 12,
    sent: 2,
  })
  expect(sent).toEqual(['first', 'last', 'first'])
})

test('a shard that has become short is read once, and from its top again', async () => {
  await registerMany(SWEEP_ROWS_PER_SHARD + 300)
  expect(await pass({ queueLongAt: 10_000 })).toMatchObject({ sent: SWEEP_ROWS_PER_SHARD, truncated: true })
  for (const id of sent) {
    const owner = { ownerId: 'w', attemptId: id, token: id, ttlMs: HOUR_MS }
    await world.registry.claim(id as ProcessId, owner, world.clock.now())
  }
  expect(await pass({ queueLongAt: 10_000 })).toMatchObject({ due: 300, sent: 300, truncated: false })
  expect(new Set(sent).size).toBe(SWEEP_ROWS_PER_SHARD + 300)
  expect(await pass()).toMatchObject({ due: 300, sent: 0, truncated: false })
})

test('a host that keeps nothing between passes reads all that is due in each', async () => {
  await runMany(SWEEP_ROWS_PER_SHARD + 10)
  await world.clock.advance(60_000)
  await register('late')
  expect(await pass({ forgets: true })).toMatchObject({
    due: SWEEP_ROWS_PER_SHARD + 11,
    sent: 1,
    truncated: false,
  })
})

test('rows that cannot be read count as read: a pass ends however many there are', async () => {
  const store = new MemoryStore()
  open(store)
  for (let n = 0; n < SWEEP_ROWS_PER_SHARD + 10; n += 1) {
    const id = await register(`damaged-${n}`)
    await store.write({
      do: 'update',
      key: { pk: `P#${id}`, sk: 'PROCESS' },
      change: { set: { s: 'paused' } },
    })
  }
  await world.clock.advance(1)
  await register('late')
  const told = () => world.told.counts.get('UnreadableItem') ?? 0
  expect(await pass()).toMatchObject({ due: 0, truncated: true })
  expect(told()).toBeLessThan(SWEEP_ROWS_PER_SHARD + 10)
  expect(await pass()).toMatchObject({ sent: 1, truncated: false })
  expect(told()).toBe(SWEEP_ROWS_PER_SHARD + 10)
})

test('a clock that was put back, and a pass that failed, are followed by one from the top', async () => {
  await runMany(SWEEP_ROWS_PER_SHARD + 10)
  await world.clock.advance(60_000)
  await register('late')
  await pass()
  const { registry } = world
  const failing = new Proxy(registry, {
    get: (target, key) =>
      key === 'listDue'
        ? () => Promise.reject(new Error('throttled'))
        : (Reflect.get(target, key, target) as unknown),
  })
  expect(await pass({ registry: failing })).toMatchObject({ failedShards: 1, truncated: false })
  expect(await pass()).toMatchObject({ due: SWEEP_ROWS_PER_SHARD, truncated: true })
  const back = world.clock.skewed(-HOUR_MS)
  const parts = { registry, doorbell: NO_DOORBELL, clock: back, telemetry: world.told, memory }
  expect(await sweep(parts)).toMatchObject({ due: 0, failedShards: 0, truncated: false })
  expect(await pass()).toMatchObject({ due: SWEEP_ROWS_PER_SHARD, truncated: true })
})

describe('when there is less room than wake-ups', () => {
  const sentForEach = () =>
    Array.from({ length: 8 }, (_, shard) => sent.filter((id) => id.startsWith(`s${shard}-`)).length)

  /** Twenty due rows in each shard, named after it. */
  async function fill(): Promise<void> {
    open(new MemoryStore(), 8)
    const left = Array.from({ length: 8 }, () => 20)
    for (let n = 0; left.some((many) => many > 0); n += 1) {
      for (const [shard, many] of left.entries()) {
        const id = parseProcessId(`s${shard}-${n}`)
        if (many === 0 || dueShard(id, 8) !== shard) continue
        await register(id)
        left[shard] = many - 1
      }
    }
  }

  test.each([{ forgets: true }, { forgets: false }])(
    'each shard has its turn, whether or not the host keeps anything ($forgets)',
    async ({ forgets }) => {
      await fill()
      const reserves = 8 * SWEEP_OVERDUE_PER_SHARD
      expect(await pass({ waiting: QUEUE_LONG_AT - 4, forgets })).toMatchObject({
        sent: reserves + 4,
        heldBack: true,
      })
      // Beside its reserve the room went to one shard, and goes to another one in each pass.
      const first = sentForEach()
      expect(first.toSorted(ascending)).toEqual([
        ...Array.from({ length: 7 }, () => SWEEP_OVERDUE_PER_SHARD),
        9,
      ])
      await pass({ waiting: QUEUE_LONG_AT - 4, forgets })
      const second = sentForEach().map((many, shard) => many - (first[shard] ?? 0))
      expect(second.toSorted(ascending)).toEqual(first.toSorted(ascending))
      expect(second.indexOf(9)).not.toBe(first.indexOf(9))
    },
  )

  test('a shard continues with rows that had no room, not with rows whose wake-ups failed', async () => {
    await registerMany(5 * PAGE_ROWS)
    for (let n = 0; n < 5; n += 1) await pass({ waiting: QUEUE_LONG_AT - PAGE_ROWS })
    expect(new Set(sent).size).toBe(5 * PAGE_ROWS)
  })
})

test('on DynamoDB a remembered position survives the removal of its row', async () => {
  const client = localClient(inject('dynamoEndpoint'))
  const tableName = await freshTable(client, 'sweep')
  open(
    new DynamoStore({ requests: sdkRequests(client), tableName, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }),
  )
  await registerMany(SWEEP_ROWS_PER_SHARD + 50)
  expect(await pass({ queueLongAt: 10_000 })).toMatchObject({ sent: SWEEP_ROWS_PER_SHARD, truncated: true })
  const taken = sent.slice(-20).map((id) => {
    const owner = { ownerId: 'w', attemptId: id, token: id, ttlMs: HOUR_MS }
    return world.registry.claim(id as ProcessId, owner, world.clock.now())
  })
  await Promise.all(taken)
  expect(await pass({ queueLongAt: 10_000 })).toMatchObject({ sent: 50, failedShards: 0 })
  expect(new Set(sent).size).toBe(SWEEP_ROWS_PER_SHARD + 50)
})
