import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { defineProcess } from '../../../lib/effects/definition.ts'
import { LeaseholdError } from '../../../lib/model/errors.ts'
import { errorFacts } from '../../../lib/telemetry/error-facts.ts'
import { flow, kitOn, runs, value, type Body, type Ground, type Kit } from '../../helpers/effects.ts'

/** Errors: what the author's code meets of them, on the first run as on each later one. */
export function effectsErrors(ground: Ground): void {
  sameOnEachRun(ground)
  gathered(ground)
  logged(ground)
  unhandled(ground)
}

function sameOnEachRun(ground: Ground): void {
  describe('an error of an effect [C59]', () => {
    const ways: Record<string, (context: ProcessContext) => Promise<unknown>> = {
      'of a step with causes': (context) => context.step('s', () => fail(rich())),
      'of a step that gathered errors': (context) =>
        context.step('s', () => fail(new AggregateError([rich(), 'text', new TypeError('t')], 'all'))),
      'of a step in its last attempt': (context) =>
        context.step('s', ({ attempt }) => fail(new Error(`try ${attempt}`, { cause: rich() })), {
          retry: { maxAttempts: 3, initialDelay: { ms: 1 } },
        }),
      'of a step whose policy throws': (context) =>
        context.step('s', () => fail(rich()), { retry: { maxAttempts: 3, retryIf: () => fail(rich()) } }),
      'of a step that took too long': (context) =>
        context.step('s', () => new Promise<void>(() => {}), { timeout: { seconds: 1 } }),
      'of a value that cannot be kept': (context) => context.step('s', (() => new Map()) as never),
      'of a child': (context) => context.run(failing, null),
      'of a child that could not be started': (context) => context.start(picky, 5 as never),
      'of a wait': (context) => context.signal('never', { timeout: { seconds: 1 } }),
    }
    const picky = defineProcess({ kind: 'picky', input: v.string(), output: v.unknown(), run: async () => 1 })
    const failing = flow(() => Promise.reject(new Error('the child', { cause: rich() })), { kind: 'failing' })

    for (const [what, way] of Object.entries(ways)) {
      test(`${what} is the same after a crash and after a park as on the first run`, async () => {
        const seen: unknown[] = []
        const definition = flow(async (context) => {
          await way(context).then(
            () => seen.push('no error'),
            (error: unknown) => seen.push(pictureOf(error)),
          )
          await context.sleep({ days: 1 })
          await context.step('after', () => (seen.length === 2 ? kit.crash() : null))
          return 'done'
        })
        const kit = await kitOn(ground, [definition, failing, picky])
        await kit.start(definition, null, { id: 'p' })
        expect(await kit.result('p')).toEqual(value('done'))
        expect(seen.length).toBeGreaterThanOrEqual(3)
        expect(seen[0]).toMatchObject({ ours: true })
        for (const each of seen) expect(each).toEqual(seen[0])
      })
    }

    test('has the chain of causes, the code and the status that the body threw', async () => {
      const output = await runs(ground, (context) =>
        context.step('s', () => fail(rich())).catch((error: unknown) => pictureOf(error) as never),
      )
      expect(output).toEqual(
        value({
          is: 'StepFailed',
          ours: true,
          code: 'step_failed',
          message: 'step s failed: no answer',
          cause: {
            is: 'Unanswered',
            ours: false,
            code: 'E_ANSWER',
            message: 'no answer',
            status: 503,
            cause: { is: 'Error', ours: false, code: 'ECONNREFUSED', message: 'refused' },
          },
        }),
      )
    })

    test('shows its causes and its status to retryIf', async () => {
      const asked: unknown[] = []
      await runs(ground, (context) =>
        context
          .step('s', () => fail(rich()), {
            retry: {
              maxAttempts: 2,
              retryIf: ({ status, cause }) => (asked.push([status, cause?.code]), false),
            },
          })
          .catch(() => null),
      )
      expect(asked).toEqual([[503, 'ECONNREFUSED']])
    })

    test('can be changed by the code that caught it without changing what is recorded', async () => {
      const definition = flow(async (context) => {
        await context
          .step('s', () => fail(rich()))
          .catch((error: { error: { message: string; cause: { code: string } } }) => {
            error.error.message = 'other'
            error.error.cause.code = 'OTHER'
          })
        await context.sleep({ days: 1 })
        return context.step('s', () => 1)
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(1))
      expect((await kit.log('p')).find(({ type }) => type === 'effect')).toMatchObject({
        outcome: { error: { message: 'no answer', cause: { code: 'ECONNREFUSED' } } },
      })
    })

    test('is recorded with a bounded chain, however long the thrown one is', async () => {
      let error = new Error('x'.repeat(5_000))
      for (let n = 0; n < 50; n += 1) error = new Error('x'.repeat(5_000), { cause: error })
      const many = new AggregateError(
        Array.from({ length: 500 }, () => error),
        'many',
      )
      const definition = flow((context) => context.step('s', () => fail(many)).catch(() => 'caught'))
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('caught'))
      const entry = (await kit.log('p')).find(({ type }) => type === 'effect')
      expect(JSON.stringify(entry).length).toBeLessThan(8_000)
    })

    test('of an effect that the end of its time refused is no cancel on a later run', async () => {
      const seen: unknown[] = []
      const definition = flow(
        async (context) => {
          try {
            await context.sleep({ days: 1 })
          } catch (error) {
            seen.push(pictureOf(error))
            await context.shield(() => context.sleep({ hours: 1 }))
            throw error
          }
        },
        { limits: { timeoutMs: 60_000 } },
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.skip({ minutes: 5 })
      await kit.cancel('p')
      expect(await kit.result('p')).toMatchObject({ outcome: 'failure', error: { code: 'timed_out' } })
      expect(seen.length).toBeGreaterThanOrEqual(2)
      expect(seen[0]).toMatchObject({ is: 'ProcessTimedOut' })
      for (const each of seen) expect(each).toEqual(seen[0])
    })
  })
}

function gathered(ground: Ground): void {
  describe('a run that ends by its abort is cancelled [C30]', () => {
    const wraps: Record<string, (error: unknown) => unknown> = {
      'as a cause of causes': (error) => new Error('a', { cause: new Error('b', { cause: error }) }),
      'among the errors of an AggregateError': (error) =>
        new AggregateError([error, new AggregateError([error])], 'all'),
      'in a cause of a gathered error': (error) =>
        new AggregateError([new Error('a', { cause: error })], 'all'),
      'suppressed by an error of a disposal': (error) => new SuppressedError(new Error('disposal'), error),
      'as the reason of an object': (error) => ({ reason: error }),
      'as the original of another error': (error) => Object.assign(new Error('a'), { originalError: error }),
      'in a list of errors': (error) => [error, new Error('a', { cause: error })],
      'in settled results': (error) => [
        { status: 'fulfilled', value: 1 },
        { status: 'rejected', reason: error },
      ],
      'as a text': String,
      'as its message': (error) => (error as Error).message,
      'in an error of its message': (error) => new Error((error as Error).message),
    }
    for (const [how, wrap] of Object.entries(wraps)) {
      test(`when its code throws the reason ${how}`, async () => {
        const definition = flow((context) =>
          context.sleep({ days: 1 }).catch((error: unknown) => Promise.reject(wrap(error) as Error)),
        )
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        await kit.cancel('p', 'enough')
        expect(await kit.result('p')).toEqual({ outcome: 'cancelled', reason: 'enough' })
      })

      test(`and timed out, when it throws the end of its time ${how}`, async () => {
        const run: Body = (context) =>
          context.sleep({ days: 1 }).catch((error: unknown) => Promise.reject(wrap(error) as Error))
        const definition = flow(run, { limits: { timeoutMs: 60_000 } })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        expect(await kit.result('p')).toMatchObject({ outcome: 'failure', error: { code: 'timed_out' } })
      })
    }

    test.each([
      ['a list with another failure', (error: unknown) => [error, new Error('not undone')]],
      [
        'settled results with another failure',
        (error: unknown) => [
          { status: 'rejected', reason: error },
          { status: 'rejected', reason: new Error('not undone') },
        ],
      ],
      ['its words among others', (error: unknown) => new Error(`not undone after: ${String(error)}`)],
      [
        'what cannot be read',
        () =>
          new Proxy(new Error('x'), {
            getPrototypeOf: () => {
              throw new Error('not even that')
            },
          }),
      ],
    ])('and one that throws %s is failed', async (_, wrap) => {
      const definition = flow((context) =>
        context.sleep({ days: 1 }).catch((error: unknown) => Promise.reject(wrap(error) as Error)),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.cancel('p', 'enough')
      expect(await kit.result('p')).toMatchObject({ outcome: 'failure', error: { code: 'process_failed' } })
    })

    test('and one that gathers another failure beside the reason is failed', async () => {
      const definition = flow((context) =>
        context.sleep({ days: 1 }).catch((error: unknown) => {
          throw new AggregateError([error, new Error('could not be undone')], 'not all was undone')
        }),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.cancel('p', 'enough')
      expect(await kit.result('p')).toMatchObject({ outcome: 'failure', error: { class: 'AggregateError' } })
    })

    test('and one that throws a cancel which nothing asked for is failed', async () => {
      const { ProcessCancelled } = await import('../../../lib/model/errors.ts')
      const output = await runs(ground, () =>
        Promise.reject(new ProcessCancelled({ id: 'p', reason: 'made up' })),
      )
      expect(output).toMatchObject({ outcome: 'failure', error: { code: 'process_cancelled' } })
    })
  })
}

function logged(ground: Ground): void {
  describe('a failed attempt of a step', () => {
    test('is one line of the log, with the error of the author and its place', async () => {
      const definition = flow((context) =>
        context
          .step('s', () => fail(rich()), { retry: { maxAttempts: 2, initialDelay: { ms: 1 } } })
          .catch(() => null),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.result('p')
      const lines = kit.told.lines.filter(({ message }) => message === 'an attempt of a step failed')
      expect(lines.map(({ facts }) => facts)).toMatchObject([
        { id: 'p', step: 's', attempt: 1, of: 2, dueAt: expect.any(Number) as number },
        { id: 'p', step: 's', attempt: 2, of: 2 },
      ])
      const { stack, cause } = errorFacts(lines[0]?.error)
      expect(stack).toContain('effects-errors.ts')
      expect(cause).toMatchObject({ message: 'refused' })
    })

    test('is no line when the step was told to stop', async () => {
      const definition = flow((context) =>
        context.step('s', async ({ abortSignal }) => {
          await new Promise((_, reject) => {
            abortSignal.addEventListener('abort', () => reject(abortSignal.reason as Error))
          })
        }),
      )
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.cancel('p')
      expect(await kit.result('p')).toMatchObject({ outcome: 'cancelled' })
      expect(kit.told.lines.filter(({ message }) => /attempt/u.test(message))).toEqual([])
    })
  })
}

function unhandled(ground: Ground): void {
  describe('a promise that is rejected before the code awaits it [C70]', () => {
    const late = async (context: ProcessContext): Promise<never> => {
      await context.step('refused', () => fail(rich()))
      throw new Error('not reached')
    }
    const unhandledIn = ({ told }: Kit) =>
      told.lines.filter(({ message }) =>
        message.startsWith('the code of a process left a rejection unhandled'),
      )

    test('is the code’s to handle later, also after a crash and a park', async () => {
      let crashed = false
      const definition = flow(async (context) => {
        const result = late(context)
        await context.step('work', () => 1)
        await context.sleep({ days: 1 })
        await context.step('crash', () => {
          if (!crashed) kit.crash()
          crashed = true
        })
        return result.catch((error: unknown) => pictureOf(error)['message'] as string)
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('step refused failed: no answer'))
      expect(unhandledIn(kit)).toEqual([])
    })

    test('is reported once its run has ended without handling it, and decides nothing', async () => {
      const definition = flow(async (context) => {
        void late(context)
        await context.sleep({ days: 1 })
        return context.step('work', () => 'done')
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(unhandledIn(kit)).toEqual([])
      expect(await kit.result('p')).toEqual(value('done'))
      await kit.settle()
      expect(unhandledIn(kit)).toMatchObject([
        { level: 'error', facts: { id: 'p' }, error: { code: 'step_failed' } },
      ])
      expect(errorFacts(unhandledIn(kit)[0]?.error).stack).toContain('effects-errors.ts')
      expect(kit.told.counts.get('StrayRejection')).toBe(1)
    })

    test('in the body of a step is reported by the run that executed the body', async () => {
      const definition = flow(async (context) => {
        await context.step('careless', () => void Promise.reject(rich()))
        await context.sleep({ days: 1 })
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(unhandledIn(kit)).toMatchObject([{ facts: { id: 'p', fence: 1 }, error: { code: 'E_ANSWER' } }])
      await kit.result('p')
      expect(unhandledIn(kit)).toHaveLength(1)
    })

    test('ends no process beside it', async () => {
      const careless = flow(async (context) => {
        for (let n = 0; n < 30; n += 1) void late(context)
        await context.step('work', () => 1)
        return 'careless'
      })
      const careful = flow((context) => context.run(careless, null), { kind: 'careful' })
      const kit = await kitOn(ground, [careless, careful])
      await kit.start(careful, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('careless'))
      await kit.settle()
      // The count has each of them, the log the first ten.
      expect([unhandledIn(kit).length, kit.told.counts.get('StrayRejection')]).toEqual([10, 30])
    })
  })
}

/** As a client of HTTP throws: a class, a code and a status of its own, and what it was caused by. */
function rich(): Error {
  class Unanswered extends Error {
    override readonly name = 'Unanswered'
    readonly code = 'E_ANSWER'
    readonly status = 503
  }
  return new Unanswered('no answer', {
    cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  })
}

function fail(error: Error): never {
  throw error
}

/** All that code may branch on. */
function pictureOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { is: 'no error' }
  const { code, status, errors, error: recorded, cause } = error as Error & Record<string, unknown>
  return {
    is: error.name,
    ours: error instanceof LeaseholdError,
    message: error.message,
    code,
    ...(status !== undefined && { status }),
    ...(Array.isArray(errors) && { errors: errors.map(pictureOf) }),
    ...(cause !== undefined && { cause: pictureOf(cause) }),
    ...(recorded === undefined || error.name === 'StepFailed' ? {} : { recorded }),
  }
}
