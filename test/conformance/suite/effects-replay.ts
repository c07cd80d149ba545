import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { InvalidInput, SignalRefused } from '../../../lib/model/errors.ts'
import { REPLAY_PATIENCE_MS, REPLAY_SLOW_MS } from '../../../lib/model/limits-replay.ts'
import * as v from 'valibot'
import {
  FlakyRegistry,
  flow,
  kitOn,
  redeployed,
  runs,
  thrown,
  value,
  type Body,
  type Ground,
  type Kit,
} from '../../helpers/effects.ts'

/** What a run sees that was before it, side by side and one after the other, and code that has changed since. */
export function effectsReplay(ground: Ground): void {
  parallel(ground)
  ambient(ground)
  changes(ground)
}

function parallel(ground: Ground): void {
  describe('side by side', () => {
    test('branches of every kind replay to the same outcomes, wherever the worker died [C40]', async () => {
      const child = flow(async (_, input) => input, { kind: 'child' })
      const definition = flow(async (context) => {
        return context.all([
          () => context.step('a', () => 1),
          async () => {
            await context.sleep({ hours: 1 }, 'hour')
            return context.step('after', () => 'slept')
          },
          () => context.signal('go'),
          () => context.run(child, 'c'),
          async () => {
            for (let n = 0; n < 3; n += 1) await context.emit('tick', n)
            return context.random() < 1
          },
        ])
      })
      const life = async (crash?: [number, 'before' | 'after']) => {
        const kit = await kitOn(ground, [definition, child])
        if (crash !== undefined) kit.crashAtWrite(...crash)
        await kit.start(definition, null, { id: 'p' })
        await kit.signal('p', 'go', 'went')
        return { output: await kit.result('p'), writes: kit.writes }
      }
      const calm = await life()
      expect(calm.output).toEqual(value([1, 'slept', 'went', 'c', true]))
      for (let nth = 1; nth <= calm.writes; nth += ground.stride) {
        for (const when of ['before', 'after'] as const)
          expect([nth, when, (await life([nth, when])).output]).toEqual([nth, when, calm.output])
      }
    }, 60_000)

    // 1. The first run records an outcome after a write; by then each branch has asked for its first effect. 2. A replay has
    // that outcome at hand: were it given at once, its branch would continue before the others have come to ask.
    test('a branch that takes turns before its first effect gets the same position on a replay [C40]', async () => {
      const nested = async (context: ProcessContext, depth: number): Promise<unknown> =>
        depth === 0 ? null : context.all([() => nested(context, depth - 1)])
      const late = (depth: number) =>
        flow(async (context) =>
          context.all([
            async () => {
              await context.emit('begun', 1)
              return context.step('first', () => 1)
            },
            async () => {
              await nested(context, depth)
              await context.sleep({ hours: 1 }, 'hour')
              return 'slept'
            },
          ]),
        )
      for (let depth = 0; depth < 12; depth += 1) {
        const kit = await kitOn(ground, [late(depth)])
        await kit.start(late(depth), null, { id: `p-${depth}` })
        expect(await kit.result(`p-${depth}`)).toEqual(value([1, 'slept']))
      }
    })

    test('the load time of a big value does not change the order of branches [C40, C44]', async () => {
      const big = 'x'.repeat(2_000)
      const orders = new Set<string>()
      const definition = flow(async (context) => {
        const names: string[] = []
        const branch = async (name: string, first: string) => {
          await context.step(`${name}1`, () => first)
          names.push(name)
          await context.step(`${name}2`, () => name)
        }
        await context.all([() => branch('big', big), () => branch('small', 's'), () => branch('next', big)])
        orders.add(names.join())
        await context.sleep({ hours: 1 })
        return names.length
      })
      const flaky = new FlakyRegistry(await ground.open())
      let loads = 0
      // The later a load is asked for, the sooner it is there.
      flaky.before = async (method) => {
        if (method === 'load') for (let left = 40 - 10 * loads++; left > 0; left -= 1) await nextTurn()
      }
      const kit = await kitOn(ground, [definition], { registry: flaky.port })
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(3))
      expect(orders.size).toBe(1)
      expect(loads).toBeGreaterThanOrEqual(2)
    })

    test('all and map keep their order, bound what runs at once, and settle or throw as asked', async () => {
      const output = await runs(ground, async (context) => {
        let [now, most] = [0, 0]
        const work = (n: number) => async () => {
          now += 1
          most = Math.max(most, now)
          await Promise.resolve()
          now -= 1
          if (n === 3) throw new Error('three')
          return n
        }
        const items = [1, 2, 3, 4, 5]
        const settled = await context.map(items, (n) => context.step(`s${n}`, work(n)), {
          concurrency: 2,
          onFailure: 'settle',
        })
        const begun: number[] = []
        const failed = await thrown(
          context.all(
            items.map((n) => () => (begun.push(n), context.step(`t${n}`, work(n)))),
            { concurrency: 1 },
          ),
        )
        const bad = await Promise.all(
          [0, -1, 1.5, Number.NaN].map((concurrency) => thrown(context.all([], { concurrency }))),
        )
        return [settled.map(({ status }) => status), most <= 2, begun, failed, [...new Set(bad.map(String))]]
      })
      expect(output).toEqual(
        value([
          ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
          true,
          [1, 2, 3],
          ['StepFailed', 'step_failed'],
          ['InvalidInput,invalid_input'],
        ]),
      )
    })

    test('two effects of one name, one after the other or at once, are two', async () => {
      const output = await runs(ground, async (context) => {
        const keys: string[] = []
        const step = () => context.step('same', ({ idempotencyKey }) => void keys.push(idempotencyKey))
        await step()
        await Promise.all([step(), step()])
        return keys
      })
      expect(output).toEqual(value(['p/0', 'p/1', 'p/2']))
    })
  })
}

