import { describe, expect, test } from 'vitest'
import { NonRetryable } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import { flow, kitOn, runs, thrown, value, type Ground } from '../../helpers/effects.ts'

/** Steps: what is recorded, when it is durable, what runs again, and what it costs. */
export function effectsSteps(ground: Ground): void {
  describe('steps', () => {
    test('a completed step never runs again, whether it returned or threw [C34]', async () => {
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; nth <= 5; nth += 1) {
          const ran: string[] = []
          const definition = flow(async (context) => [
            await context.step('a', () => (ran.push('a'), 1)),
            await thrown(
              context.step('b', () => {
                ran.push('b')
                throw Object.assign(new Error('bad'), { code: 'E_BAD' })
              }),
            ),
            await context.step('c', () => (ran.push('c'), null)),
            await context.step('d', () => (ran.push('d'), [null, { n: 1 }])),
          ])
          const kit = await kitOn(ground, [definition])
          kit.crashAtWrite(nth, when)
          await kit.start(definition, null, { id: 'p' })
          expect(await kit.result('p')).toEqual(value([1, ['StepFailed', 'E_BAD'], null, [null, { n: 1 }]]))
          // Only the step whose outcome was on its way to the log when the worker died may have run twice.
          const lost = when === 'before' ? [undefined, 'a', 'b', 'c', 'd'][nth - 1] : undefined
          expect(ran.toSorted()).toEqual(
            ['a', 'b', 'c', 'd', ...(lost === undefined ? [] : [lost])].toSorted(),
          )
        }
      }
    })

    test('a body that ran when its worker died runs again with the same idempotency key [C35]', async () => {
      const keys: string[] = []
      const definition = flow(async (context) => {
        await context.step('before', ({ idempotencyKey }) => void keys.push(idempotencyKey))
        return context.step('pay', ({ idempotencyKey }) => {
          keys.push(idempotencyKey)
          if (keys.length > 2) return 'paid'
          kit.crash()
          return new Promise<string>(() => {})
        })
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('paid'))
      expect(keys).toEqual(['p/0', 'p/1', 'p/1'])
    })

    test('an at-most-once body that ran when its worker died throws StepInterrupted instead [C35]', async () => {
      let ran = 0
      const definition = flow((context) =>
        thrown(
          context.step(
            'pay',
            () => {
              ran += 1
              kit.crash()
              return new Promise<string>(() => {})
            },
            { semantics: 'at-most-once' },
          ),
        ),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(['StepInterrupted', 'step_interrupted']))
      expect(ran).toBe(1)
    })

    test('attempts are counted in the log: a policy survives crashes, and a long backoff parks [C36]', async () => {
      const tries: number[] = []
      const retry = { maxAttempts: 4, initialDelay: { minutes: 1 }, backoff: 10, jitter: 'none' } as const
      const definition = flow((context) =>
        thrown(
          context.step(
            'flaky',
            ({ attempt }) => {
              tries.push(attempt)
              if (tries.length === 2) kit.crash()
              throw Object.assign(new Error(`try ${attempt}`), { code: `E_${attempt}` })
            },
            { retry },
          ),
        ),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.record('p')).toMatchObject({ status: 'waiting', wait: { on: ['step "flaky"'] } })
      expect(await kit.result('p')).toEqual(value(['StepFailed', 'E_4']))
      // The second attempt was not recorded when the worker died, so it was made again.
      expect(tries).toEqual([1, 2, 2, 3, 4])
      const delays = (await kit.log('p')).flatMap((e) => (e.type === 'attempt' ? [e.dueAt - e.at] : []))
      expect(delays).toEqual([60_000, 300_000, 300_000])
    })

    test('NonRetryable, retryIf and values that cannot be kept end the attempts [C36]', async () => {
      let ran = 0
      const retry = { maxAttempts: 9, initialDelay: { ms: 0 } }
      const failing =
        (fail: () => never): (() => never) =>
        () => {
          ran += 1
          return fail()
        }
      const output = await runs(ground, async (context) => [
        await thrown(
          context.step('a', failing(() => { throw new NonRetryable('no use') }), { retry }), // prettier-ignore
        ),
        await thrown(
          context.step(
            'b',
            failing(() => {
              throw new Error('fatal')
            }),
            {
              // prettier-ignore
              retry: { ...retry, retryIf: ({ message }) => message !== 'fatal' },
            },
          ),
        ),
        await thrown(context.step('c', (() => (ran++, new Map())) as never, { retry })),
        await thrown(context.step('d', () => (ran++, 'x'.repeat(PAYLOAD_MAX_BYTES)), { retry })),
        ran,
      ])
      expect(output).toEqual(
        value([
          ['StepFailed', 'non_retryable'],
          ['StepFailed', 'step_failed'],
          ['StepFailed', 'not_serialisable'],
          ['StepFailed', 'payload_too_large'],
          4,
        ]),
      )
    })

    test('k sequential steps make k + 1 writes, the claim and the end among them', async () => {
      for (const k of [1, 3, 20]) {
        const definition = flow(async (context) => {
          for (let n = 0; n < k; n += 1) await context.step(`s${n}`, () => n)
        })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        expect([k, (await kit.record('p')).status, kit.writes]).toEqual([k, 'completed', k + 1])
      }
    })

    test('1,000 steps side by side make at most 100 writes', async () => {
      const definition = flow(async (context) => {
        const items = Array.from({ length: 1_000 }, (_, n) => n)
        return (await context.map(items, (n) => context.step(`s${n}`, async () => n))).length
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(1_000))
      expect(kit.writes).toBeLessThanOrEqual(100)
    })

    test('a process of very many steps runs through, and continues from its pages after a crash', async () => {
      const { manySteps } = ground
      let [ran, died] = [0, false]
      const definition = flow(async (context) => {
        let sum = 0
        for (let n = 0; n < manySteps; n += 1) {
          sum += await context.step('add', () => (ran++, n))
          if (n === manySteps - 10) {
            await context.step('die', () => {
              if (!died) kit.crash()
              died = true
            })
          }
        }
        return sum
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value((manySteps * (manySteps - 1)) / 2))
      expect(ran).toBe(manySteps)
      expect((await kit.log('p')).map(({ seq }) => seq)).toEqual(
        Array.from({ length: (await kit.record('p')).seq }, (_, n) => n + 1),
      )
    }, 120_000)

    test('big values of steps, signals, children and outputs are stored apart, and read whole [C44]', async () => {
      const text = 'ü€😀\u0000'.repeat(9_000)
      const child = flow(async (_, input) => [input, text], { kind: 'child' })
      const parent = flow(async (context, input) => {
        const kept = await context.step('copy', () => text)
        const sent = await context.signal('big')
        const made = (await context.run(child, kept)) as string[]
        await context.emit('big', text)
        await context.sleep({ days: 1 })
        return [input === text, kept === text, sent === text, made[0] === text, made[1] === text, text]
      })
      const kit = await kitOn(ground, [parent, child])
      await kit.start(parent, text, { id: 'p' })
      await kit.signal('p', 'big', text)
      kit.crashAtWrite(3)
      const output = await kit.result('p')
      expect(output).toEqual(value([true, true, true, true, true, text]))
      const inline = (await kit.log('p')).filter((entry) => JSON.stringify(entry).length > 2_000)
      expect(inline).toEqual([])
    })

    test('a value over the limit fails only its own step, child or event [C44]', async () => {
      const tooBig = 'x'.repeat(PAYLOAD_MAX_BYTES)
      const child = flow(async () => 1, { kind: 'child' })
      const parent = flow(async (context) => [
        await context.step('small', () => 1),
        await thrown(context.step('big', () => tooBig)),
        await thrown(context.start(child, tooBig)),
        await thrown(context.emit('big', tooBig)),
        await context.step('after', () => 2),
      ])
      const kit = await kitOn(ground, [parent, child])
      await kit.start(parent, null, { id: 'p' })
      const failed = ['StepFailed', 'payload_too_large']
      expect(await kit.result('p')).toEqual(value([1, failed, failed, failed, 2]))
      expect(await kit.registry.get(parseProcessId('p.2'))).toBeUndefined()
    })
  })
}
