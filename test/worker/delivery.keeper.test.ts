import { beforeEach, expect, test } from 'vitest'
import type { Hiding, Redelivery } from '../../lib/queue/delivery.ts'
import { lookMessage } from '../../lib/queue/messages.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { serveBatch } from '../../lib/worker/batch.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'
import type { WorkerParts } from '../../lib/worker/config.ts'

let world: World
let parts: WorkerParts
let beganAt: number
/** When messages were hidden, in milliseconds since the batch began, and which for how long. */
let hidden: { atMs: number; hidings: readonly Hiding[] }[]
let answer: () => Promise<readonly string[]>

beforeEach(() => {
  world = new World(new MemoryProcessRegistry())
  hidden = []
  answer = async () => []
  parts = world.parts([
    process(async (context, { n = 0 }) => {
      await context.step(
        'work',
        () => new Promise<null>((resolve) => void world.clock.after(n, () => resolve(null))),
      )
    }),
  ])
})

const redelivery: Redelivery = {
  maxAttempts: 5,
  hide(hidings) {
    hidden.push({ atMs: world.clock.now() - beganAt, hidings })
    return answer()
  },
}

/** Serves a batch of starts whose processes work for so long. */
async function serve(ms: readonly number[], attempt = 1): Promise<readonly string[]> {
  const deliveries = ms.map((each, n) => ({
    id: `m${n}`,
    attempt,
    body: JSON.stringify({ v: 1, type: 'start', id: `p-${n}`, kind: 'sample', input: { n: each } }),
  }))
  beganAt = world.clock.now()
  return world.until(serveBatch({ worker: parts, deadLetters: world.queue, redelivery }, deliveries, {}))
}

const LEASE = 16_000

test('a batch that is served at once sends no request to hide its messages', async () => {
  expect(await serve([0, 100, 200])).toEqual([])
  expect(hidden).toEqual([])
})

test('a worker hides its messages for a lease and a second, and again with each renewal [C80]', async () => {
  await serve([11_000, 11_000])
  const both = [
    { id: 'm0', forMs: LEASE },
    { id: 'm1', forMs: LEASE },
  ]
  expect(hidden).toEqual([250, 5_250, 10_250].map((atMs) => ({ atMs, hidings: both })))
})

test('a message that was served before it was hidden is left to the queue', async () => {
  await serve([100, 1_000])
  expect(hidden.map(({ hidings }) => hidings.map(({ id }) => id))).toEqual([['m1']])
})

test('a message that is served stays hidden until its batch ends', async () => {
  await serve([1_000, 6_000])
  expect(hidden.map(({ hidings }) => hidings.map(({ id }) => id))).toEqual([
    ['m0', 'm1'],
    ['m0', 'm1'],
  ])
})

test('a redelivered message is hidden at once', async () => {
  await serve([1_000], 2)
  expect(hidden.map(({ atMs }) => atMs)).toEqual([0])
})

test('a suspect from the isolation queue is hidden at once', async () => {
  const { id } = await world.registry
    .register(toRegistration({ id: 'p-9', kind: 'sample', input: { n: 100 } }), {
      now: world.clock.now(),
      wakeupScheduled: true,
    })
    .then(({ record }) => record)
  beganAt = world.clock.now()
  const batch = { worker: parts, deadLetters: world.queue, redelivery }
  const alone = { id: 'm9', attempt: 1, body: lookMessage(id, true) }
  await world.until(serveBatch(batch, [alone], {}))
  expect(hidden).toEqual([{ atMs: 0, hidings: [{ id: 'm9', forMs: LEASE }] }])
})

test('a failed request is tried with the next renewal, warned of once, and fails no process', async () => {
  answer = () => Promise.reject(new Error('throttled'))
  expect(await serve([11_000])).toEqual([])
  expect(hidden).toHaveLength(3)
  const warned = world.told.lines.filter(({ level }) => level === 'warn')
  expect(warned.map(({ facts }) => facts)).toEqual([{ messages: 1, error: 'Error: throttled' }])
})

test('a message that the queue refuses to hide is not asked for again', async () => {
  answer = async () => ['m0']
  await serve([11_000, 11_000])
  expect(hidden.map(({ hidings }) => hidings.length)).toEqual([2, 1, 1])
})