function ambient(ground: Ground): void {
  describe('what is the same on every run', () => {
    test('now, random, uuid and values are the first run’s; lines are logged once [C42]', async () => {
      const seen: unknown[] = []
      const definition = flow(async (context) => {
        context.log('begins')
        const drawn = [context.now(), context.random(), context.uuid(), context.uuid()]
        seen.push(JSON.stringify(drawn))
        await context.sleep({ days: 1 })
        context.log('ends')
        return drawn.length
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      kit.crashAtWrite(2)
      expect(await kit.result('p')).toEqual(value(4))
      expect(seen.length).toBeGreaterThanOrEqual(3)
      expect(new Set(seen).size).toBe(1)
      const lines = kit.told.lines.map(({ message }) => message)
      expect(lines.filter((line) => line === 'begins')).toHaveLength(1)
      // The worker that had said it died before anything of that run was durable.
      expect(lines.filter((line) => line === 'ends')).toHaveLength(2)
    })

    test('an event of a declared type is checked; a refused one takes no number [C27]', async () => {
      const events = { progress: v.object({ done: v.number() }) }
      const definition = flow(
        async (context) => {
          const refused = [
            await thrown(context.emit('progress', { done: 'half' })),
            await thrown(context.emit('other', 1)),
            await thrown(context.emit('progress', { done: Number.NaN })),
          ]
          await context.emit('progress', { done: 1 })
          return refused
        },
        { events },
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(
        value([
          ['InvalidInput', 'invalid_input'],
          ['EffectRefused', 'effect_refused'],
          ['NotSerialisable', 'not_serialisable'],
        ]),
      )
      const log = await kit.log('p')
      expect(log).toMatchObject([
        {
          seq: 1,
          type: 'effect',
          effect: 'emit',
          name: 'progress',
          outcome: { value: { value: { done: 1 } } },
        },
        { seq: 2, type: 'end' },
      ])
      expect((await kit.record('p')).events).toEqual(['progress'])
    })

    test('the version that a process began with is recorded, and stays', async () => {
      const run: Body = (context) => context.signal('go')
      const kit = await kitOn(ground, [flow(run, { version: '1.4' })])
      await kit.start(flow(run, { version: '1.4' }), null, { id: 'p' })
      const later = await redeployed(kit, ground, [flow(run, { version: '2.0' })])
      await later.signal('p', 'go', 1)
      expect(await later.result('p')).toEqual(value(1))
      expect((await later.record('p')).version).toBe('1.4')
    })
  })
}

function changes(ground: Ground): void {
  /** A process that ran `before` until it parked, under code that is deployed then. */
  const after = async (before: Body, code: Body) => {
    const kit = await kitOn(ground, [flow(before)])
    await kit.start(flow(before), null, { id: 'p' })
    expect((await kit.record('p')).status).toBe('waiting')
    return redeployed(kit, ground, [flow(code)])
  }
  const wake = async (kit: Kit): Promise<void> => {
    await kit.signal('p', 'go', 'went')
    await kit.skip({ ms: 2 * REPLAY_PATIENCE_MS })
  }

  describe('code that changed', () => {
    test.each<[string, string, Body]>([
      ['asks for another effect', 'step "refund"', (c) => c.step('refund', () => 1)],
      ['returns early', 'the end of the run', async () => 'early'],
      [
        'waits for a later effect only',
        'step "ship"',
        async (c) => {
          const skipped = new Promise<never>(() => {})
          await Promise.race([skipped, c.all([() => skipped, () => c.step('ship', () => 1)])])
        },
      ],
      ['draws a number instead', 'random "random"', async (c) => c.random()],
    ])('that %s is stopped with both sides named, and stuck [C41]', async (_, found, code) => {
      const before: Body = async (context) => {
        await context.step('charge', () => 1)
        await context.step('ship', () => 2)
        return context.signal('go')
      }
      const kit = await after(before, code)
      await wake(kit)
      const stuck = await kit.record('p')
      expect(stuck.status).toBe('stuck')
      expect(stuck).toMatchObject({ wait: { for: 'resume', error: { code: 'non_determinism' } } })
      const { message } = (stuck as unknown as { wait: { error: { message: string } } }).wait.error
      expect(message).toMatch(/at effect \d+ the journal holds step "(charge|ship)"/u)
      expect(message).toContain(found)
      expect(kit.told.counts.get('Stuck')).toBe(1)
    })

    test.each<[string, string, string, Body, Body]>([
      [
        'another effect at the place of a sleep that continues',
        'sleep "rest"',
        'signal "go"',
        (c) => c.sleep({ days: 1 }, 'rest'),
        (c) => c.signal('go', { timeout: { days: 2 } }),
      ],
      [
        'another signal than the one with a time-out that it waits for',
        'signal "go"',
        'signal "stop"',
        (c) => c.signal('go', { timeout: { days: 1 } }),
        (c) => c.signal('stop', { timeout: { days: 1 } }),
      ],
      [
        'a sleep at the place of a step that is to be tried again',
        'step "charge"',
        'sleep "rest"',
        (c) => {
          const retry = {
            maxAttempts: 2,
            initialDelay: { days: 1 },
            maxDelay: { days: 1 },
            jitter: 'none',
          } as const
          return c.step('charge', () => Promise.reject(new Error('declined')), { retry })
        },
        (c) => c.sleep({ days: 1 }, 'rest'),
      ],
      [
        'a random number at the place of a sleep that continues',
        'sleep "rest"',
        'random "random"',
        (c) => c.sleep({ days: 1 }, 'rest'),
        async (c) => c.random(),
      ],
    ])(
      'that asks for %s is stopped with both sides named [C41]',
      async (_, expected, found, before, code) => {
        const kit = await after(before, code)
        await kit.skip({ days: 1 })
        const stuck = await kit.record('p')
        expect(stuck).toMatchObject({ status: 'stuck', wait: { error: { code: 'non_determinism' } } })
        const { message } = (stuck as unknown as { wait: { error: { message: string } } }).wait.error
        expect(message).toContain(expected)
        expect(message).toContain(found)
      },
    )

    test('code that awaits work of its own beside a branch is slow, and did not change [C41]', async () => {
      const work: { kit?: Kit; ms: number } = { ms: 0 }
      const code: Body = (context) =>
        context.all([
          () => context.signal('go'),
          async () => {
            const { kit, ms } = work
            if (ms > 0) await new Promise<void>((resolve) => void kit?.clock.after(ms, resolve))
            return context.step('b', () => 'b')
          },
        ])
      const kit = await after(code, code)
      Object.assign(work, { kit, ms: REPLAY_PATIENCE_MS - REPLAY_SLOW_MS })
      await wake(kit)
      expect(await kit.result('p')).toEqual(value(['went', 'b']))
      const said = kit.told.lines.filter(({ message }) => message.startsWith('the replay waits for step "b"'))
      expect(said).toMatchObject([{ facts: { id: 'p', found: 'signal "go"', waitedMs: REPLAY_SLOW_MS } }])
    })

    test('a stuck process accepts signals, and continues with fixed code once resumed [C41]', async () => {
      const ran: string[] = []
      const right =
        (...more: string[]): Body =>
        async (context) => {
          for (const name of ['charge', ...more]) await context.step(name, () => void ran.push(name))
          return [await context.signal('go'), await context.signal('go'), await context.signal('go')]
        }
      const old = await kitOn(ground, [flow(right())])
      await old.start(flow(right()), null, { id: 'p' })
      await old.signal('p', 'go', 'one')
      const kit = await redeployed(old, ground, [flow(right('refund'))])
      await kit.signal('p', 'go', 'two', 'k2')
      expect((await kit.record('p')).status).toBe('stuck')
      await kit.signal('p', 'go', 'while stuck', 'k3')
      expect((await kit.record('p')).status).toBe('stuck')
      const fixed = await redeployed(kit, ground, [flow(right())])
      await fixed.client.resume('p', 'ann')
      expect(await fixed.result('p')).toEqual(value(['one', 'two', 'while stuck']))
      expect(ran).toEqual(['charge'])
      expect((await fixed.log('p')).filter(({ type }) => type === 'resume')).toMatchObject([{ by: 'ann' }])
      await expect(fixed.client.resume('p')).rejects.toThrow(/completed/u)
    })

    test('a process that is not stuck cannot be resumed; one that is stuck can be cancelled', async () => {
      const kit = await after(
        async (context) => [await context.step('a', () => 1), await context.signal('go')],
        async (context) => [await context.step('b', () => 1), await context.signal('go')],
      )
      await expect(kit.client.resume('p')).rejects.toThrow(SignalRefused)
      await wake(kit)
      expect((await kit.record('p')).status).toBe('stuck')
      await kit.cancel('p', 'give up')
      await kit.skip({ minutes: 2 })
      expect(await kit.result('p')).toEqual({ outcome: 'cancelled', reason: 'give up' })
    })

    test('patched() returns false in processes that passed or wait behind it, true in new ones', async () => {
      const old =
        (wait: (context: ProcessContext) => Promise<unknown>): Body =>
        async (context) => {
          const at = context.now()
          await wait(context)
          return ['old', at > 0]
        }
      const changed =
        (wait: (context: ProcessContext) => Promise<unknown>): Body =>
        async (context) => {
          const fresh = context.patched('fee')
          const at = context.now()
          if (fresh) await context.step('fee', () => 1)
          await wait(context)
          await context.sleep({ hours: 1 })
          return [fresh ? 'new' : 'old', at > 0]
        }
      for (const wait of [
        (context: ProcessContext) => context.sleep({ days: 1 }, 'day'),
        async (context: ProcessContext) => {
          await context.step('a', () => 1)
          await context.sleep({ days: 1 }, 'day')
        },
      ]) {
        const kit = await after(old(wait), changed(wait))
        const from = kit.clock.now()
        expect(await kit.result('p')).toEqual(value(['old', true]))
        // The sleep that was under way kept its moment of waking.
        expect(kit.clock.now() - from).toBe(25 * 3_600_000)
        await kit.start(flow(changed(wait)), null, { id: 'q' })
        expect(await kit.result('q')).toEqual(value(['new', true]))
      }
    })

    test('a name that cannot be kept is refused before it takes a place', async () => {
      const output = await runs(ground, async (context) => {
        const names = ['', 'x'.repeat(257), '\ud800', 7 as never, undefined as never]
        const refused = await Promise.all(names.map((name) => thrown(context.step(name, () => 1))))
        expect(() => context.patched('')).toThrow(InvalidInput)
        return [refused.map(String), await context.step('a', ({ idempotencyKey }) => idempotencyKey)]
      })
      expect(output).toEqual(value([Array.from({ length: 5 }, () => 'InvalidInput,invalid_input'), 'p/0']))
    })
  })
}
