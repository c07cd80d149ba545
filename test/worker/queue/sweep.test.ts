import { beforeEach, expect, test } from 'vitest'
import { parseProcessId, type ProcessId } from '../../../lib/model/ids.ts'
import { BELL_GRACE_IDLE_MS, BELL_GRACE_MS, QUEUE_LONG_AT } from '../../../lib/model/limits.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../../lib/registry/memory.ts'
import { MemoryStore } from '../../../lib/registry/store/memory-store.ts'
import { sweep } from '../../../lib/worker/queue/sweep.ts'
import { SweepMemory } from '../../../lib/worker/queue/sweep-memory.ts'
import { process } from '../../helpers/definitions.ts'
import { World } from '../../helpers/world.ts'

let world: World
let store: MemoryStore

beforeEach(() => {
  store = new MemoryStore()
  world = new World(new MemoryProcessRegistry({ store }))
})

async function register(id: string, belled = false): Promise<ProcessId> {
  const registration = toRegistration({ id, kind: 'sample', input: {} })
  await world.registry.register(registration, { now: world.clock.now(), belled })
  return registration.id
}

async function claim(id: ProcessId) {
  const now = world.clock.now()
  const reply = await world.registry.claim(
    id,
    { ownerId: 'w', incarnation: `${now}`, token: `t${now}`, ttlMs: 30_000 },
    now,
  )
  if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
  return reply.holding
}

test('a pending row that no doorbell was sent for is rung at once, one that was only when it is overdue', async () => {
  await register('p-1')
  await register('p-2', true)
  expect(await world.sweep()).toMatchObject({ due: 2, rung: 1 })
  expect(world.queue.rung).toEqual([{ id: 'p-1', delayMs: 0, group: 'sample' }])
  await world.clock.advance(BELL_GRACE_MS)
  await world.sweep()
  expect(world.queue.rung.map((bell) => bell.id)).toContain('p-2')
})

test('a timer that is due before the next pass is rung with its exact delay, a later one is left', async () => {
  for (const [id, inMs] of [
    ['p-1', 42_500],
    ['p-2', 60_001],
  ] as const) {
    const holding = await claim(await register(id))
    await world.registry.park(
      holding,
      [],
      { wait: { for: 'worker' }, dueAt: world.clock.now() + inMs, belled: false },
      world.clock.now(),
    )
  }
  expect(await world.sweep(60_000)).toMatchObject({ due: 1, rung: 1 })
  expect(world.queue.rung).toEqual([{ id: 'p-1', delayMs: 42_500, group: 'sample' }])
})

test('a running row is rung only once its lease is over, also when that was renewed', async () => {
  const holding = await claim(await register('p-1'))
  await world.clock.advance(20_000)
  const { lease } = await world.registry.renew(holding.lease, 30_000, world.clock.now())
  await world.clock.advance(10_000)
  expect(await world.sweep()).toMatchObject({ due: 1, rung: 0 })
  await world.clock.advance(lease.expiresAt - world.clock.now())
  expect(await world.sweep()).toMatchObject({ rung: 1 })
})

test('the sweep writes nothing', async () => {
  const id = await register('p-1')
  const before = await world.registry.get(id)
  await world.sweep()
  expect(await world.registry.get(id)).toEqual(before)
})

test('while the queue is long nothing is rung, and a pass never makes it longer than that', async () => {
  for (let n = 0; n < 30; n += 1) await register(`p-${n}`)
  const { registry, clock, told } = world
  const rung: string[] = []
  const doorbell = (waiting: number) => ({
    ring: (bells: readonly { id: string }[]) =>
      Promise.resolve(void rung.push(...bells.map((bell) => bell.id))),
    backlog: () => Promise.resolve(waiting),
  })
  const parts = { registry, clock, telemetry: told }
  expect(await sweep({ ...parts, doorbell: doorbell(QUEUE_LONG_AT) })).toMatchObject({
    rung: 0,
    heldBack: true,
  })
  expect(await sweep({ ...parts, doorbell: doorbell(QUEUE_LONG_AT - 7) })).toMatchObject({
    rung: 7,
    heldBack: true,
  })
  expect(rung).toHaveLength(7)
  expect(told.counts.get('SweepHeldBack')).toBe(2)
})

