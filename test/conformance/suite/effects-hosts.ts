import { describe, expect, test } from 'vitest'
import { JournaledEffectController } from '../../../lib/effects/journaled.ts'
import { StoreUnavailable } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import type { ExecutionContext } from '../../../lib/worker/execution.ts'
import { startMessage } from '../../../lib/queue/messages.ts'
import { gate } from '../../helpers/definitions.ts'
import { FlakyRegistry, flow, kitOn, value, type Ground } from '../../helpers/effects.ts'
import { World } from '../../helpers/world.ts'

/** What hosts do to processes: end their invocations, run few at a time, pause, and answer slowly. */
export function effectsHosts(ground: Ground): void {
  handOvers(ground)
  overtaken(ground)
  arrivals(ground)
}

function handOvers(ground: Ground): void {
  describe('invocations', () => {
    /** Invocations of a minute, one after the other, for as long as a wake-up is sent. */
    const minutes = (world: World) => (): ExecutionContext => {
      const hardAt = world.clock.now() + 60_000
      return { hardAt, remainingMs: () => hardAt - world.clock.now() }
    }

    test('a process that outlives many of them hands over between effects, and does each once [C43]', async () => {
      const world = new World(await ground.open())
      const ran: number[] = []
      const pause = (ms: number) => new Promise<void>((resolve) => void world.clock.after(ms, resolve))
      const definition = flow(async (context) => {
        const lane = async (from: number) => {
          for (let n = from; n < 60; n += 2) {
            await context.step(`s${n}`, async () => {
              ran.push(n)
              await pause(7_000)
            })
          }
        }
        await context.all([() => lane(0), () => lane(1), () => context.sleep({ minutes: 3 })])
        return ran.length
      })
      const parts = world.parts([definition])
      world.attach(parts, minutes(world))
      const invocation = minutes(world)
      await world.until(
        world.serve(parts, [startMessage({ id: 'p', kind: 'flow', input: null })], invocation()),
      )
      await world.pass(10 * 60_000)
      const id = parseProcessId('p')
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
      expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n))
      // 30 steps of seven seconds in a lane, at least 50 seconds of each minute used.
      expect((await world.registry.get(id))?.fence).toBeLessThanOrEqual(6)
    })

    test('cut off a step that never settles, until its process ends attempts_exhausted [C50]', async () => {
      let ran = 0
      const definition = flow(async (context) => {
        await context.step('fine', () => 1)
        return context.step('endless', () => {
          ran += 1
          kit.clock.after(60_000, () => kit.crash())
          return new Promise<never>(() => {})
        })
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toMatchObject({
        outcome: 'failure',
        error: { code: 'attempts_exhausted' },
      })
      expect(ran).toBeLessThanOrEqual(7)
    })

    test('parents that wait for children finish though their worker runs one process at a time [C56]', async () => {
      const world = new World(await ground.open())
      const leaf = flow(async (context, input) => context.step('leaf', () => input as number), {
        kind: 'leaf',
      })
      const parent = flow(
        async (context, input): Promise<unknown> => {
          const items = [1, 2, 3].map((n) => (input as number) * 10 + n)
          const values = await context.map(items, (n) => context.run(leaf, n))
          return values.reduce((sum: number, each) => sum + (each as number), 0)
        },
        { kind: 'parent' },
      )
      const parts = world.parts([parent, leaf], { concurrency: 1 })
      world.attach(parts)
      const messages = [1, 2, 3].map((n) => startMessage({ id: `p${n}`, kind: 'parent', input: n }))
      await world.until(world.serve(parts, messages))
      await world.pass(120_000)
      for (const n of [1, 2, 3]) {
        const record = await world.registry.get(parseProcessId(`p${n}`))
        expect(record).toMatchObject({ status: 'completed', output: { value: { value: 30 * n + 6 } } })
      }
    })

    test('no timer is left once a process has parked, handed over, ended or got stuck', async () => {
      const definition = flow(async (context) => {
        void context.sleep({ days: 3 }, 'never awaited')
        await context.step('quick', () => 1, { timeout: { minutes: 5 } })
        await context.signal('go', { timeout: { days: 1 } })
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(kit.clock.pending).toBe(0)
      await kit.signal('p', 'go')
      expect(await kit.result('p')).toEqual(value(null))
      expect(kit.clock.pending).toBe(0)
    })

    test('a signal listened to by thousands of steps does not gather their listeners', async () => {
      let signal: AbortSignal | undefined
      const added: number[] = []
      const definition = flow(async (context) => {
        signal = context.abortSignal
        const add = signal.addEventListener.bind(signal)
        const remove = signal.removeEventListener.bind(signal)
        let listeners = 0
        signal.addEventListener = (...args: Parameters<typeof add>) => {
          listeners += 1
          added.push(listeners)
          add(...args)
        }
        signal.removeEventListener = (...args: Parameters<typeof remove>) => {
          listeners -= 1
          remove(...args)
        }
        for (let n = 0; n < 300; n += 1) await context.step('s', () => n, { timeout: { seconds: 5 } })
        return listeners
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(0))
      expect(Math.max(...added)).toBe(1)
    })
  })
}

function overtaken(ground: Ground): void {
  test('the own transaction of a worker that was paused in a step and overtaken is refused [C57]', async () => {
    const registry = await ground.open()
    const flaky = new FlakyRegistry(registry)
    const paused = gate()
    const paid: [string, boolean][] = []
    let runs = 0
    const definition = flow((context) =>
      context.step('pay', async ({ fence }) => {
        runs += 1
        if (runs > 1) {
          paid.push(['second', await ground.transact(registry, fence())])
          return 'paid'
        }
        paid.push(['in time', await ground.transact(registry, fence())])
        paused.arrive()
        await paused.promise
        paid.push(['zombie', await ground.transact(registry, fence())])
        return 'too late'
      }),
    )
    const kit = await kitOn(ground, [definition], { registry: flaky.port })
    await kit.client.start(definition, null, { id: 'p' })
    flaky.before = (method) => {
      // Only the paused worker renews: the one that takes over is done before it has to.
      if (method === 'renew')
        throw new StoreUnavailable({ operation: 'renew', tries: 8, reason: '' }, undefined)
    }
    await kit.skip({ minutes: 3 })
    expect(await kit.record('p')).toMatchObject({ status: 'completed' })
    paused.open()
    await kit.outside(new Promise((resolve) => setTimeout(resolve, 200)))
    await kit.settle()
    expect(paid).toEqual([
      ['in time', true],
      ['second', true],
      ['zombie', false],
    ])
    expect(await kit.result('p')).toEqual(value('paid'))
  })

  test('a shielded step of a cancelled process gets the loss of its lease through its signal [C47]', async () => {
    const flaky = new FlakyRegistry(await ground.open())
    const told: unknown[] = []
    const definition = flow(async (context) => {
      await context.signal('never').catch(() => undefined)
      return context.shield(() =>
        context.step('undo', async ({ abortSignal }) => {
          if (told.length > 0) return 'undone'
          told.push('undoing')
          flaky.before = (method) => {
            if (method === 'renew')
              throw new StoreUnavailable({ operation: 'renew', tries: 8, reason: '' }, undefined)
          }
          const { promise, resolve } = Promise.withResolvers<void>()
          abortSignal.addEventListener('abort', () => {
            told.push((abortSignal.reason as { code: string }).code)
            resolve()
          })
          await promise
          return 'too late'
        }),
      )
    })
    const kit = await kitOn(ground, [definition], { registry: flaky.port })
    await kit.start(definition, null, { id: 'p' })
    await kit.cancel('p')
    expect(await kit.result('p')).toEqual(value('undone'))
    expect(told).toEqual(['undoing', 'lease_lost'])
  })
}

function arrivals(ground: Ground): void {
  describe('what arrives at a bad moment', () => {
    test('a signal that a renewal brings after the run decided to park is not lost [C38]', async () => {
      const flaky = new FlakyRegistry(await ground.open())
      const world = new World(flaky.port)
      const door = gate()
      const definition = flow(async (context) => {
        await context.step('long', () => (door.arrive(), door.promise))
        return context.signal('go')
      })
      const parts = world.parts([definition], {
        controller: new JournaledEffectController({ durable: false }),
      })
      const served = world.serve(parts, [startMessage({ id: 'p', kind: 'flow', input: null })])
      await door.reached
      const id = parseProcessId('p')
      await world.registry.signal(id, { name: 'go', key: 'k', payload: 'heard' }, world.clock.now())
      // The renewal has seen the notice, and reads the row for as long as it takes the run to decide that it may park.
      const reading = gate()
      flaky.before = (method) => (method === 'refresh' ? (reading.arrive(), reading.promise) : undefined)
      await world.clock.advance(10_000)
      await reading.reached
      door.open()
      await world.clock.settle(60)
      reading.open()
      await world.rest()
      await world.until(served)
      world.attach(parts)
      await world.pass(1_000)
      expect(await world.registry.get(id)).toMatchObject({
        status: 'completed',
        output: { value: { value: 'heard' } },
      })
    })

    test('arrivals whose pages the store did not give at first are not taken for seen [C38]', async () => {
      const flaky = new FlakyRegistry(await ground.open())
      const world = new World(flaky.port)
      const door = gate()
      const definition = flow(async (context) => {
        await context.step('long', () => (door.arrive(), door.promise))
        // So much that what has arrived is rolled into a page with it.
        await context.all([1, 2, 3, 4].map((n) => () => context.step(`s${n}`, () => 'x'.repeat(400))))
        return context.signal('go')
      })
      const parts = world.parts([definition])
      const served = world.serve(parts, [startMessage({ id: 'p', kind: 'flow', input: null })])
      await door.reached
      const id = parseProcessId('p')
      await world.registry.signal(id, { name: 'go', key: 'k', payload: 'heard' }, world.clock.now())
      flaky.failNext('eventsAfter')
      door.open()
      await world.until(served)
      world.attach(parts)
      await world.pass(120_000)
      await world.sweep()
      await world.pass(120_000)
      expect(await world.registry.get(id)).toMatchObject({
        status: 'completed',
        output: { value: { value: 'heard' } },
      })
    })

    test('several at once, of every kind, wake a parked process to all of them [C38]', async () => {
      const child = flow((context) => context.signal('end'), { kind: 'child' })
      let token = ''
      const definition = flow(async (context) => {
        const handle = await context.start(child, null, { id: 'child' })
        const callback = await context.callback('ok')
        await context.step('send', () => void (token = callback.token))
        return context.all([
          () => context.signal('a'),
          () => context.signal('b'),
          () => callback.result(),
          () => context.result(handle),
        ])
      })
      const kit = await kitOn(ground, [definition, child])
      await kit.start(definition, null, { id: 'p' })
      await Promise.all([
        kit.client.signal('p', { name: 'a', payload: 1, key: 'a' }),
        kit.client.completeCallback(token, 3),
        kit.client.signal('child', { name: 'end', payload: 4, key: 'e' }),
        kit.client.signal('p', { name: 'b', payload: 2, key: 'b' }),
      ])
      expect(await kit.result('p')).toEqual(value([1, 2, 3, 4]))
    })
  })
}
