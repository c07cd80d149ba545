import { describe, expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import type { StepFailed } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { toRegistration, type OnParentEnd } from '../../../lib/model/registration.ts'
import { FlakyRegistry, flow, kitOn, redeployed, thrown, value, type Ground } from '../../helpers/effects.ts'

/** Children: what a parent sees of them, and what happens to each side when the other ends. */
export function effectsChildren(ground: Ground): void {
  children(ground)
  cancelTrees(ground)
}

const double = flow(async (context, input) => context.step('double', () => (input as number) * 2), {
  kind: 'double',
})
const waiting = flow((context) => context.signal('never'), { kind: 'waiting' })

function children(ground: Ground): void {
  describe('children', () => {
    test('a child runs once, its output is recorded, and its waiting parent holds no lease [C42]', async () => {
      const parent = flow(async (context) => {
        const handle = await context.start(double, 3)
        const [late, now] = [await context.run(double, 4), await context.result(handle)]
        await context.sleep({ days: 1 })
        return [handle.id, late, now, await context.result(handle)]
      })
      const kit = await kitOn(ground, [parent, double])
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(['p.0', 8, 6, 6]))
      expect(await kit.effects('p.0')).toEqual(['double'])
    })

    test('an at-most-once body begins after its record, also when a child’s start writes it [C35]', async () => {
      const flaky = new FlakyRegistry(await ground.open())
      let [commits, paid] = [0, 0]
      const once = { semantics: 'at-most-once' } as const
      const parent = flow((context) =>
        context.all([
          () => thrown(context.step('slow to be written', () => null, once)),
          // Waits for that write, takes along what is held by then, and fails. No effect of this branch comes after it: one
          // could come before the third branch's or after it, as the turns fall, and no run could replay that.
          async () => (await context.start(double, 1)).id,
          async () => {
            for (let turn = 0; turn < 5; turn += 1) await kit.clock.turn()
            return thrown(context.step('pay', () => void (paid += 1), once))
          },
        ]),
      )
      const kit = await kitOn(ground, [parent, double], { registry: flaky.port })
      flaky.failNext('startChild')
      flaky.before = async (method) => {
        if (method !== 'commit' || ++commits > 1) return
        for (let turn = 0; turn < 20; turn += 1) await kit.clock.turn()
      }
      await kit.start(parent, null, { id: 'p' })
      await kit.result('p')
      expect(paid).toBe(1)
    })

    test('a child that ended before its parent asked for it gives its output [C66]', async () => {
      const parent = flow((context) => context.run(double, 21))
      const kit = await kitOn(ground, [parent, double])
      const registration = toRegistration({
        id: 'p.0',
        kind: 'double',
        input: 21,
        parent: { id: parseProcessId('p'), onEnd: 'cancel' },
      })
      await kit.registry.register(registration, { now: kit.clock.now(), wakeupScheduled: false })
      await kit.skip({ minutes: 3 })
      expect(await kit.record('p.0')).toMatchObject({ status: 'completed' })
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(42))
    })

    test('a start whose id another process has fails by name, and its parent continues [C6]', async () => {
      const parent = flow(async (context, id) => {
        const start = context.start(double, 1, { id: id as string })
        const conflict = await start.then(String, (error: unknown) => (error as StepFailed).error.message)
        return [conflict, await context.run(double, 4)]
      })
      const kit = await kitOn(ground, [parent, double])
      await kit.start(double, 2, { id: 'taken' })
      await kit.start(parent, 'taken', { id: 'p' })
      expect(await kit.result('p')).toEqual(
        value([expect.stringMatching(/^taken is registered.*started by no process; use a new id/), 8]),
      )
      // A retry is another parent, so an id that the author chose is the first one's.
      await kit.start(parent, 'mine', { id: 'q' })
      await kit.start(parent, 'mine', { id: 'q-again' })
      expect(await kit.result('q-again')).toEqual(value([expect.stringMatching(/started by q; use/), 8]))
    })

    test('a crash at any write starts each child once, and comes to the same end [C6, C34]', async () => {
      const parent = flow(async (context) => {
        const handles = await context.all([
          () => context.start(double, 1),
          () => context.start(double, 2, { id: 'named' }),
        ])
        return context.all(handles.map((handle) => () => context.result(handle)))
      })
      const life = async (crash?: [number, 'before' | 'after']) => {
        const kit = await kitOn(ground, [parent, double])
        if (crash !== undefined) kit.crashAtWrite(...crash)
        await kit.start(parent, null, { id: 'p' })
        const output = await kit.result('p')
        return { kit, output, effects: [await kit.effects('p.0'), await kit.effects('named')] }
      }
      const calm = await life()
      expect(calm.output).toEqual(value([2, 4]))
      for (let nth = 1; nth <= calm.kit.writes; nth += ground.stride) {
        for (const when of ['before', 'after'] as const) {
          const { output, effects } = await life([nth, when])
          expect([nth, when, output, effects]).toEqual([nth, when, calm.output, calm.effects])
        }
      }
    }, 60_000)

    test('a child that fails, times out or is cancelled throws ChildFailed in its parent', async () => {
      const failing = flow(() => Promise.reject(Object.assign(new Error('no'), { code: 'E_CHILD' })), {
        kind: 'failing',
      })
      const slow = flow((context) => context.sleep({ days: 1 }), {
        kind: 'slow',
        limits: { timeoutMs: 60_000 },
      })
      const parent = flow(async (context) => {
        const seen = [await thrown(context.run(failing, null)), await thrown(context.run(slow, null))]
        const handle = await context.start(waiting, null, { id: 'w' })
        seen.push(await thrown(context.result(handle)))
        return [...seen, context.cancelled, await context.step('continue', () => 'on')]
      })
      const kit = await kitOn(ground, [parent, failing, slow, waiting])
      await kit.start(parent, null, { id: 'p' })
      await kit.skip({ minutes: 5 })
      await kit.cancel('w')
      expect(await kit.result('p')).toEqual(
        value([
          ['ChildFailed', 'E_CHILD'],
          ['ChildFailed', 'timed_out'],
          ['ChildFailed', 'child_cancelled'],
          false,
          'on',
        ]),
      )
    })

    test('a used id, an invalid id and a refused input throw from the start of a child', async () => {
      const strict = flow(async () => 1, { kind: 'strict', recovery: 'external' })
      const parent = flow(async (context) => {
        const seen = [
          await thrown(context.start(double, 1, { id: 'taken' })),
          await thrown(context.start(double, 1, { id: 'p' })),
          await thrown(context.start(double, 1, { id: 'not an id' })),
          await thrown(context.start(double, { at: new Date() })),
          await thrown(context.start(double, '\ud800')),
          await thrown(context.start(strict, 1)),
          await thrown(context.result({ id: parseProcessId('taken'), kind: 'double' })),
        ]
        // With an effect of those left open the process could never park here.
        await context.signal('go')
        return seen
      })
      const kit = await kitOn(ground, [parent, double])
      await kit.start(double, 7, { id: 'taken' })
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.record('p')).toMatchObject({ status: 'waiting' })
      await kit.signal('p', 'go')
      expect(await kit.result('p')).toEqual(
        value([
          ['StepFailed', 'registration_conflict'],
          ['StepFailed', 'registration_conflict'],
          ['InvalidId', 'invalid_id'],
          ['NotSerialisable', 'not_serialisable'],
          ['NotSerialisable', 'not_serialisable'],
          ['StepFailed', 'invalid_input'],
          ['EffectRefused', 'effect_refused'],
        ]),
      )
    })

    test('a child of a kind that is deployed nowhere stays open until it is, and its parent waits', async () => {
      const parent = flow((context) => context.run(double, 21))
      const kit = await kitOn(ground, [parent])
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.record('p.0')).toMatchObject({ status: 'waiting', wait: { for: 'undeployed' } })
      const later = await redeployed(kit, ground, [parent, double])
      expect(await later.result('p')).toEqual(value(42))
    })

    test('parents and children many levels deep finish', async () => {
      const depth = 6
      const level = flow(
        async (context, input): Promise<unknown> =>
          (input as number) === 0 ? 0 : 1 + ((await context.run(level, (input as number) - 1)) as number),
        { kind: 'level' },
      )
      const kit = await kitOn(ground, [level])
      await kit.start(level, depth, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(depth))
    })

    test('a parent of many children starts them all and hears of every end', async () => {
      const count = Math.min(ground.many, 100)
      const parent = flow(async (context) => {
        const items = Array.from({ length: count }, (_, n) => n)
        const doubled = await context.map(items, (n) => context.run(double, n), { concurrency: 25 })
        return doubled.reduce((sum: number, each) => sum + (each as number), 0)
      })
      const kit = await kitOn(ground, [parent, double])
      await kit.start(parent, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(count * (count - 1)))
    }, 60_000)
  })
}

