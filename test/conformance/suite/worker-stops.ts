import { describe, expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { InlineEffectController } from '../../../lib/effects/inline.ts'
import { StepInterrupted } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { gate, process } from '../../helpers/definitions.ts'
import { FlakyRegistry } from '../../helpers/effects.ts'
import type { World } from '../../helpers/world.ts'

const START = { kind: 'sample', input: {} } as const
const P = parseProcessId('p')

/** What a host's stop leaves, wherever it comes: a shutdown signal, a stopped pass, or code that cannot be replayed. */
export function workerStops(open: () => Promise<World>, { stride = 1 } = {}): void {
  interruptions(open)
  passes(open)
  everyAwait(open, stride)
}

function interruptions(open: () => Promise<World>): void {
  describe('a host that shuts down', () => {
    /** A body that is at work until its door opens, and ignores its signal. */
    const stubborn = () => {
      const door = gate()
      const ran: string[] = []
      const body = (context: ProcessContext): Promise<unknown> =>
        context.step('charge', async () => {
          ran.push('charge')
          door.arrive()
          await door.promise
        })
      return { door, ran, body }
    }

    test('ends an abandon process with a body in flight, with evidence, in runProcess() [C48, C62]', async () => {
      const world = await open()
      const { door, ran, body } = stubborn()
      const definition = process(body, { recovery: 'abandon' })
      const host = new AbortController()
      const run = world
        .worker([definition])
        .runProcess({ id: 'p', ...START }, { shutdownSignal: host.signal })
      await door.reached
      host.abort(new Error('deploy'))
      const owner = expect.stringMatching(/^worker-a\//u) as string
      const evidence = { because: 'interrupted', lastOwner: owner, writtenBy: owner, lastFence: 1 }
      expect(await world.until(run)).toMatchObject({ outcome: 'abandoned', evidence })
      door.open()
      const other = world.worker([definition], { ownerId: 'worker-b' })
      expect(await world.until(other.runProcess({ id: 'p', ...START }))).toMatchObject({
        outcome: 'abandoned',
      })
      expect(ran).toEqual(['charge'])
    })

    test('ends an abandon process whose body is in flight when its pass is stopped [C48, C62]', async () => {
      const world = await open()
      const { door, ran, body } = stubborn()
      const definition = process(body, { recovery: 'abandon' })
      const worker = world.worker([definition])
      await world.client.start(definition, {}, { id: 'p' })
      const stop = new AbortController()
      const pass = worker.drivePendingProcesses({}, stop.signal)
      await door.reached
      stop.abort()
      expect(await world.until(pass)).toMatchObject({ stopped: true, results: [{ outcome: 'ended' }] })
      door.open()
      await world.until(worker.drivePendingProcesses({}, { until: 'idle' }))
      expect(await world.registry.get(P)).toMatchObject({ status: 'abandoned', fence: 1 })
      expect(ran).toEqual(['charge'])
    })

    test('ends an abandon process whose own code is at work outside any effect [C62]', async () => {
      const world = await open()
      const door = gate()
      let ran = 0
      const definition = process(
        async () => {
          ran += 1
          door.arrive()
          await door.promise
        },
        { recovery: 'abandon' },
      )
      const host = new AbortController()
      const run = world
        .worker([definition])
        .runProcess({ id: 'p', ...START }, { shutdownSignal: host.signal })
      await door.reached
      host.abort()
      expect(await world.until(run)).toMatchObject({ outcome: 'abandoned' })
      expect(ran).toBe(1)
    })

    test('hands an abandon process over between two effects, and each body runs once [C62]', async () => {
      const world = await open()
      const ran: string[] = []
      const resting = gate()
      const definition = process(
        async (context) => {
          await context.step('one', () => void ran.push('one'))
          resting.arrive()
          await context.sleep({ ms: 1_500 })
          await context.step('two', () => void ran.push('two'))
          return 'done'
        },
        { recovery: 'abandon' },
      )
      const host = new AbortController()
      const run = world
        .worker([definition])
        .runProcess({ id: 'p', ...START }, { shutdownSignal: host.signal })
      await resting.reached
      await world.pass(100)
      host.abort()
      await expect(world.until(run)).rejects.toMatchObject({
        code: 'host_shut_down',
        facts: { registered: true },
      })
      expect(await world.registry.get(P)).toMatchObject({ status: 'waiting', wait: { for: 'worker' } })
      const other = world.worker([definition], { ownerId: 'worker-b' })
      expect(await world.until(other.runProcess({ id: 'p', ...START }))).toMatchObject({ value: 'done' })
      expect(ran).toEqual(['one', 'two'])
    })

    test('ends an abandon process under a controller without a journal, whatever it was at [C62]', async () => {
      const world = await open()
      const { door, ran } = stubborn()
      const definition = process(
        async (context) => {
          await context.step('charge', () => void ran.push('charge'))
          door.arrive()
          await context.sleep({ hours: 1 })
        },
        { recovery: 'abandon' },
      )
      const host = new AbortController()
      const run = world
        .worker([definition])
        .runProcessWithScopedEffectController(
          { id: 'p', ...START },
          { shutdownSignal: host.signal },
          new InlineEffectController(),
        )
      await door.reached
      host.abort()
      expect(await world.until(run)).toMatchObject({ outcome: 'abandoned' })
      expect(ran).toEqual(['charge'])
    })

    test('leaves an at-most-once step interrupted for the next run, without a second body [C35, C62]', async () => {
      const world = await open()
      const door = gate()
      let ran = 0
      const definition = process(async (context) => {
        const body = () => ((ran += 1), door.arrive(), door.promise)
        try {
          await context.step('once', body, { semantics: 'at-most-once' })
          return 'done'
        } catch (error) {
          return error instanceof StepInterrupted ? 'interrupted' : error
        }
      })
      const host = new AbortController()
      const run = world
        .worker([definition])
        .runProcess({ id: 'p', ...START }, { shutdownSignal: host.signal })
      await door.reached
      host.abort()
      await expect(world.until(run)).rejects.toThrow(/continues on another worker/u)
      door.open()
      const other = world.worker([definition], { ownerId: 'worker-b' })
      expect(await world.until(other.runProcess({ id: 'p', ...START }))).toMatchObject({
        value: 'interrupted',
      })
      expect(ran).toBe(1)
    })

    test('begins nothing and registers nothing once it has shut down', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1)])
      const run = worker.runProcess({ id: 'p', ...START }, { shutdownSignal: AbortSignal.abort() })
      await expect(run).rejects.toMatchObject({ code: 'host_shut_down', facts: { registered: false } })
      expect(await world.registry.get(P)).toBeUndefined()
    })
  })

  describe('code that does not replay', () => {
    /** Stops on its second branch while the body of the first is in flight. */
    const stuckBesideBody = async (world: World, recovery: 'rerun' | 'abandon') => {
      let ran = 0
      const door = gate()
      const before = process(
        async (context) => {
          await context.step('a', () => 1)
          await context.all([() => context.signal('go'), async () => context.now()])
        },
        { recovery },
      )
      const after = process(
        async (context) => {
          await context.step('a', () => 1)
          const body = () => ((ran += 1), door.arrive(), door.promise)
          await context.all([
            () => context.step('x', body),
            async () => {
              await door.reached
              await context.step('b', () => 2)
            },
          ])
        },
        { recovery },
      )
      await world.client.start(before, {}, { id: 'p' })
      await world.until(world.worker([before]).drivePendingProcesses())
      await world.client.signal('p', { name: 'go', key: 'k' })
      const later = world.worker([after])
      await world.until(later.drivePendingProcesses())
      return { later, ran: () => ran }
    }

    test('ends an abandon process whose body is in flight, and it is not stuck [C41, C62]', async () => {
      const world = await open()
      const { ran } = await stuckBesideBody(world, 'abandon')
      expect(await world.registry.get(P)).toMatchObject({
        status: 'abandoned',
        output: { evidence: { because: 'interrupted' } },
      })
      expect(ran()).toBe(1)
    })

    test('makes a process that may run again stuck, though a body is in flight [C41]', async () => {
      const world = await open()
      await stuckBesideBody(world, 'rerun')
      expect(await world.registry.get(P)).toMatchObject({ status: 'stuck' })
    })
  })
}

