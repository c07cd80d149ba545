import { describe, expect, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { FlakyRegistry, flow, kitOn, thrown, value, type Ground } from '../../helpers/effects.ts'

const HOUR_MS = 3_600_000
const child = flow((context) => context.step('work', () => context.id), { kind: 'child' })
const held = { key: 'account-7', limit: 1 }

/** What a parent may say of the start of a child, and the places that it would need itself. */
export function effectsChildOptions(ground: Ground): void {
  options(ground)
  places(ground)
}

function options(ground: Ground): void {
  describe('the options of a child', () => {
    test('are those of a start, recorded with the child by the same write [C75]', async () => {
      const parent = flow(async (context) => {
        const more = { scope: 'tenant-7', urgent: true, limits: { retentionMs: HOUR_MS } }
        return (await context.start(child, null, { ...more, concurrency: held, onParentEnd: 'leave' })).id
      })
      const counting = new FlakyRegistry(await ground.open())
      const kit = await kitOn(ground, [parent, child], { registry: counting.port })
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('p.0'))
      expect(await kit.result('p.0')).toEqual(value('p.0'))
      expect(await kit.record('p.0')).toMatchObject({
        scope: 'tenant-7',
        urgent: true,
        concurrency: held,
        limits: { retentionMs: HOUR_MS },
        parent: { id: 'p', onEnd: 'leave' },
      })
      expect(counting.calls.get('startChild')).toBe(1)
      // The parent's own.
      expect(counting.calls.get('register')).toBe(1)
    })

    test('begin a child at its startAt, however far off, and not before', async () => {
      for (const waitMs of [60_000, 30 * HOUR_MS]) {
        const parent = flow(async (context) => {
          const startAt = context.now() + waitMs
          return [await context.run(child, null, { startAt }), context.now() >= startAt]
        })
        const kit = await kitOn(ground, [parent, child])
        const from = kit.clock.now()
        await kit.start(parent, null, { id: 'p' })
        await kit.skip({ seconds: 50 })
        expect(await kit.record('p.1')).toMatchObject({ status: 'pending', startAt: from + waitMs })
        expect(await kit.result('p')).toEqual(value(['p.1', true]))
      }
    })

    test('run children of one key one after the other, and a parent outside the key hears of all', async () => {
      const seen = { now: 0, most: 0 }
      const busy = flow(
        async (context) => {
          await context.step('begin', () => void (seen.most = Math.max(seen.most, ++seen.now)))
          await context.sleep({ minutes: 10 })
          await context.step('end', () => void (seen.now -= 1))
        },
        { kind: 'busy' },
      )
      const parent = flow(async (context) => {
        await context.map([1, 2, 3], (n) => context.run(busy, n, { concurrency: { key: 'k', limit: 1 } }))
      })
      const kit = await kitOn(ground, [parent, busy])
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toMatchObject({ outcome: 'success' })
      expect(seen).toEqual({ now: 0, most: 1 })
    })

    test('are refused by name when they do not exist or do not fit, and the parent continues', async () => {
      let seen: string[] = []
      const parent = flow(async (context) => {
        seen = []
        for (const bad of [
          { startsAt: 5 },
          { completionToken: 'sixteen-or-more-characters' },
          { provenance: { source: 'x' } },
          { startAt: -1 },
          { concurrency: { key: 'k', limit: 0 } },
          { concurrency: { kee: 'k', limit: 1 } },
          { limits: { timeoutMs: 1.5 } },
          { urgent: 'yes' },
          { scope: 'not a scope' },
        ])
          await context.start(child, null, bad as never).catch((error: unknown) => seen.push(String(error)))
        return context.run(child, null)
      })
      const kit = await kitOn(ground, [parent, child])
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toMatchObject({ outcome: 'success' })
      const said = [
        /startsAt: no such option; did you mean startAt/u,
        /completionToken: no such option/u,
        /provenance: no such option/u,
        /startAt: expected a whole number/u,
        /concurrency\.limit: expected a whole number/u,
        /concurrency\.kee: no such option/u,
        /limits\.timeoutMs: expected a whole number/u,
        /urgent: expected true or false/u,
        /scope: expected/u,
      ]
      expect(seen).toEqual(said.map((pattern) => expect.stringMatching(pattern) as unknown))
    })
  })
}

function places(ground: Ground): void {
  describe('a child that needs the place of its parent', () => {
    test('is refused by name when there is one place, and its parent continues after a crash [C75]', async () => {
      const parent = flow(async (context) => {
        const why = await context.run(child, null, { concurrency: held }).catch(String)
        const left = { concurrency: held, onParentEnd: 'leave' } as const
        return [
          why,
          await thrown(context.start(child, null, { concurrency: held })),
          await thrown(context.run(child, null, left)),
          await context.run(child, null, { concurrency: { key: 'another', limit: 1 } }),
        ]
      })
      for (let nth = 0; nth <= 4; nth += ground.stride) {
        const kit = await kitOn(ground, [parent, child])
        if (nth > 0) kit.crashAtWrite(nth)
        await kit.start(parent, null, { id: 'p', concurrency: held })
        expect(await kit.result('p')).toEqual(
          value([
            expect.stringMatching(
              /concurrency\.key: its parent holds the one place of account-7 until it has ended/u,
            ),
            ['StepFailed', 'invalid_input'],
            ['StepFailed', 'invalid_input'],
            'p.3',
          ]),
        )
        expect(await kit.registry.get(parseProcessId('p.0'))).toBeUndefined()
      }
    })

    test('begins after the end of a parent that leaves it behind, which cannot await it', async () => {
      const parent = flow(async (context) => {
        const next = await context.start(child, null, { concurrency: held, onParentEnd: 'leave' })
        await context.sleep({ minutes: 1 })
        return thrown(context.result(next))
      })
      const kit = await kitOn(ground, [parent, child])
      await kit.start(parent, null, { id: 'p', concurrency: held })
      expect(await kit.record('p.0')).toMatchObject({ status: 'waiting', wait: { for: 'slot' } })
      expect(await kit.result('p')).toEqual(value(['EffectRefused', 'effect_refused']))
      expect(await kit.result('p.0')).toEqual(value('p.0'))
    })

    test('is started when there are more places, and reported while it has to wait for one', async () => {
      const two = { key: 'account-8', limit: 2 }
      const middle = flow((context) => context.run(child, null, { concurrency: two }), { kind: 'middle' })
      const parent = flow(async (context, input) => {
        if (input === 'alone') return context.run(middle, null)
        await context.signal('go')
      })
      const kit = await kitOn(ground, [parent, middle, child])
      await kit.start(parent, 'other', { id: 'q', concurrency: two })
      await kit.start(parent, 'alone', { id: 'p', concurrency: two })
      expect(await kit.record('p.0.0')).toMatchObject({ status: 'waiting', wait: { for: 'slot' } })
      const lines = kit.told.lines.filter(({ message }) => message.startsWith('a child waits for a place'))
      expect(lines).toEqual([
        expect.objectContaining({
          facts: expect.objectContaining({ id: 'p.0.0', key: 'account-8', holder: 'p' }),
        }),
      ])
      await kit.signal('q', 'go')
      expect(await kit.result('p')).toEqual(value('p.0.0'))
    })
  })
}
