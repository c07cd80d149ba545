import { describe, expect, test } from 'vitest'
import { ProcessStuck } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { CrashingRegistry } from '../../../lib/testing/crashing-registry.ts'
import { DurableProcessWorker } from '../../../lib/worker/worker.ts'
import { gate, process } from '../../helpers/definitions.ts'
import { FlakyRegistry } from '../../helpers/effects.ts'
import type { World } from '../../helpers/world.ts'

const START = { kind: 'sample', input: {} } as const
const P = parseProcessId('p')

/** What a host without a queue is promised: cancellation by a signal, passes that drive to the end, and waits that read. */
export function workerEntrances(open: () => Promise<World>): void {
  cancellation(open)
  cancelledMeanwhile(open)
  untilIdle(open)
  waiting(open)
}

function cancellation(open: () => Promise<World>): void {
  describe('the cancellation of a caller', () => {
    const sleeping = () =>
      process(async (context) => {
        await context.sleep({ days: 1 })
      })

    test('ends the process as cancelled with its reason, at once, and its output is answered [C30]', async () => {
      const world = await open()
      const caller = new AbortController()
      const begun = gate()
      const definition = process((context) =>
        context.step('work', async ({ abortSignal }) => {
          const stopped = new Promise((_, reject) => {
            abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error))
          })
          begun.arrive()
          await stopped
        }),
      )
      const run = world.worker([definition]).runProcess({ id: 'p', ...START }, {}, caller.signal)
      await begun.reached
      const before = world.clock.now()
      caller.abort(new Error('the customer left'))
      expect(await world.until(run)).toEqual({ outcome: 'cancelled', reason: 'the customer left' })
      // Its own worker need not wait for a renewal.
      expect(world.clock.now() - before).toBeLessThan(1_000)
      expect(world.clock.pending).toBe(0)
    })

    test('is a request only: code that completes all the same has its output answered [C30]', async () => {
      const world = await open()
      const caller = new AbortController()
      const door = gate<string>()
      const definition = process((context) => context.step('work', () => (door.arrive(), door.promise)))
      const run = world.worker([definition]).runProcess({ id: 'p', ...START }, {}, caller.signal)
      await door.reached
      caller.abort('too late')
      await world.pass(2_000)
      expect(await world.registry.get(P)).toMatchObject({ cancel: { reason: 'too late' } })
      door.open('done')
      expect(await world.until(run)).toEqual({ outcome: 'success', value: 'done' })
    })

    test('before the call registers a process that ends cancelled without running [C31]', async () => {
      const world = await open()
      let ran = 0
      const worker = world.worker([process(async () => (ran += 1))])
      const run = worker.runProcess({ id: 'p', ...START }, {}, AbortSignal.abort())
      expect(await world.until(run)).toEqual({ outcome: 'cancelled' })
      expect(ran).toBe(0)
      const log = await world.registry.eventsAfter(P, 0)
      expect(log.map(({ type }) => type)).toEqual(['cancel', 'end'])
      // Asked again, the process has ended: its output is answered, whatever the signal says.
      const again = worker.runProcess({ id: 'p', ...START }, {}, AbortSignal.abort('again'))
      expect(await world.until(again)).toEqual({ outcome: 'cancelled' })
    })

    test('leaves the process of another registration under the id alone [C2]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1)])
      await world.client.start(
        process(async () => 1),
        { n: 1 },
        { id: 'p' },
      )
      const run = worker.runProcess({ id: 'p', kind: 'sample', input: { n: 2 } }, {}, AbortSignal.abort())
      await expect(world.until(run)).rejects.toMatchObject({ code: 'registration_conflict' })
      expect(await world.registry.get(P)).not.toHaveProperty('cancel')
    })

    test('reaches a process that sleeps, and one that another worker runs [C31]', async () => {
      for (const here of [true, false]) {
        const world = await open()
        const definition = sleeping()
        const worker = world.worker([definition])
        const caller = new AbortController()
        if (!here) {
          await world.client.start(definition, {}, { id: 'p' })
          await world.until(world.worker([definition], { ownerId: 'worker-b' }).drivePendingProcesses())
        }
        const run = worker.runProcess({ id: 'p', ...START }, {}, caller.signal)
        await world.pass(5_000)
        caller.abort('enough')
        expect(await world.until(run)).toEqual({ outcome: 'cancelled', reason: 'enough' })
      }
    })

    test('a stuck process tells each caller why, and a pass over it too', async () => {
      const world = await open()
      const definition = process(async (context) => {
        await context.step('one', () => 1)
        await context.sleep({ days: 1 })
      })
      await world.client.start(definition, {}, { id: 'p' })
      await world.until(world.worker([definition]).drivePendingProcesses())
      await world.pass(86_400_000)
      const later = world.worker([process((context) => context.step('another', () => 1))])
      const why = /the journal holds step "one", the code asked for step "another"/u
      const { results } = await world.until(later.drivePendingProcesses())
      expect(results).toMatchObject([{ id: 'p', outcome: 'stuck' }])
      expect(String(results[0]?.error)).toMatch(why)
      const asked = later.runProcess({ id: 'p', ...START })
      await expect(world.until(asked)).rejects.toThrow(ProcessStuck)
      await expect(world.until(later.runProcess({ id: 'p', ...START }))).rejects.toThrow(why)
    })

    test('ends a process that is stuck [C30]', async () => {
      const world = await open()
      const definition = process(async (context) => {
        await context.step('one', () => 1)
        await context.sleep({ days: 1 })
      })
      const worker = world.worker([definition])
      await world.client.start(definition, {}, { id: 'p' })
      await world.until(worker.drivePendingProcesses())
      await world.pass(86_400_000)
      const later = world.worker([process((context) => context.step('another', () => 1))])
      await expect(world.until(later.runProcess({ id: 'p', ...START }))).rejects.toThrow(ProcessStuck)
      const run = later.runProcess({ id: 'p', ...START }, {}, AbortSignal.abort('give up'))
      expect(await world.until(run)).toEqual({ outcome: 'cancelled', reason: 'give up' })
    })

    test('is recorded before the call returns, and requestProcessCancel() takes no reason too [C29]', async () => {
      const world = await open()
      const flaky = new FlakyRegistry(world.registry)
      const caller = new AbortController()
      const worker = world.worker([sleeping()], { registry: flaky.port })
      const run = worker.runProcess({ id: 'p', ...START }, {}, caller.signal)
      await world.pass(5_000)
      flaky.failNext('requestCancel')
      caller.abort('enough')
      expect(await world.until(run)).toEqual({ outcome: 'cancelled', reason: 'enough' })
      await world.client.start(sleeping(), {}, { id: 'q' })
      await worker.requestProcessCancel('q')
      await worker.requestProcessCancel('q', 'first reason')
      await world.until(worker.drivePendingProcesses())
      const record = await world.registry.get(parseProcessId('q'))
      expect(record).toMatchObject({ status: 'cancelled', output: { outcome: 'cancelled' } })
      const log = await world.registry.eventsAfter(parseProcessId('q'), 0)
      expect(log.filter(({ type }) => type === 'cancel')).toMatchObject([{}, { reason: 'first reason' }])
      expect(log[0]).not.toHaveProperty('reason')
      expect(record).not.toHaveProperty('output.reason')
    })
  })
}

