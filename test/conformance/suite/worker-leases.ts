import { describe, expect, test } from 'vitest'
import { LeaseLost, StoreUnavailable } from '../../../lib/model/errors.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'
import { registered } from './worker-recovery.ts'

const TTL = 30_000

/** What an owner does when its lease is lost, or over by its own clock. */
export function workerLeases(open: () => Promise<World>): void {
  describe('a lost lease', () => {
    test('losing the lease fires the abort signal, stops the run, writes and releases nothing [C47]', async () => {
      const world = await open()
      const door = gate()
      const reasons: unknown[] = []
      const after: string[] = []
      const definition = process(async (context) => {
        context.abortSignal.addEventListener('abort', () => reasons.push(context.abortSignal.reason))
        await context.step('long', () => (door.arrive(), context.attempt === 1 ? door.promise : undefined))
        await context.step('after', () => void after.push(`${context.attempt}`))
      })
      // The first worker's clock is five minutes behind, so it thinks its lease is live long after it is not.
      const parts = world.parts([definition], { skewMs: -300_000 })
      const id = await registered(world, 'l-1')
      await world.clock.advance(300_000)
      const first = world.serve(parts, [JSON.stringify({ v: 1, type: 'look', id })])
      await door.reached
      await world.until(world.worker([definition], { ownerId: 'worker-b' }).drivePendingProcesses())
      const ended = await world.registry.get(id)
      door.open()
      await world.until(first)
      expect(await world.registry.get(id)).toEqual(ended)
      expect(reasons[0]).toBeInstanceOf(LeaseLost)
      expect(after).toEqual(['2'])
      const record = await world.registry.get(id)
      expect(record).toMatchObject({ status: 'completed', fence: 2 })
      expect(world.told.counts.get('LeaseLost')).toBe(1)
    })

    test('a lease that is renewed outlives its first expiry: a long step is not taken over [C13]', async () => {
      const world = await open()
      const door = gate()
      let ran = 0
      const definition = process(
        async (context) => void (await context.step('long', () => (ran++, door.arrive(), door.promise))),
      )
      const id = await registered(world, 'l-2')
      const first = world.worker([definition]).drivePendingProcesses()
      await door.reached
      for (let minute = 0; minute < 10; minute += 1) {
        await world.pass(60_000)
        const other = await world.until(
          world.worker([definition], { ownerId: 'worker-b' }).drivePendingProcesses(),
        )
        expect(other.results.map((result) => result.outcome)).toEqual(['not-claimed'])
      }
      door.open()
      await world.until(first)
      expect(ran).toBe(1)
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed', fence: 1 })
    })

    test('a worker shows its longest-running step and attempt from its first renewal on [C72]', async () => {
      const world = await open()
      const [first, second] = [gate(), gate()]
      const definition = process(async (context) => {
        const retry = { maxAttempts: 2, initialDelay: { seconds: 1 }, jitter: 'none' } as const
        const failing = ({ attempt }: { attempt: number }): Promise<void> => {
          if (attempt === 1) throw new Error('not yet')
          first.arrive()
          return first.promise
        }
        await Promise.all([
          context.step('charge', failing, { retry }),
          context.step('mail', () => second.promise),
        ])
        await context.step(
          'last',
          () => (second.arrive(), new Promise<void>((end) => void setImmediate(end))),
        )
      })
      const id = await registered(world, 'l-held')
      const run = world.worker([definition]).drivePendingProcesses()
      await world.until(first.reached)
      await world.pass(15_000)
      const running = (await world.registry.get(id))!
      const held = await world.registry.heldBy(running)
      expect(held).toMatchObject({ ownerId: 'worker-a', step: { name: 'mail', attempt: 1, beside: 1 } })
      expect(held!.expiresAt).toBeGreaterThan(world.clock.now())
      second.open()
      await world.pass(15_000)
      const later = await world.registry.heldBy(running)
      expect(later?.step).toMatchObject({ name: 'charge', attempt: 2 })
      expect(later?.step).not.toHaveProperty('beside')
      first.open()
      await world.until(run)
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed', fence: 1 })
    })

    test('a lease that expires before its claim returns begins no body, later no further one [C47]', async () => {
      const world = await open()
      const ran: string[] = []
      const definition = process(async (context) => {
        await context.step('first', () => void ran.push(`first ${context.attempt}`))
        await context.sleep({ seconds: 1 })
        await context.step('second', () => void ran.push(`second ${context.attempt}`))
      })
      // The worker stands still for longer than its lease: once with the answer to its claim, then with a renewal under way.
      let paused = 0
      const registry = new Proxy(world.registry, {
        get: (target, key) => {
          if (key !== 'claim') return Reflect.get(target, key, target) as unknown
          return async (...asked: Parameters<typeof target.claim>) => {
            const reply = await target.claim(...asked)
            const away = Promise.withResolvers<void>()
            if (paused++ === 0) world.clock.after(TTL, away.resolve)
            else away.resolve()
            await away.promise
            return reply
          }
        },
      })
      const id = await registered(world, 'l-0')
      const worker = world.worker([definition], { registry })
      const { results } = await world.until(worker.drivePendingProcesses())
      expect(results).toMatchObject([{ id, outcome: 'lease-lost' }])
      expect(ran).toEqual([])
      await world.until(worker.drivePendingProcesses())
      expect(ran).toEqual(['first 2', 'second 2'])
    })

    test('an owner writes nothing once its clock is past the lease, before any timer fires [C47]', async () => {
      const world = await open()
      const clock = world.clock.skewed(0)
      let pausedMs = 0
      const paused = {
        ...clock,
        now: () => clock.now() + pausedMs,
        after: clock.after.bind(clock),
        turn: clock.turn.bind(clock),
      }
      const definition = process(async (context) => {
        await context.step('long', () => void (pausedMs = TTL))
        return 1
      })
      const id = await registered(world, 'l-9')
      await world.until(world.worker([definition], { clock: paused }).drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'running', commit: 0, fence: 1 })
    })

    for (const how of ['failed', 'let go'] as const) {
      test(`a body that is still at work when its run is ${how} is asked to stop [C47]`, async () => {
        const world = await open()
        let told: AbortSignal | undefined
        const definition = process(async (context) => {
          void context.step('long', ({ abortSignal }) => {
            told = abortSignal
            return new Promise<never>(() => {})
          })
          await context.step('short', () => 1)
          if (how === 'failed') throw new Error('no')
          await context.sleep({ minutes: 1 })
        })
        const registry = new Proxy(world.registry, {
          get: (target, key) =>
            key === 'commit' && how === 'let go'
              ? () =>
                  Promise.reject(
                    new StoreUnavailable({ operation: 'commit', tries: 8, reason: 'away' }, undefined),
                  )
              : (Reflect.get(target, key, target) as unknown),
        })
        const id = await registered(world, how === 'failed' ? 'l-7' : 'l-8')
        const { results } = await world.until(
          world.worker([definition], { registry }).drivePendingProcesses(),
        )
        expect(results).toMatchObject([{ id, outcome: how === 'failed' ? 'ended' : 'discarded' }])
        expect(told?.reason).toBeInstanceOf(LeaseLost)
      })
    }

    test('when the store stays away past the expiry the run stops by itself [C47]', async () => {
      const world = await open()
      const door = gate()
      let reason: unknown
      const definition = process(async (context) => {
        await context.step('long', ({ abortSignal }) => {
          abortSignal.addEventListener('abort', () => (reason = abortSignal.reason))
          door.arrive()
          return door.promise
        })
      })
      const registry = new Proxy(world.registry, {
        get: (target, key) =>
          key === 'renew' ? () => new Promise(() => {}) : (Reflect.get(target, key, target) as unknown),
      })
      await registered(world, 'l-3')
      const pass = world.worker([definition], { registry }).drivePendingProcesses()
      await door.reached
      await world.pass(TTL)
      expect(reason).toBeInstanceOf(LeaseLost)
      expect((await world.until(pass)).results).toMatchObject([{ outcome: 'lease-lost' }])
      door.open()
    })
  })
}
