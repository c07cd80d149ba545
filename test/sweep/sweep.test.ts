import { beforeEach, describe, expect, test } from 'vitest'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import {
  WAKEUP_GRACE_IDLE_MS,
  WAKEUP_GRACE_MS,
  PAGE_ROWS,
  QUEUE_LONG_AT,
  SWEEP_OVERDUE_PER_SHARD,
  SWEEP_RECOVERIES_PER_SHARD,
  SWEEP_ROWS_PER_SHARD,
  SQS_DELAY_MAX_MS,
} from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { StoreRegistry } from '../../lib/registry/registry.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { NO_DOORBELL, type Doorbell, type QueueName } from '../../lib/queue/doorbell.ts'
import { sweep } from '../../lib/sweep/sweep.ts'
import { SweepMemory } from '../../lib/sweep/memory.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

let world: World
let store: MemoryStore

beforeEach(() => {
  store = new MemoryStore()
  world = new World(new MemoryProcessRegistry({ store }))
})

async function register(id: string, wakeupScheduled = false): Promise<ProcessId> {
  const registration = toRegistration({ id, kind: 'sample', input: {} })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled })
  return registration.id
}

async function claim(id: ProcessId) {
  const now = world.clock.now()
  const reply = await world.registry.claim(
    id,
    { ownerId: 'w', attemptId: `${now}`, token: `t${now}`, ttlMs: 30_000 },
    now,
  )
  if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
  return reply.ownership
}

test('a pending row without a wake-up is woken at once, one with a wake-up only when overdue', async () => {
  await register('p-1')
  await register('p-2', true)
  expect(await world.sweep()).toMatchObject({ due: 2, sent: 1 })
  expect(world.queue.sent).toEqual([{ id: 'p-1', delayMs: 0, group: 'sample' }])
  await world.clock.advance(WAKEUP_GRACE_MS)
  await world.sweep()
  expect(world.queue.sent.map((wakeup) => wakeup.id)).toContain('p-2')
})

test('a timer that is due before the next pass is sent with its exact delay, a later one is left', async () => {
  for (const [id, inMs] of [
    ['p-1', 42_500],
    ['p-2', 60_001],
  ] as const) {
    const ownership = await claim(await register(id))
    await world.registry.park(
      ownership,
      [],
      { wait: { for: 'worker' }, dueAt: world.clock.now() + inMs, wakeupScheduled: false },
      world.clock.now(),
    )
  }
  expect(await world.sweep(60_000)).toMatchObject({ due: 1, sent: 1 })
  expect(world.queue.sent).toEqual([{ id: 'p-1', delayMs: 42_500, group: 'sample' }])
})

test('a running row is sent only once its lease has expired, also when that was renewed', async () => {
  const ownership = await claim(await register('p-1'))
  await world.clock.advance(20_000)
  const { lease } = await world.registry.renew(ownership.lease, 30_000, world.clock.now())
  await world.clock.advance(10_000)
  expect(await world.sweep()).toMatchObject({ due: 1, sent: 0 })
  await world.clock.advance(lease.expiresAt - world.clock.now())
  expect(await world.sweep()).toMatchObject({ sent: 1 })
})

test('the sweep writes nothing', async () => {
  const id = await register('p-1')
  const before = await world.registry.get(id)
  await world.sweep()
  expect(await world.registry.get(id)).toEqual(before)
})

/** A queue, or two, of so many messages, and what was sent for on each. */
function queues(waiting: { readonly work: number; readonly urgent?: number; readonly isolation?: number }) {
  const sent: { readonly [queue in QueueName]: string[] } = { work: [], urgent: [], isolation: [] }
  const asked: QueueName[] = []
  const doorbell: Doorbell = {
    maxDelayMs: SQS_DELAY_MAX_MS,
    queues: (['isolation', 'urgent', 'work'] as const).filter((queue) => waiting[queue] !== undefined),
    ring: (wakeups) => {
      for (const { id, urgent, alone } of wakeups) {
        const wanted = alone === true && waiting.isolation !== undefined ? 'isolation' : 'work'
        sent[wanted === 'work' && urgent === true ? 'urgent' : wanted].push(id)
      }
      return Promise.resolve()
    },
    backlog: (queue) => {
      asked.push(queue)
      return Promise.resolve(waiting[queue] ?? Number.NaN)
    },
  }
  return { doorbell, sent, asked }
}