function cancelTrees(ground: Ground): void {
  const parentOf = (onParentEnd: OnParentEnd, run: (context: ProcessContext) => Promise<unknown>) =>
    flow(async (context) => {
      await context.start(waiting, null, { id: 'child', onParentEnd })
      return run(context)
    })

  describe('the end of a parent', () => {
    test('a cancel reaches the children by their policy: cancelled, abandoned or left alone [C33]', async () => {
      const ends = { cancel: 'cancelled', abandon: 'abandoned', leave: 'waiting' } as const
      for (const policy of ['cancel', 'abandon', 'leave'] as const) {
        const parent = parentOf(policy, (context) => context.signal('never'))
        const kit = await kitOn(ground, [parent, waiting])
        await kit.start(parent, null, { id: 'p' })
        await kit.cancel('p', 'enough')
        expect(await kit.result('p')).toEqual({ outcome: 'cancelled', reason: 'enough' })
        await kit.skip({ minutes: 2 })
        expect([policy, (await kit.record('child')).status]).toEqual([policy, ends[policy]])
      }
    })

    test('a parent that completes or fails ends what it left open, through every generation [C33]', async () => {
      const middle = flow(
        async (context) => {
          await context.start(waiting, null, { id: 'grandchild' })
          return context.signal('never')
        },
        { kind: 'middle' },
      )
      for (const fails of [false, true]) {
        const parent = flow(async (context) => {
          await context.start(middle, null, { id: 'child' })
          await context.sleep({ minutes: 1 })
          if (fails) throw new Error('failed')
        })
        const kit = await kitOn(ground, [parent, middle, waiting])
        await kit.start(parent, null, { id: 'p' })
        expect((await kit.result('p')).outcome).toBe(fails ? 'failure' : 'success')
        expect(await kit.result('child')).toMatchObject({ outcome: 'cancelled' })
        expect(await kit.result('grandchild')).toMatchObject({
          outcome: 'cancelled',
          reason: 'its parent child ended cancelled',
        })
      }
    })

    test('no grandchild slips in: a child that is asked to cancel starts none, though it tries [C33]', async () => {
      const middle = flow(
        async (context) => {
          await context.signal('never').catch(() => undefined)
          const refused = await thrown(context.start(waiting, null, { id: 'late' }))
          const shielded = await context.shield(() => thrown(context.start(waiting, null, { id: 'later' })))
          return [refused, shielded]
        },
        { kind: 'middle' },
      )
      const parent = flow(async (context) => {
        await context.start(middle, null, { id: 'child' })
        return context.signal('never')
      })
      const kit = await kitOn(ground, [parent, middle, waiting])
      await kit.start(parent, null, { id: 'p' })
      await kit.cancel('p')
      const cancelled = ['ProcessCancelled', 'process_cancelled']
      expect(await kit.result('child')).toEqual(value([cancelled, cancelled]))
      expect(await kit.registry.get(parseProcessId('late'))).toBeUndefined()
      expect(await kit.registry.get(parseProcessId('later'))).toBeUndefined()
    })

    test('the children are notified in the end, whichever worker dies on the way [C33]', async () => {
      const parent = parentOf('cancel', async () => 'done')
      for (let nth = 2; nth <= 6; nth += 1) {
        for (const when of ['before', 'after'] as const) {
          const kit = await kitOn(ground, [parent, waiting])
          kit.crashAtWrite(nth, when)
          await kit.start(parent, null, { id: 'p' })
          expect(await kit.result('p')).toEqual(value('done'))
          expect([nth, when, (await kit.result('child')).outcome]).toEqual([nth, when, 'cancelled'])
          await kit.skip({ minutes: 3 })
          expect(await kit.record('p')).not.toHaveProperty('pendingNotifications')
        }
      }
    }, 60_000)

    test('a cancelled process runs its shielded clean-up, and ends cancelled with the reason [C30]', async () => {
      const done: string[] = []
      const definition = flow(async (context) => {
        await context.step('book', () => void done.push('book'))
        try {
          return await context.signal('never')
        } catch (error) {
          done.push((error as Error & { reason: string }).reason)
          await context.shield(async () => {
            await context.step('undo', ({ abortSignal }) => {
              abortSignal.throwIfAborted()
              done.push('undo')
            })
            await context.sleep({ hours: 2 }, 'cool down')
            await context.step('notify', () => void done.push('notify'))
          })
          throw error
        }
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      // In the very millisecond of its start, which must not be taken for a process that never ran.
      await kit.cancel('p', 'changed my mind')
      kit.crashAtWrite(1)
      expect(await kit.result('p')).toEqual({ outcome: 'cancelled', reason: 'changed my mind' })
      expect(done.filter((each) => each !== 'changed my mind')).toEqual(['book', 'undo', 'notify'])
      expect(done[1]).toBe('changed my mind')
    })

    test('one that never started ends cancelled without running [C31]', async () => {
      const definition = flow(() => Promise.reject(new Error('it ran')))
      const kit = await kitOn(ground, [definition])
      await kit.client.start(definition, null, { id: 'p', startAt: kit.clock.now() + 86_400_000 })
      await kit.cancel('p', 'never mind')
      expect(await kit.result('p')).toEqual({ outcome: 'cancelled', reason: 'never mind' })
    })
  })
}
