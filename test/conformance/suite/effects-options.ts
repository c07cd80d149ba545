import { describe, expect, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { FlakyRegistry, flow, kitOn, thrown, value, type Ground, type Kit } from '../../helpers/effects.ts'

const HOUR_MS = 3_600_000
const timedOut = (id: string, ms: number) => ({
  outcome: 'failure',
  error: { class: 'ProcessTimedOut', code: 'timed_out', message: `${id} exceeded its timeout of ${ms} ms` },
})

/** What a start may ask for besides its input: a timeout, a time to begin, a place among few. */
export function effectsOptions(ground: Ground): void {
  timeouts(ground)
  startTimes(ground)
  concurrencyKeys(ground)
}

function timeouts(ground: Ground): void {
  const limits = { timeoutMs: HOUR_MS }

  describe('the timeout of a process', () => {
    test('fires the signal of the step that runs, and ends the process failed', async () => {
      let reason: unknown
      const definition = flow(
        (context) =>
          context.step('endless', ({ abortSignal }) => {
            const { promise, reject } = Promise.withResolvers<never>()
            abortSignal.addEventListener('abort', () => reject((reason = abortSignal.reason) as Error))
            return promise
          }),
        { limits: { timeoutMs: 120_000 } },
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const from = kit.clock.now()
      expect(await kit.result('p')).toEqual(timedOut('p', 120_000))
      expect(kit.clock.now() - from).toBe(120_000)
      expect(reason).toMatchObject({ code: 'timed_out' })
    })

    test('ends a parked process at its time, however long its wait, and a pending one too', async () => {
      const parked = flow((context) => context.signal('never', { timeout: { days: 9 } }), { limits })
      const kit = await kitOn(ground, [parked])
      await kit.start(parked, null, { id: 'p' })
      const from = kit.clock.now()
      expect(await kit.result('p')).toEqual(timedOut('p', HOUR_MS))
      expect(kit.clock.now() - from).toBe(HOUR_MS)
      let ran = false
      const pending = flow(async () => (ran = true), { kind: 'pending', limits: { timeoutMs: 1 } })
      const late = await kitOn(ground, [pending])
      // Registered without a wake-up: the next sweep finds it, too late.
      const registration = {
        id: parseProcessId('q'),
        kind: 'pending',
        input: null,
        recovery: 'rerun',
      } as const
      await late.registry.register(
        { ...registration, limits: { timeoutMs: 1 } },
        { now: late.clock.now(), wakeupScheduled: false },
      )
      expect(await late.result('q')).toEqual(timedOut('q', 1))
      expect(ran).toBe(false)
    })

    test('ends an external process that no caller has completed', async () => {
      const kit = await kitOn(ground, [])
      const registration = { id: parseProcessId('x'), kind: 'x', input: null, recovery: 'external' } as const
      const options = {
        now: kit.clock.now(),
        wakeupScheduled: false,
        completionToken: 'sixteen-or-more-characters',
      }
      await kit.registry.register({ ...registration, limits }, options)
      expect(await kit.result('x')).toMatchObject({ outcome: 'failure', error: { code: 'timed_out' } })
      await expect(
        kit.registry.completeExternal(
          registration.id,
          options.completionToken,
          { outcome: 'success', value: 1 },
          kit.clock.now(),
        ),
      ).rejects.toThrow(/already ended/u)
    })

    test('leaves shielded clean-up its time, which parks and is not run again and again', async () => {
      const done: string[] = []
      const definition = flow(
        async (context) => {
          try {
            return await context.signal('never')
          } catch (error) {
            await context.shield(async () => {
              await context.sleep({ hours: 5 }, 'grace')
              await context.step('undo', () => void done.push('undo'))
            })
            throw error
          }
        },
        { limits },
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(timedOut('p', HOUR_MS))
      expect(done).toEqual(['undo'])
      expect((await kit.record('p')).fence).toBeLessThanOrEqual(3)
    })

    test('code that catches it may still complete', async () => {
      const definition = flow(
        async (context) => [await thrown(context.signal('never')), await thrown(context.step('s', () => 1))],
        { limits },
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const refused = ['ProcessTimedOut', 'timed_out']
      expect(await kit.result('p')).toEqual(value([refused, refused]))
    })
  })
}

function startTimes(ground: Ground): void {
  describe('startAt', () => {
    test('delays a process to the second for minutes or months, and its timeout counts from then', async () => {
      for (const delayMs of [5 * 60_000, 40 * 24 * HOUR_MS]) {
        const definition = flow(
          async (context) => {
            const begun = context.now()
            await context.sleep({ minutes: 59 })
            return begun - startAt
          },
          { limits: { timeoutMs: HOUR_MS } },
        )
        const kit = await kitOn(ground, [definition])
        const startAt = kit.clock.now() + delayMs
        const { status } = await kit.start(definition, null, { id: 'p', startAt })
        expect(status).toBe('pending')
        expect(await kit.result('p')).toEqual(value(0))
      }
    })

    test('numbers that cannot be meant are refused before anything is written', async () => {
      const definition = flow(async () => 1)
      const kit = await kitOn(ground, [definition])
      for (const bad of [
        { startAt: Number.NaN },
        { startAt: -1 },
        { concurrency: { key: 'k', limit: 0 } },
        { concurrency: { key: '', limit: 1 } },
        { concurrency: { key: 'k', limit: 1.5 } },
        { concurrency: { key: 'k' } as never },
        { concurrency: { limit: 1 } as never },
        { limits: { timeoutMs: 0 } },
        { limits: { maxStalls: -1 } },
      ])
        await expect(kit.client.start(definition, null, { id: 'p', ...bad })).rejects.toThrow(/expected/u)
      expect(await kit.client.get('p')).toBeUndefined()
    })
  })
}

function concurrencyKeys(ground: Ground): void {
  const concurrency = { key: 'account-7', limit: 2 }
  /** Processes that each take an hour, and who of them ran when. */
  const hourly = () => {
    const running = new Set<string>()
    const seen = { most: 0, order: [] as string[] }
    const definition = flow(async (context) => {
      await context.step('begin', () => {
        running.add(context.id)
        seen.order.push(context.id)
        seen.most = Math.max(seen.most, running.size)
      })
      await context.sleep({ hours: 1 })
      await context.step('end', () => void running.delete(context.id))
    })
    return { definition, seen }
  }
  const startAll = async (kit: Kit, definition: ReturnType<typeof flow>, ids: string[]): Promise<void> => {
    for (const id of ids) await kit.start(definition, null, { id, concurrency })
  }

  describe('a concurrency key', () => {
    test('limits open processes, parked ones included, and admits the others in order', async () => {
      const { definition, seen } = hourly()
      const kit = await kitOn(ground, [definition])
      const ids = ['p1', 'p2', 'p3', 'p4', 'p5']
      const from = kit.clock.now()
      await startAll(kit, definition, ids)
      expect((await kit.record('p3')).status).toBe('waiting')
      expect(await kit.record('p3')).toMatchObject({ wait: { for: 'slot', key: 'account-7' } })
      for (const id of ids) await kit.result(id)
      expect(seen).toEqual({ most: 2, order: ids })
      expect(kit.clock.now() - from).toBe(3 * HOUR_MS)
    })

    test('waiting processes cost no request except the sweep’s until a place is free', async () => {
      const { definition } = hourly()
      const counting = new FlakyRegistry(await ground.open())
      const kit = await kitOn(ground, [definition], { registry: counting.port })
      await startAll(kit, definition, ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'])
      counting.calls.clear()
      await kit.skip({ minutes: 50 })
      expect([...counting.calls.keys()].filter((name) => !/listDue|leasedUntil/u.test(name))).toEqual([])
    })

    test('a holder that dies keeps its place until another worker has run it to its end', async () => {
      const { definition, seen } = hourly()
      const kit = await kitOn(ground, [definition])
      kit.crashAtWrite(2)
      const ids = ['p1', 'p2', 'p3', 'p4']
      await startAll(kit, definition, ids)
      for (const id of ids) await kit.result(id)
      expect(seen.most).toBe(2)
      expect(new Set(seen.order)).toEqual(new Set(ids))
    })

    test('one that is cancelled, or times out, while it waits leaves the queue without running', async () => {
      const { definition, seen } = hourly()
      const kit = await kitOn(ground, [definition])
      await startAll(kit, definition, ['p1', 'p2', 'p3'])
      await kit.start(definition, null, { id: 'p4', concurrency, limits: { timeoutMs: 60_000 } })
      await kit.start(definition, null, { id: 'p5', concurrency })
      await kit.cancel('p3', 'not needed')
      expect(await kit.result('p3')).toEqual({ outcome: 'cancelled', reason: 'not needed' })
      const from = kit.clock.now()
      expect(await kit.result('p4')).toEqual(timedOut('p4', 60_000))
      expect(kit.clock.now() - from).toBeLessThanOrEqual(60_000)
      await kit.result('p5')
      expect(seen.order).toEqual(['p1', 'p2', 'p5'])
    })

    test('one that comes to the front while it parks continues at once', async () => {
      const definition = flow((context) => context.signal('go'))
      const flaky = new FlakyRegistry(await ground.open())
      const kit = await kitOn(ground, [definition], { registry: flaky.port })
      const one = { key: 'k', limit: 1 }
      await kit.start(definition, null, { id: 'p1', concurrency: one })
      let freed = false
      flaky.before = async (method) => {
        if (method !== 'park' || freed) return
        freed = true
        await kit.registry.leaveSlot(parseProcessId('p1'), one, kit.clock.now())
      }
      await kit.client.start(definition, null, { id: 'p2', concurrency: one })
      await kit.settle()
      expect(freed).toBe(true)
      expect(await kit.record('p2')).toMatchObject({ status: 'waiting', wait: { for: 'effects' } })
    })

    test('every process gets its turn, whichever worker dies at whichever write', async () => {
      const definition = flow((context) => context.step('work', () => context.id))
      const one = { key: 'k', limit: 1 }
      for (let nth = 1; nth <= 12; nth += ground.stride) {
        for (const when of ['before', 'after'] as const) {
          const kit = await kitOn(ground, [definition])
          kit.crashAtWrite(nth, when)
          const ids = ['p1', 'p2', 'p3']
          await Promise.all(ids.map((id) => kit.client.start(definition, null, { id, concurrency: one })))
          for (const id of ids) expect([nth, when, await kit.result(id)]).toEqual([nth, when, value(id)])
        }
      }
    }, 90_000)
  })
}