function cancelledMeanwhile(open: () => Promise<World>): void {
  describe('a cancel request that comes while the outcome of a step is written', () => {
    test.each(['at-least-once', 'at-most-once'] as const)(
      'keeps the body of the next step from beginning, %s [C61]',
      async (semantics) => {
        const world = await open()
        const flaky = new FlakyRegistry(world.registry)
        const ran: string[] = []
        flaky.before = async (method) => {
          // Before each commit that the run makes: the reply then brings the request.
          if (method !== 'commit' || ran.length !== 1) return
          await world.registry.requestCancel(P, { reason: 'stop' }, world.clock.now())
        }
        const definition = process(async (context) => {
          await context.step('one', () => void ran.push('one'))
          await context.step('two', () => void ran.push('two'), { semantics })
        })
        const worker = world.worker([definition], { registry: flaky.port })
        const output = await world.until(worker.runProcess({ id: 'p', ...START }))
        expect(output).toEqual({ outcome: 'cancelled', reason: 'stop' })
        expect(ran).toEqual(['one'])
      },
    )

    test('keeps the next attempt of a step from beginning [C61]', async () => {
      const world = await open()
      const flaky = new FlakyRegistry(world.registry)
      let attempts = 0
      flaky.before = async (method) => {
        if (method === 'commit' && attempts === 1)
          await world.registry.requestCancel(P, { reason: 'stop' }, world.clock.now())
      }
      const definition = process((context) =>
        context.step(
          'try',
          () => {
            attempts += 1
            throw new Error('not yet')
          },
          { retry: { maxAttempts: 5, initialDelay: { ms: 1 } } },
        ),
      )
      const worker = world.worker([definition], { registry: flaky.port })
      expect(await world.until(worker.runProcess({ id: 'p', ...START }))).toMatchObject({
        outcome: 'cancelled',
      })
      expect(attempts).toBe(1)
    })
  })
}

