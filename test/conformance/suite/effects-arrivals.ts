import { describe, expect, test } from 'vitest'
import { flow, kitOn, value, type Ground } from '../../helpers/effects.ts'

/** What arrives for a process whose code waits for something else. */
export function effectsArrivals(ground: Ground): void {
  const echo = flow(async (_, input) => input, { kind: 'echo' })

  describe('arrivals', () => {
    test('signals that no wait takes cost no claim, and the one that is awaited is taken [C64]', async () => {
      const definition = flow(async (context) => {
        const callback = await context.callback('paid')
        await context.step('give', () => void (token = callback.token))
        const answers = context.all([() => context.signal('approve'), () => callback.result()])
        return answers
      })
      let token = ''
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const { fence } = await kit.record('p')
      for (let n = 0; n < Math.min(ground.many, 600); n += 1)
        await kit.client.signal('p', { name: 'aprove', payload: 'x'.repeat(480), key: `k-${n}` })
      await kit.skip({ minutes: 5 })
      expect(await kit.record('p')).toMatchObject({ fence, status: 'waiting' })
      await kit.signal('p', 'approve', 'yes')
      await kit.client.completeCallback(token, 'paid')
      expect(await kit.result('p')).toEqual(value(['yes', 'paid']))
    }, 60_000)

    test('children that a parent awaits in turn may end in any order, the first of them last [C64]', async () => {
      const count = Math.min(ground.many, 300)
      const slow = flow((context) => context.signal('go'), { kind: 'slow' })
      const parent = flow(async (context) => {
        const first = await context.start(slow, null, { id: 'first' })
        const others = await context.map(
          Array.from({ length: count }, (_, n) => n),
          (n) => context.start(echo, n),
        )
        const got = [await context.result(first)]
        for (const child of others) got.push(await context.result(child))
        return got
      })
      const kit = await kitOn(ground, [parent, slow, echo])
      await kit.start(parent, null, { id: 'p' })
      await kit.skip({ minutes: 5 })
      const { fence, seq } = await kit.record('p')
      expect(seq).toBeGreaterThan(2 * count)
      await kit.signal('first', 'go', 'at last')
      expect(await kit.result('p')).toEqual(value(['at last', ...Array.from({ length: count }, (_, n) => n)]))
      // Its end, and nothing for each of the others.
      expect((await kit.record('p')).fence).toBeLessThanOrEqual(fence + 2)
    }, 60_000)
  })
}
