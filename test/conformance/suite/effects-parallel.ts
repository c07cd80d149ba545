import { describe, expect, test } from 'vitest'
import { flow, kitOn, runs, thrown, value, type Ground } from '../../helpers/effects.ts'

/** Branches side by side: `all` over lists and records. */
export function effectsParallel(ground: Ground): void {
  describe('all()', () => {
    test('returns the values of a record by name, and the same after a crash at any write', async () => {
      const definition = flow((context) =>
        context.all({
          later: () => context.sleep({ minutes: 1 }).then(() => context.step('later', () => 'l')),
          soon: () => context.step('soon', () => 1),
        }),
      )
      for (let nth = 0; nth <= 4; nth += 1) {
        const kit = await kitOn(ground, [definition])
        if (nth > 0) kit.crashAtWrite(nth)
        await kit.start(definition, null, { id: 'p' })
        expect(await kit.result('p')).toEqual(value({ later: 'l', soon: 1 }))
      }
    })

    test('settles a record by name', async () => {
      const output = await runs(ground, async (context) => {
        const tasks = {
          bad: () => context.step('bad', () => Promise.reject(new Error('no'))),
          good: async () => 2,
        }
        const { bad, good } = await context.all(tasks, { onFailure: 'settle' })
        return [bad.status, good]
      })
      expect(output).toEqual(value(['rejected', { status: 'fulfilled', value: 2 }]))
    })

    test('refuses an effect when a function that begins it is due, by its place', async () => {
      const output = await runs(ground, async (context) => {
        const task = context.step('a', () => 1) as unknown as () => Promise<number>
        const why = await context.all([async () => 1, task]).catch(String)
        return [why, await thrown(context.all({ a: task }))]
      })
      expect(output).toEqual(
        value([
          expect.stringMatching(
            /the tasks of all.*1: expected a function, \(\) => context\.step\(…\), got/su,
          ),
          ['InvalidInput', 'invalid_input'],
        ]),
      )
    })
  })
}
