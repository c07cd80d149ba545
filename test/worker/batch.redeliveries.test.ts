import { beforeEach, expect, test } from 'vitest'
import { StoreUnavailable } from '../../lib/model/errors.ts'
import type { Hiding, Redelivery } from '../../lib/queue/delivery.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { WorkerParts } from '../../lib/worker/config.ts'
import { serveBatch } from '../../lib/worker/batch.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

let world: World
let ran: string[]

beforeEach(() => {
  world = new World(new MemoryProcessRegistry())
  ran = []
})

const start = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ v: 1, type: 'start', id: 'p-1', kind: 'sample', input: {}, ...fields })

/** A worker whose table is away whenever `p-2` is started. */
function failingParts(): WorkerParts {
  const registry = new Proxy(world.registry, {
    get: (target, key) => {
      if (key !== 'start') return Reflect.get(target, key, target) as unknown
      return (registration: { id: string }, ...rest: [never, never]) =>
        registration.id === 'p-2'
          ? Promise.reject(new StoreUnavailable({ operation: 'start', tries: 8, reason: 'down' }, undefined))
          : target.start(registration as never, ...rest)
    },
  })
  return world.parts([process(async (context) => void ran.push(context.id))], { registry })
}

test('one message that fails is delivered again; its neighbours are not', async () => {
  expect(
    await world.until(world.serve(failingParts(), [start(), start({ id: 'p-2' }), start({ id: 'p-3' })])),
  ).toEqual(['m1'])
  expect(ran.sort()).toEqual(['p-1', 'p-3'])
})

test('a line names the process and the kind of a message that could not be served', async () => {
  await world.until(world.serve(failingParts(), [start({ id: 'p-2' })]))
  const line = world.told.lines.find(({ level }) => level === 'error')
  expect(line).toMatchObject({
    message: 'a message could not be served; it will be delivered again',
    facts: { messageId: 'm0', id: 'p-2', kind: 'sample', receives: 1 },
  })
})

/** What is asked of the queue when a message fails in each of its deliveries, beside one that is served. */
async function askedBack(
  maxReceives: number,
  hide = (): Promise<readonly string[]> => Promise.resolve([]),
): Promise<(string | number)[]> {
  const asked: (string | number)[] = []
  const redelivery: Redelivery = {
    maxAttempts: maxReceives,
    hide: (hidings) => {
      for (const { id, forMs } of hidings) asked.push(id === 'm1' ? 'failed' : 'served', forMs)
      return hide()
    },
  }
  const batchParts = { worker: failingParts(), deadLetters: world.queue, redelivery }
  for (let receives = 1; receives <= maxReceives; receives += 1) {
    const deliveries = [
      { id: 'm0', body: start(), attempt: receives },
      { id: 'm1', body: start({ id: 'p-2' }), attempt: receives },
    ]
    expect(await world.until(serveBatch(batchParts, deliveries, {}))).toEqual(['m1'])
  }
  return asked
}

test('a failed message comes again after one lease, then four, except for its last deliveries', async () => {
  expect(await askedBack(5)).toEqual(['failed', 15_000, 'failed', 60_000])
  expect(await askedBack(3)).toEqual([])
  expect((await askedBack(10)).filter((each) => typeof each === 'number')).toEqual([
    15_000, 60_000, 240_000, 900_000, 900_000, 900_000, 900_000,
  ])
})

test('a message comes again after the queue’s own timeout when a new one cannot be set', async () => {
  await askedBack(5, () => Promise.reject(new Error('throttled')))
  const warned = world.told.lines.filter(({ level }) => level === 'warn')
  expect(warned.map(({ facts }) => facts?.['messageId'])).toEqual(['m1', 'm1'])
})

test('a message of a discarded run comes again when its lease has expired', async () => {
  const registry = new Proxy(world.registry, {
    get: (target, key) =>
      key === 'complete'
        ? () =>
            Promise.reject(
              new StoreUnavailable({ operation: 'complete', tries: 8, reason: 'down' }, undefined),
            )
        : (Reflect.get(target, key, target) as unknown),
  })
  const hidden: Hiding[] = []
  const redelivery: Redelivery = {
    maxAttempts: 5,
    hide: async (hidings) => {
      hidden.push(...hidings)
      return []
    },
  }
  const worker = world.parts([process(async () => 'ran')], { registry })
  const batchParts = { worker, deadLetters: world.queue, redelivery }
  const failed = await world.until(serveBatch(batchParts, [{ id: 'm0', body: start(), attempt: 1 }], {}))
  expect({ failed, hidden }).toEqual({ failed: ['m0'], hidden: [{ id: 'm0', forMs: 16_000 }] })
})

test('the last deliveries of a failed message wait as long as the queue would have hidden it', async () => {
  const hidden: Hiding[] = []
  const redelivery: Redelivery = {
    maxAttempts: 5,
    hide: async (hidings) => {
      hidden.push(...hidings)
      return []
    },
  }
  const registry = new Proxy(world.registry, {
    get: (target, key) =>
      key === 'start'
        ? async () => {
            await new Promise<void>((resolve) => void world.clock.after(1_000, resolve))
            throw new StoreUnavailable({ operation: 'start', tries: 8, reason: 'down' }, undefined)
          }
        : (Reflect.get(target, key, target) as unknown),
  })
  const worker = world.parts([process(async () => 'ran')], { registry })
  const beganAt = world.clock.now()
  const execution = { beganAt, hardAt: beganAt + 900_000 }
  const batchParts = { worker, deadLetters: world.queue, redelivery }
  await world.until(serveBatch(batchParts, [{ id: 'm0', body: start(), attempt: 4 }], execution))
  expect(hidden).toEqual([
    { id: 'm0', forMs: 16_000 },
    { id: 'm0', forMs: 5_400_000 },
  ])
})