function untilIdle(open: () => Promise<World>): void {
  describe('a pass until idle', () => {
    test('drives a process through its sleeps, retries and children to its end, without a queue', async () => {
      const world = await open()
      let tries = 0
      const leaf = process((context) => context.sleep({ seconds: 20 }).then(() => 'leaf'), { kind: 'leaf' })
      const root = process(async (context) => {
        await context.sleep({ seconds: 40 })
        const flaky = (): number => {
          tries += 1
          if (tries < 3) throw new Error('not yet')
          return tries
        }
        const retry = { maxAttempts: 3, initialDelay: { seconds: 10 } }
        return [await context.step('try', flaky, { retry }), await context.run(leaf, {})]
      })
      await world.client.start(root, {}, { id: 'p' })
      const worker = world.worker([root, leaf])
      const pass = await world.until(worker.drivePendingProcesses({}, { until: 'idle' }))
      expect(pass).toMatchObject({ stopped: false, waiting: [], unreadable: [] })
      expect(await world.registry.get(P)).toMatchObject({ status: 'completed' })
      expect(world.clock.pending).toBe(0)
    })

    test('without it one pass runs each to its first wait, and the next one continues', async () => {
      const world = await open()
      const definition = process((context) => context.sleep({ minutes: 1 }).then(() => 'done'))
      await world.client.start(definition, {}, { id: 'p' })
      const worker = world.worker([definition])
      expect(await world.until(worker.drivePendingProcesses())).toMatchObject({
        due: 1,
        results: [{ id: 'p', outcome: 'parked' }],
      })
      expect(await world.registry.get(P)).toMatchObject({ status: 'waiting' })
      await world.pass(60_000)
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(P)).toMatchObject({ status: 'completed' })
    })

    test('names those that wait for a signal, a deploy or an operator, and does not wait for them', async () => {
      const world = await open()
      const waits = process((context) => context.signal('go'))
      const unknown = process(async () => 1, { kind: 'unknown' })
      await world.client.start(waits, {}, { id: 'p' })
      await world.client.start(unknown, {}, { id: 'u' })
      const before = world.clock.now()
      const pass = world.worker([waits]).drivePendingProcesses({}, { until: 'idle' })
      const { waiting: left, stopped } = await world.until(pass)
      expect([left.toSorted(), stopped]).toEqual([['p', 'u'], false])
      expect(world.clock.now() - before).toBeLessThan(30_000)
    })

    test('waits for a process of another owner, and continues with it when that owner dies', async () => {
      const world = await open()
      const door = gate()
      const definition = process((context) => context.step('work', () => (door.arrive(), door.promise)))
      const crashing = new CrashingRegistry(world.registry)
      const config = world.config([definition])
      const dying = new DurableProcessWorker({ ...config, registry: crashing.port })
      void dying.runProcess({ id: 'p', ...START })
      await door.reached
      crashing.kill()
      const rebuilt = new DurableProcessWorker({ ...config })
      const pass = rebuilt.drivePendingProcesses({}, { until: 'idle' })
      door.open()
      expect(await world.until(pass)).toMatchObject({ stopped: false, waiting: [] })
      expect(await world.registry.get(P)).toMatchObject({ status: 'completed', fence: 2 })
    })

    test('ends as stopped when its signal fires while it waits [C63]', async () => {
      const world = await open()
      const definition = process((context) => context.sleep({ days: 1 }))
      await world.client.start(definition, {}, { id: 'p' })
      const stop = new AbortController()
      const pass = world
        .worker([definition])
        .drivePendingProcesses({}, { signal: stop.signal, until: 'idle' })
      await world.pass(60_000)
      stop.abort()
      expect(await world.until(pass)).toMatchObject({ stopped: true })
      expect(world.clock.pending).toBe(0)
    })
  })
}

function waiting(open: () => Promise<World>): void {
  describe('a wait for a process', () => {
    const WRITES = ['claim', 'start', 'commit', 'park', 'register'] as const

    test('that another owner runs only reads, once a second [C9]', async () => {
      const world = await open()
      const door = gate<string>()
      const definition = process((context) => context.step('work', () => (door.arrive(), door.promise)))
      const first = world.worker([definition]).runProcess({ id: 'p', ...START })
      await door.reached
      const flaky = new FlakyRegistry(world.registry)
      const second = world
        .worker([definition], { ownerId: 'worker-b', registry: flaky.port })
        .runProcess({ id: 'p', ...START })
      await world.pass(100_000)
      const calls = (name: string) => flaky.calls.get(name) ?? 0
      // The start is the one write. Each look is a read, and one of the lease once the grant has expired.
      expect(WRITES.map(calls)).toEqual([0, 1, 0, 0, 0])
      expect(calls('get')).toBeGreaterThan(90)
      expect(calls('get')).toBeLessThanOrEqual(101)
      door.open('once')
      expect(await world.until(Promise.all([first, second]))).toMatchObject([
        { value: 'once' },
        { value: 'once' },
      ])
    })

    test('that sleeps only reads until it is due [C37]', async () => {
      const world = await open()
      const flaky = new FlakyRegistry(world.registry)
      const definition = process((context) => context.sleep({ seconds: 60 }).then(() => 'rested'))
      const worker = world.worker([definition], { registry: flaky.port })
      expect(await world.until(worker.runProcess({ id: 'p', ...START }))).toMatchObject({ value: 'rested' })
      expect([flaky.calls.get('claim'), flaky.calls.get('start')]).toEqual([1, 1])
    })
  })
}