function passes(open: () => Promise<World>): void {
  describe('a pass that is stopped', () => {
    test('claims nothing more, and the next pass runs what it left [C63]', async () => {
      const world = await open()
      const door = gate()
      const ran: string[] = []
      const definition = process((context) =>
        context.step('work', () => (ran.push(context.id), door.arrive(), door.promise)),
      )
      const worker = world.worker([definition], { concurrency: 2 })
      const ids = Array.from({ length: 9 }, (_, n) => `p${n}`)
      for (const id of ids) await world.client.start(definition, {}, { id })
      const stop = new AbortController()
      const pass = worker.drivePendingProcesses({}, { signal: stop.signal })
      await door.reached
      stop.abort()
      const { results, stopped } = await world.until(pass)
      expect([stopped, results.length <= 2]).toEqual([true, true])
      const records = await Promise.all(ids.map((id) => world.registry.get(parseProcessId(id))))
      expect(records.filter((record) => record?.fence !== 0)).toHaveLength(results.length)
      door.open()
      await world.until(worker.drivePendingProcesses())
      expect(new Set(ran)).toEqual(new Set(ids))
    })

    test('counts no attempt for a process that it hands over before anything began [C63]', async () => {
      const world = await open()
      let ran = 0
      const definition = process(async () => (ran += 1), { limits: { maxStalls: 2 } })
      await world.client.start(definition, {}, { id: 'p' })
      for (let passNumber = 0; passNumber < 10; passNumber += 1) {
        const stop = new AbortController()
        const registry = stoppedBy(world.registry, 'claim', stop)
        const worker = world.worker([definition], { registry })
        await world.until(worker.drivePendingProcesses({}, stop.signal))
      }
      expect(ran).toBe(0)
      expect(await world.registry.get(P)).toMatchObject({ status: 'waiting', wait: { for: 'worker' } })
      await world.until(world.worker([definition]).drivePendingProcesses())
      expect(await world.registry.get(P)).toMatchObject({ status: 'completed' })
    })

    test('claims nothing when too little time is left [C63]', async () => {
      const world = await open()
      const definition = process(async () => 1)
      await world.client.start(definition, {}, { id: 'p' })
      const pass = world.worker([definition]).drivePendingProcesses({ remainingMs: () => 9_999 })
      expect(await world.until(pass)).toMatchObject({ due: 0, stopped: true })
      expect(await world.registry.get(P)).toMatchObject({ status: 'pending', fence: 0 })
    })
  })
}