/** One pass over queues of so many messages. */
async function passOver(waiting: Parameters<typeof queues>[0], memory?: SweepMemory) {
  const { registry, clock, told: telemetry } = world
  const { doorbell, sent, asked } = queues(waiting)
  return { pass: await sweep({ registry, doorbell, clock, telemetry, memory }), sent, asked }
}

async function registerUrgent(id: string): Promise<ProcessId> {
  const registration = toRegistration({ id, kind: 'sample', input: {}, urgent: true })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
  return registration.id
}

const LONG = QUEUE_LONG_AT

describe('a long queue [C68]', () => {
  /** Rows of one shard, all of them due. */
  function oneShard(): void {
    world = new World(new StoreRegistry(store, { durable: false, name: 'one-shard', dueShards: 1 }))
  }

  test('grows by a pass only up to its length and the reserves, however many rows are due', async () => {
    oneShard()
    for (let n = 0; n < 30; n += 1) await register(`p-${n}`)
    const full = await passOver({ work: LONG })
    expect(full.pass).toMatchObject({ sent: SWEEP_OVERDUE_PER_SHARD, heldBack: true, oldestDueMs: 0 })
    const nearly = await passOver({ work: LONG - 7 })
    expect(nearly.pass).toMatchObject({ sent: 7 + SWEEP_OVERDUE_PER_SHARD, heldBack: true })
    expect(world.told.counts.get('SweepHeldBack')).toBe(2)
  })

  test('of ordinary messages does not hold up urgent rows, nor the other way round', async () => {
    oneShard()
    for (let n = 0; n < 2 * PAGE_ROWS; n += 1) await register(`p-${n}`)
    for (let n = 0; n < 30; n += 1) await registerUrgent(`u-${n}`)
    const work = await passOver({ work: LONG, urgent: 0 })
    expect(work.sent.urgent).toHaveLength(30)
    expect(work.sent.work).toHaveLength(SWEEP_OVERDUE_PER_SHARD)
    const urgent = await passOver({ work: 0, urgent: LONG })
    expect(urgent.sent.urgent).toHaveLength(SWEEP_OVERDUE_PER_SHARD)
    expect(urgent.sent.work).toHaveLength(2 * PAGE_ROWS)
  })

  test('of urgent messages is not taken for idle', async () => {
    await registerUrgent('u-1')
    const memory = new SweepMemory()
    expect((await passOver({ work: 0, urgent: 1 }, memory)).pass.sent).toBe(1)
    await world.clock.advance(60_000)
    // A wake-up that failed may wait behind others: it is given three passes.
    expect((await passOver({ work: 0, urgent: 1 }, memory)).pass.sent).toBe(0)
    await world.clock.advance(60_000)
    expect((await passOver({ work: 9, urgent: 0 }, memory)).pass.sent).toBe(1)
  })

  test('has rows of dead owners sent for, on a queue of their own or past what waits in theirs', async () => {
    oneShard()
    const ids = ['p-0', 'p-1', 'p-2']
    for (const id of ids) await claim(await register(id))
    for (let n = 0; n < 2 * PAGE_ROWS; n += 1) await register(`waits-${n}`)
    await world.clock.advance(30_000)
    expect((await passOver({ work: 0, urgent: 0 })).sent).toMatchObject({
      work: expect.arrayContaining(ids) as string[],
      urgent: [],
    })
    expect((await passOver({ work: 1, urgent: 0 })).sent.urgent).toEqual(ids)
    expect((await passOver({ work: LONG, urgent: LONG })).sent.urgent).toEqual(ids)
    expect((await passOver({ work: 0, urgent: 0, isolation: LONG })).sent).toMatchObject({
      isolation: ids,
      urgent: [],
    })
    // One queue for all: they have a reserve of their own.
    const single = await passOver({ work: LONG })
    expect(single.sent.work).toEqual(expect.arrayContaining(ids))
    expect(single.sent.work).toHaveLength(ids.length + SWEEP_OVERDUE_PER_SHARD)
  })

  test('wakes all rows of dead owners within two rounds, whatever number of others precede', async () => {
    oneShard()
    const memory = new SweepMemory()
    for (let n = 0; n < SWEEP_ROWS_PER_SHARD + 500; n += 1) await register(`waits-${n}`)
    await world.clock.advance(1)
    const dead: string[] = []
    for (let n = 0; n < 120; n += 1) dead.push((await claim(await register(`dead-${n}`))).lease.id)
    await world.clock.advance(60_000)
    const sent = new Set<string>()
    // A round over the shard takes two passes, and 120 rows take three reserves.
    for (let n = 0; n < 4; n += 1) {
      const { sent: more } = await passOver({ work: LONG, urgent: LONG }, memory)
      expect(more.urgent.length).toBeLessThanOrEqual(SWEEP_RECOVERIES_PER_SHARD)
      for (const id of more.urgent) sent.add(id)
      await world.clock.advance(60_000)
    }
    expect([...sent].toSorted()).toEqual(dead.toSorted())
  })

  test('has timers sent for in their turn', async () => {
    oneShard()
    const memory = new SweepMemory()
    const timers: string[] = []
    for (let n = 0; n < 20; n += 1) {
      timers.push(await register(`timer-${n}`))
      await world.clock.advance(1)
    }
    const sent: string[] = []
    for (let n = 0; n < 20 / SWEEP_OVERDUE_PER_SHARD; n += 1) {
      sent.push(...(await passOver({ work: LONG }, memory)).sent.work)
      await world.clock.advance(60_000)
    }
    expect(sent).toEqual(timers)
  })

  test('is asked for its length once a pass, and by rows that need it only', async () => {
    expect((await passOver({ work: 0, urgent: 0 })).asked).toEqual([])
    for (let n = 0; n < 30; n += 1) await register(`p-${n}`)
    expect((await passOver({ work: LONG, urgent: 0 })).asked).toEqual(['work'])
    for (let n = 0; n < 30; n += 1) await registerUrgent(`u-${n}`)
    expect((await passOver({ work: 0, urgent: 0 })).asked.toSorted()).toEqual(['urgent', 'work'])
  })
})