/** How many doorbells each of so many passes rings, a minute apart but for some milliseconds, while so many messages wait. */
async function passesOver(
  count: number,
  { waiting, memory = new SweepMemory() }: { waiting: number; memory?: SweepMemory },
): Promise<number[]> {
  const { registry, clock, told: telemetry } = world
  const doorbell = { ring: () => Promise.resolve(), backlog: () => Promise.resolve(waiting) }
  const rung: number[] = []
  for (let pass = 0; pass < count; pass += 1) {
    rung.push((await sweep({ registry, doorbell, clock, telemetry, everyMs: 60_000, memory })).rung)
    await clock.advance(pass % 2 === 0 ? 59_990 : 60_010)
  }
  return rung
}

test('a row that was rung for is not rung again by the next passes, unless it changed or its doorbell was lost', async () => {
  await register('p-1')
  const memory = new SweepMemory()
  expect(await passesOver(4, { waiting: 1, memory })).toEqual([1, 0, 0, 1])
  await claim(parseProcessId('p-1'))
  await world.clock.advance(60_000)
  expect(await passesOver(1, { waiting: 1, memory })).toEqual([1])
})

test('where nothing waits in the queue a doorbell that came to nothing is rung again by the next pass, and then ever later', async () => {
  await register('p-1')
  expect(await passesOver(10, { waiting: 0 })).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 0, 1])
})

test('a doorbell of a park or a start that came to nothing is missed after 5 s, or after 30 s behind others', async () => {
  await register('p-1', true)
  await world.clock.advance(BELL_GRACE_IDLE_MS - 1)
  expect((await world.sweep()).rung).toBe(0)
  await world.clock.advance(1)
  expect((await world.sweep()).rung).toBe(1)
  await register('p-2', true)
  await world.clock.advance(BELL_GRACE_MS - 1)
  // It rings for the first one, whose doorbell is not remembered, and not for the second.
  expect(await passesOver(1, { waiting: 1 })).toEqual([1])
  expect(await passesOver(1, { waiting: 1 })).toEqual([2])
})

test('a doorbell that was sent with a delay is not missed before its time', async () => {
  const holding = await claim(await register('p-1'))
  const dueAt = world.clock.now() + 59_000
  await world.registry.park(holding, [], { wait: { for: 'worker' }, dueAt, belled: false }, world.clock.now())
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
  expect(pass.rung).toBeGreaterThan(20)
  expect(world.told.counts.get('RunFailed')).toBe(1)
})

test('a lease that cannot be read stops nothing: its process is rung for with the others', async () => {
  const [bad, good] = [await register('p-1'), await register('p-2')]
  for (const id of [bad, good]) await world.registry.renew((await claim(id)).lease, 30_000, world.clock.now())
  await store.write({ do: 'update', key: { pk: `P#${bad}`, sk: 'LEASE' }, change: { set: { e: 'soon' } } })
  await world.clock.advance(60_000)
  expect(await world.sweep()).toMatchObject({ rung: 2, failedShards: 0 })
})

test('a due row that cannot be read is counted and named, and the others are rung for', async () => {
  await register('p-1')
  await register('p-2')
  await store.write({ do: 'update', key: { pk: 'P#p-1', sk: 'PROCESS' }, change: { set: { f: 'x' } } })
  expect(await world.sweep()).toMatchObject({ rung: 1, failedShards: 0 })
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

test('the oldest due row without a live lease is told, and a pass that reads nothing tells of none', async () => {
  const oldest = () => world.told.measures.filter(({ metric }) => metric === 'OldestDue').map(({ ms }) => ms)
  await world.sweep()
  await register('p-1', true)
  await world.clock.advance(7_000)
  const held = await claim(await register('p-2'))
  await world.clock.advance(20_000)
  await world.registry.renew(held.lease, 30_000, world.clock.now())
  await world.clock.advance(20_000)
  // p-2's first grant is over, but it was renewed: it is not overdue.
  expect(await world.sweep()).toMatchObject({ oldestDueMs: 47_000 })
  const { registry, clock, told } = world
  const doorbell = { ring: async () => {}, backlog: async () => QUEUE_LONG_AT }
  await sweep({ registry, doorbell, clock, telemetry: told })
  expect(oldest()).toEqual([0, 47_000])
})