function everyAwait(open: () => Promise<World>, stride: number): void {
  describe('a host that stops at any of its awaits', () => {
    /** Moments of a host: before and after each call of its registry, and within its bodies. It stops at the nth. */
    const host = (nth: number) => {
      const shutdown = new AbortController()
      let moments = 0
      const moment = (): void => {
        moments += 1
        if (moments === nth) shutdown.abort(new Error('SIGTERM'))
      }
      return { shutdown, moment }
    }

    const family = (recovery: 'rerun' | 'abandon', moment: () => void) => {
      const ran = new Map<string, number>()
      const body = (name: string) => async () => {
        ran.set(name, (ran.get(name) ?? 0) + 1)
        moment()
        await Promise.resolve()
        moment()
        return name
      }
      const leaf = process((context) => context.step('leaf', body('leaf')), { kind: 'leaf', recovery })
      const root = process(
        async (context) => {
          await context.step('a', body('a'))
          const once = await context
            .step('once', body('once'), { semantics: 'at-most-once' })
            .catch((error: unknown) => (error instanceof StepInterrupted ? 'interrupted' : String(error)))
          await context.sleep({ ms: 1_500 }, 'a moment')
          await context.sleep({ seconds: 4 }, 'a while')
          const child = await context.run(leaf, {}).catch((error: { code: string }) => error.code)
          await context.all([() => context.step('b', body('b')), () => context.step('c', body('c'))])
          return [once, child]
        },
        { recovery },
      )
      return { definitions: [root, leaf], ran }
    }

    /** One host runs the process and stops; then another one drives what is left. */
    const stoppedAt = async (nth: number, recovery: 'rerun' | 'abandon') => {
      const world = await open()
      const { shutdown, moment } = host(nth)
      const { definitions, ran } = family(recovery, moment)
      const first = world.worker(definitions, { registry: watched(world.registry, moment) })
      const execution = { shutdownSignal: shutdown.signal }
      const run = first.runProcess({ id: 'p', ...START }, execution)
      const driven = first.drivePendingProcesses(execution, { until: 'idle' })
      await world.until(Promise.allSettled([run, driven]))
      const other = world.worker(definitions, { ownerId: 'worker-b' })
      const [output, second] = await world.until(
        Promise.all([
          other.runProcess({ id: 'p', ...START }).catch(String),
          other.drivePendingProcesses({}, { until: 'idle' }),
        ]),
      )
      return { output, ran, second, stopped: shutdown.signal.aborted }
    }

    test.each(['rerun', 'abandon'] as const)(
      'ends each %s process, and runs no body twice that may run once [C61, C62]',
      async (recovery) => {
        const ends = new Set<string>()
        for (let nth = 1; ; nth += stride) {
          const { output, ran, second, stopped } = await stoppedAt(nth, recovery)
          const what = JSON.stringify({ nth, output, ran: [...ran] })
          expect(second.waiting, what).toEqual([])
          const onlyOnce = recovery === 'abandon' ? [...ran.values()] : [ran.get('once') ?? 0]
          expect(Math.max(0, ...onlyOnce), what).toBeLessThanOrEqual(1)
          if (typeof output === 'string') throw new Error(what)
          ends.add(output.outcome)
          if (output.outcome === 'abandoned') expect(output.evidence.because, what).toBe('interrupted')
          if (!stopped) break
        }
        const possible = recovery === 'abandon' ? ['abandoned', 'success'] : ['success']
        // With a stride the host may never stop inside of a body.
        if (stride === 1) expect([...ends].toSorted()).toEqual(possible)
        expect(possible).toEqual(expect.arrayContaining([...ends]))
        expect(ends).toContain('success')
      },
      120_000,
    )
  })
}

/** A registry that tells of a moment before and after each of its calls. */
function watched(registry: ProcessRegistry, moment: () => void): ProcessRegistry {
  return new Proxy(registry, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target)
      if (typeof found !== 'function' || key === 'fenceCheck') return found
      return async (...args: unknown[]): Promise<unknown> => {
        moment()
        try {
          return await found.apply(target, args)
        } finally {
          moment()
        }
      }
    },
  })
}

/** Stops a host while this call of its registry is in flight. */
function stoppedBy(registry: ProcessRegistry, method: string, stop: AbortController): ProcessRegistry {
  const flaky = new FlakyRegistry(registry)
  flaky.before = (called) => {
    if (called === method) stop.abort()
  }
  return flaky.port
}