/** How many wake-ups each of so many passes sends, a minute apart but for some milliseconds, while so many messages wait. */
async function passesOver(
  count: number,
  { waiting, memory = new SweepMemory() }: { waiting: number; memory?: SweepMemory },
): Promise<number[]> {
  const { registry, clock, told: telemetry } = world
  const doorbell = { ...NO_DOORBELL, backlog: () => Promise.resolve(waiting) }
  const sent: number[] = []
  for (let pass = 0; pass < count; pass += 1) {
    sent.push((await sweep({ registry, doorbell, clock, telemetry, everyMs: 60_000, memory })).sent)
    await clock.advance(pass % 2 === 0 ? 59_990 : 60_010)
  }
  return sent
}

test('a row is not woken twice, unless it changed or its wake-up was lost', async () => {
  await register('p-1')
  const memory = new SweepMemory()
  expect(await passesOver(4, { waiting: 1, memory })).toEqual([1, 0, 0, 1])
  await claim(parseProcessId('p-1'))
  await world.clock.advance(60_000)
  expect(await passesOver(1, { waiting: 1, memory })).toEqual([1])
})

test('with an empty queue the next pass repeats a lost wake-up, then later and later', async () => {
  await register('p-1')
  expect(await passesOver(10, { waiting: 0 })).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 0, 1])
})

test('a lost wake-up of a park or start is missed after 5 s, or 30 s behind others', async () => {
  await register('p-1', true)
  await world.clock.advance(WAKEUP_GRACE_IDLE_MS - 1)
  expect((await world.sweep()).sent).toBe(0)
  await world.clock.advance(1)
  expect((await world.sweep()).sent).toBe(1)
  await register('p-2', true)
  await world.clock.advance(WAKEUP_GRACE_MS - 1)
  // It wakes the first one, whose wake-up is not remembered, and not for the second.
  expect(await passesOver(1, { waiting: 1 })).toEqual([1])
  expect(await passesOver(1, { waiting: 1 })).toEqual([2])
})

