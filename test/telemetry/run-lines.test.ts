import { expect, test } from 'vitest'
import * as v from 'valibot'
import { parseProcessId } from '../../lib/model/ids.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { gate, process } from '../helpers/definitions.ts'
import { World, type Told } from '../helpers/world.ts'

const RUN = { id: 'p-1', kind: 'sample', segment: expect.any(String) as string }
const start = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ v: 1, type: 'start', id: 'p-1', kind: 'sample', input: {}, ...fields })
const linesOf = ({ lines }: Told, ...messages: string[]) =>
  lines
    .filter(({ message }) => messages.includes(message))
    .map(({ level, message, facts }) => ({ level, message, facts }))

test('each claim, park and end is a line of level info, with what the process waits for', async () => {
  const world = new World(new MemoryProcessRegistry())
  const parts = world.parts([
    process(async (context) => context.signal('approve', { schema: v.unknown(), timeout: { hours: 1 } })),
  ])
  world.attach(parts)
  await world.until(world.serve(parts, [start()]))
  const until = world.clock.now() + 3_600_000
  await world.client.signal('p-1', { name: 'approve', key: 'k' })
  await world.until(world.client.result('p-1'))
  expect(world.told.lines).toMatchObject([
    { level: 'info', message: 'claimed', facts: { ...RUN, fence: 1, owner: 'worker-a' } },
    {
      level: 'info',
      message: 'parked',
      facts: { ...RUN, fence: 1, waitsFor: ['signal "approve"'], until: expect.closeTo(until, -2) as number },
    },
    { level: 'info', message: 'claimed', facts: { ...RUN, fence: 2 } },
    {
      level: 'info',
      message: 'ended',
      facts: { ...RUN, fence: 2, status: 'completed', claims: 2, tookMs: expect.any(Number) as number },
    },
  ])
})

test('a run that is handed over, for want of time, has a line', async () => {
  const world = new World(new MemoryProcessRegistry())
  let remainingMs = 60_000
  const parts = world.parts([
    process(async (context) => {
      await context.step('long', () => {
        remainingMs = 0
      })
      await context.step('next', () => 1)
    }),
  ])
  await world.until(world.serve(parts, [start()], { remainingMs: () => remainingMs }))
  expect(linesOf(world.told, 'handed over')).toMatchObject([{ level: 'info', facts: { ...RUN, fence: 1 } }])
})

test('a failed process has the code of its error in the line of its end', async () => {
  const world = new World(new MemoryProcessRegistry())
  const parts = world.parts([process(() => Promise.reject(new TypeError('no luck')))])
  await world.until(world.serve(parts, [start()]))
  expect(linesOf(world.told, 'ended')).toMatchObject([
    { facts: { status: 'failed', code: 'process_failed' } },
  ])
})

test('a take-over names the dead owner and its step, and each step that begins from then on', async () => {
  const world = new World(new MemoryProcessRegistry())
  const hang = gate()
  const dead = world.parts([process((context) => context.step('charge', () => hang.promise))], {
    ownerId: 'worker-dead',
  })
  void world.serve(dead, [start()]).catch(() => undefined)
  await world.pass(dead.renewEveryMs + 1)
  // Its renewals stop, as those of a dead worker do.
  const clock = world.clock.skewed(10 * dead.leaseTtlMs)
  const parts = world.parts([process((context) => context.step('charge', () => 1))], {
    clock,
    ownerId: 'worker-b',
  })
  await world.until(world.serve(parts, [JSON.stringify({ v: 1, type: 'look', id: 'p-1' })]))
  const messages = [
    'its worker died; it runs alone until it makes progress',
    'a step begins; a worker has died with this process',
  ]
  expect(linesOf(world.told, ...messages)).toMatchObject([
    {
      level: 'warn',
      facts: {
        ...RUN,
        fence: 2,
        owner: 'worker-b',
        from: 'worker-dead',
        step: 'charge',
        attempt: 1,
        since: expect.any(Number) as number,
      },
    },
    { level: 'info', facts: { ...RUN, fence: 2, step: 'charge', attempt: 1 } },
  ])
})

test('an end that a claim writes, since no run may continue, is a line and a count', async () => {
  const world = new World(new MemoryProcessRegistry())
  const id = parseProcessId('p-1')
  const now = world.clock.now()
  await world.registry.register(toRegistration({ id, kind: 'sample', input: {}, recovery: 'abandon' }), {
    now,
    wakeupScheduled: false,
  })
  await world.client.abandon(id, 'not worth it')
  await world.until(world.worker([process(async () => 1, { recovery: 'abandon' })]).drivePendingProcesses())
  expect(linesOf(world.told, 'claimed', 'ended')).toMatchObject([
    { message: 'ended', facts: { id, status: 'abandoned' } },
  ])
  expect(world.told.counts.get('Abandoned')).toBe(1)
  await world.until(
    world.serve(world.parts([process(async () => 1)]), [JSON.stringify({ v: 1, type: 'look', id })]),
  )
  expect(world.told.counts.get('Abandoned')).toBe(1)
})