test('a wake-up that was sent with a delay is not missed before its time', async () => {
  const ownership = await claim(await register('p-1'))
  const dueAt = world.clock.now() + 59_000
  await world.registry.park(
    ownership,
    [],
    { wait: { for: 'worker' }, dueAt, wakeupScheduled: false },
    world.clock.now(),
  )
  expect(await passesOver(3, { waiting: 0 })).toEqual([1, 0, 1])
})

test('a shard that cannot be read does not stop the others', async () => {
  for (let n = 0; n < 40; n += 1) await register(`p-${n}`)
  const registry = new Proxy(world.registry, {
    get: (target, key) =>
      key === 'listDue'
        ? (query: { shard: number; until: number }) =>
            query.shard === 3 ? Promise.reject(new Error('throttled')) : target.listDue(query)
        : (Reflect.get(target, key, target) as unknown),
  })
  const pass = await sweep({ registry, doorbell: world.queue, clock: world.clock, telemetry: world.told })
  expect(pass).toMatchObject({ failedShards: 1 })
  expect(pass.sent).toBeGreaterThan(20)
  expect(world.told.counts.get('RunFailed')).toBe(1)
})

test('a lease that cannot be read stops nothing: its process is sent for with the others', async () => {
  const [bad, good] = [await register('p-1'), await register('p-2')]
  for (const id of [bad, good]) await world.registry.renew((await claim(id)).lease, 30_000, world.clock.now())
  await store.write({ do: 'update', key: { pk: `P#${bad}`, sk: 'LEASE' }, change: { set: { e: 'soon' } } })
  await world.clock.advance(60_000)
  expect(await world.sweep()).toMatchObject({ sent: 2, failedShards: 0 })
})

test('a due row that cannot be read is counted and named, and the others are sent for', async () => {
  await register('p-1')
  await register('p-2')
  await store.write({ do: 'update', key: { pk: 'P#p-1', sk: 'PROCESS' }, change: { set: { f: 'x' } } })
  expect(await world.sweep()).toMatchObject({ sent: 1, failedShards: 0 })
  expect(world.told.counts.get('UnreadableItem')).toBe(1)
  expect(JSON.stringify(world.told.lines)).toContain('P#p-1/PROCESS')
})

test('a process whose worker died runs again through the sweep and the queue alone', async () => {
  const id = await register('p-1')
  await claim(id)
  await world.clock.advance(30_000)
  const parts = world.parts([process(async () => 'saved')])
  world.attach(parts)
  await world.sweep()
  await world.pass(1_000)
  expect(await world.registry.get(id)).toMatchObject({ status: 'completed', fence: 2 })
})

test('a pass reports the oldest due row without a live lease, or nothing when it reads nothing', async () => {
  const oldest = () => world.told.measures.filter(({ metric }) => metric === 'OldestDue').map(({ ms }) => ms)
  await world.sweep()
  await register('p-1', true)
  await world.clock.advance(7_000)
  const held = await claim(await register('p-2'))
  await world.clock.advance(20_000)
  await world.registry.renew(held.lease, 30_000, world.clock.now())
  await world.clock.advance(20_000)
  // p-2's first grant has expired, but it was renewed: it is not overdue.
  expect(await world.sweep()).toMatchObject({ oldestDueMs: 47_000 })
  const { clock, told } = world
  const registry = new Proxy(world.registry, {
    get: (target, key) =>
      key === 'listDue'
        ? () => Promise.reject(new Error('throttled'))
        : (Reflect.get(target, key, target) as unknown),
  })
  const failed = await sweep({ registry, doorbell: NO_DOORBELL, clock, telemetry: told })
  expect(failed).toMatchObject({ failedShards: registry.dueShards, oldestDueMs: 0 })
  expect(oldest()).toEqual([0, 47_000])
})
