import { describe, expect, test } from 'vitest'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { EffectRefused } from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import { ERROR_MESSAGE_MAX_BYTES, JOURNAL_ENTRIES_MAX } from '../../../lib/model/limits.ts'
import { flow, kitOn, runs, thrown, value, type Body, type Ground } from '../../helpers/effects.ts'

/** What authors do that cannot work: each has an answer, and none hangs a process or harms the one beside it. */
export function effectsMisuse(ground: Ground): void {
  values(ground)
  throwing(ground)
  places(ground)
  loops(ground)
}

function values(ground: Ground): void {
  class Money {
    readonly amount = 1
  }
  const cycle: { self?: unknown } = {}
  cycle.self = { deep: cycle }
  const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as Json
  const BAD: readonly (readonly [string, unknown, RegExp])[] = [
    ['a function', { f: () => 1 }, /\$\.f is a function/u],
    ['a cycle', cycle, /\$\.self\.deep is a cycle/u],
    ['a bigint', [1, 2n], /\$\[1\] is a bigint/u],
    ['a Date', { at: new Date(0) }, /\$\.at is a Date/u],
    ['a Map', { map: new Map() }, /\$\.map is a Map/u],
    ['NaN', { n: [Number.NaN] }, /\$\.n\[0\] is NaN/u],
    ['Infinity', -Infinity, /\$ is -Infinity/u],
    ['undefined in a list', [undefined], /\$\[0\] is undefined/u],
    ['an instance', new Money(), /\$ is a Money/u],
    ['a Promise', { later: Promise.resolve(1) }, /\$\.later is a Promise/u],
    ['a symbol', Symbol('s'), /\$ is a symbol/u],
    ['bytes', new Uint8Array(3), /\$ is a Uint8Array/u],
    ['too deep a nest', deep, /nested deeper/u],
    ['half a character', { text: 'a\ud800' }, /\$\.text is text with half a character/u],
  ]

  describe('values that JSON would not bring back', () => {
    test.each(BAD)(
      '%s is refused by name and path, from a step, an event and an output',
      async (_, bad, path) => {
        const found: string[] = []
        const definition = flow(async (context) => {
          const messages = await Promise.all([
            context.step('s', () => bad as Json).catch((error: Error) => error.message),
            context.emit('e', bad as Json).catch((error: Error) => error.message),
          ])
          found.push(...messages.map(String))
          await context.step('good', () => 1)
          return bad
        })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        expect(await kit.result('p')).toMatchObject({
          error: { code: 'output_invalid', message: expect.stringMatching(path) as string },
        })
        expect(found).toHaveLength(2)
        for (const message of found) expect(message).toMatch(path)
        expect(await kit.effects('p')).toEqual(['s', 'good'])
      },
    )

    test('what JSON keeps comes back the same on the first run and on every other', async () => {
      const kept = {
        nothing: null,
        texts: ['', '\u0000', 'ü€😀', '__proto__'],
        numbers: [0, -1.5, Number.MAX_SAFE_INTEGER, 1e-300, 1e300],
        nested: { '': { 'a.b': [[], {}] } },
      }
      Object.defineProperty(kept, '__proto__', { value: { own: true }, enumerable: true })
      const seen: unknown[] = []
      const definition = flow(async (context) => {
        const first = await context.step('s', () => ({ ...kept, left: undefined, zero: -0 }) as never)
        seen.push(first, await context.step('none', () => undefined))
        await context.sleep({ hours: 1 })
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.result('p')
      expect(seen).toHaveLength(4)
      expect(seen[0]).toStrictEqual({ ...kept, zero: 0 })
      expect(seen[2]).toStrictEqual(seen[0])
      expect([seen[1], seen[3]]).toEqual([undefined, undefined])
    })
  })
}

function throwing(ground: Ground): void {
  const unreadable = new Proxy(new Error('x'), {
    getPrototypeOf: () => {
      throw new Error('not even that')
    },
  })
  const THROWN: readonly (readonly [string, unknown, object])[] = [
    ['text', 'text', { class: 'NonError', message: 'thrown: text' }],
    ['nothing', undefined, { class: 'NonError', message: 'thrown: undefined' }],
    ['null', null, { class: 'NonError', message: 'thrown: null' }],
    ['a symbol', Symbol('s'), { class: 'NonError', message: 'thrown: Symbol(s)' }],
    ['data', { status: 503 }, { class: 'NonError', message: 'thrown: {"status":503}' }],
    ['an error without a text', Object.assign(new Error('x'), { message: { a: 1 } }), { message: '{"a":1}' }],
    ['an error without a name', Object.assign(new Error('x'), { name: 7 }), { class: '7' }],
    ['an error of a wrong code', Object.assign(new Error('x'), { code: 42 }), { code: 'step_failed' }],
    ['an error that cannot be read', unreadable, { message: 'thrown: something that cannot be read' }],
    ['very much', new Error('x'.repeat(50_000)), { code: 'step_failed' }],
  ]

  describe('throwing', () => {
    test.each(THROWN)(
      '%s is recorded as far as it can be, and the process continues',
      async (_, error, facts) => {
        const definition = flow(async (context) => {
          const failed = await context
            .step('s', () => {
              throw error
            })
            .catch((caught: { error: Json }) => caught.error)
          await context.sleep({ hours: 1 })
          return failed
        })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        const output = (await kit.result('p')) as unknown as { value: { message: string } }
        expect(output).toMatchObject({ outcome: 'success', value: facts })
        expect(Buffer.byteLength(output.value.message)).toBeLessThanOrEqual(ERROR_MESSAGE_MAX_BYTES)
      },
    )

    test('codes of ours on errors of the author’s are the author’s', async () => {
      const output = await runs(ground, async (context) => {
        const seen: Json[] = []
        for (const code of ['timed_out', 'process_cancelled', 'wait_timed_out', 'step_interrupted']) {
          const body = () => Promise.reject(Object.assign(new Error('mine'), { code }))
          seen.push(await thrown(context.step('s', body)))
        }
        return seen
      })
      const codes = ['timed_out', 'process_cancelled', 'wait_timed_out', 'step_interrupted']
      expect(output).toEqual(value(codes.map((code) => ['StepFailed', code])))
    })

    test('a retry policy that cannot be meant is refused at once; one that throws fails its step', async () => {
      const output = await runs(ground, async (context) => {
        const bad = [
          { maxAttempts: 0 },
          { maxAttempts: 1.5 },
          { maxAttempts: Number.POSITIVE_INFINITY },
          { maxAttempts: 10_001 },
          { maxAttempts: 2, backoff: 0.5 },
          { maxAttempts: 2, backoff: Number.NaN },
          { maxAttempts: 2, initialDelay: { ms: -1 } },
          { maxAttempts: 2, maxDelay: { days: 1e9 } },
          { maxAttempts: 2, jitter: 'some' },
          { maxAttempts: 2, retryIf: 'always' },
          { maxAttempts: 2, attempts: 3 },
        ].map((retry) => thrown(context.step('s', () => 1, { retry: retry as never })))
        const refused = new Set((await Promise.all(bad)).map(String))
        const retryIf = () => {
          throw Object.assign(new Error('policy'), { code: 'E_POLICY' })
        }
        const failed = await thrown(
          context.step('t', () => Promise.reject(new Error('x')), { retry: { maxAttempts: 3, retryIf } }),
        )
        const many = { maxAttempts: 120, initialDelay: { ms: 0 }, jitter: 'none' } as const
        const tried = await context.step(
          'u',
          ({ attempt }) => (attempt < 100 ? Promise.reject(new Error('again')) : attempt),
          { retry: many },
        )
        // Nothing of all that is left open: the process can park.
        await context.sleep({ hours: 1 })
        return [[...refused], failed, tried]
      })
      expect(output).toEqual(value([['InvalidInput,invalid_input'], ['StepFailed', 'E_POLICY'], 100]))
    })
  })
}

function places(ground: Ground): void {
  describe('effects in the wrong place', () => {
    test('after the run has ended every one of them is refused, and nothing more is recorded', async () => {
      let leaked: ProcessContext | undefined
      const definition = flow(async (context) => {
        leaked = context
        await context.step('a', () => 1)
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.result('p')
      if (leaked === undefined) throw new Error('the process did not run')
      const late = leaked
      for (const effect of [
        () => late.step('late', () => 1),
        () => late.sleep({ days: 1 }),
        () => late.sleepUntil(0),
        () => late.signal('late'),
        () => late.callback('late'),
        () => late.emit('late', 1),
        () => late.run(definition, null),
        () => late.shield(() => late.step('late', () => 1)),
        () => late.all([() => late.step('late', () => 1)]),
        async () => late.now(),
        async () => late.random(),
        async () => late.uuid(),
        async () => late.patched('late'),
      ]) {
        await expect(effect()).rejects.toThrow(EffectRefused)
      }
      expect(kit.clock.pending).toBe(0)
      expect(await kit.effects('p')).toEqual(['a'])
      // A loop that asks for effects for ever after its end must not fill the log.
      const lines = kit.told.lines.filter(({ message }) => message.includes('after the end of its run'))
      expect(lines).toHaveLength(5)
      expect(lines[0]?.facts?.['at']).toMatch(/effects-misuse\.ts:\d+:\d+$/u)
    })

    test('throw inside a step’s body, even under a shield, and the process continues', async () => {
      const output = await runs(ground, async (context) => {
        const inside = (body: () => Promise<unknown>) =>
          thrown(context.step('outer', () => body() as Promise<Json>))
        const seen = [
          await inside(() => context.step('inner', () => 1)),
          await inside(() => context.shield(() => context.step('inner', () => 1))),
          await inside(async () => context.now()),
          await inside(() => context.signal('inner')),
          await inside(() => context.all([() => context.sleep({ seconds: 1 })])),
        ]
        await context.sleep({ hours: 1 })
        return seen.map(String)
      })
      expect(output).toEqual(value(Array.from({ length: 5 }, () => 'StepFailed,effect_refused')))
    })

    const NAMES = ['.', '..', '...', '.a', 'a/..', '%2E']

    test('a child whose id no path can hold is refused at once, and a signal of that name is not', async () => {
      const definition = flow(async (context) => {
        const seen: Json[] = []
        for (const step of ['.', '..']) {
          seen.push(await thrown(context.start(definition, null, { id: step })))
        }
        for (const name of NAMES) seen.push(await context.signal(name))
        return seen
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      for (const name of NAMES) await kit.signal('p', name, name)
      const refused = ['InvalidId', 'invalid_id']
      expect(await kit.result('p')).toEqual(value([refused, refused, ...NAMES]))
      expect(await kit.effects('p')).toEqual(NAMES)
    })

    test('that the code does not await delay no end, and their failures end no worker', async () => {
      const begun: string[] = []
      const child = flow((context) => context.signal('never'), { kind: 'child' })
      const definition = flow(async (context) => {
        void context.step('hangs', () => (begun.push('hangs'), new Promise<never>(() => {})))
        void context.step('fails', () => Promise.reject(new Error('unheard')))
        void context.sleep({ days: 9 }, 'long')
        void context.signal('never')
        void context.start(child, null, { id: 'child' })
        await context.step('work', () => 1)
        void context.step('not begun', () => begun.push('not begun'))
        return 'done'
      })
      const kit = await kitOn(ground, [definition, child])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value('done'))
      expect(begun).toEqual(['hangs'])
      expect(kit.clock.pending).toBe(0)
      const said = kit.told.lines.find(({ message }) => message.includes('did not await'))
      expect(said).toMatchObject({ level: 'warn' })
      const effects = (said?.facts?.['effects'] as readonly string[]).join('\n')
      expect(effects).toMatch(/step "hangs" at \S+effects-misuse\.ts:\d+:\d+: its body began/u)
      expect(effects).toMatch(/step "not begun" at \S+: its body did not begin/u)
      expect(effects).toMatch(/signal "never" at \S+: nothing waits for it/u)
      expect((await kit.effects('p')).toSorted()).toEqual(['child', 'fails', 'work'])
      await kit.skip({ minutes: 2 })
      expect(await kit.result('child')).toMatchObject({ outcome: 'cancelled' })
    })

    test('one that failed before it is awaited is caught where it is awaited', async () => {
      const output = await runs(ground, async (context) => {
        const failing = context.step('fails', () => Promise.reject(new Error('early')))
        await context.sleep({ hours: 1 })
        return thrown(failing)
      })
      expect(output).toEqual(value(['StepFailed', 'step_failed']))
    })

    test('do not delay code that returns or throws at once, also after a kill at its end', async () => {
      for (const run of [async () => 'now', () => Promise.reject(new Error('now'))] satisfies Body[]) {
        for (const when of ['before', 'after'] as const) {
          const definition = flow(run)
          const kit = await kitOn(ground, [definition])
          kit.crashAtWrite(2, when)
          await kit.start(definition, null, { id: 'p' })
          expect((await kit.result('p')).outcome).toMatch(/success|failure/u)
          expect((await kit.log('p')).filter(({ type }) => type === 'end')).toHaveLength(1)
        }
      }
    })
  })
}

function loops(ground: Ground): void {
  const forEver: readonly (readonly [string, (context: ProcessContext) => unknown])[] = [
    ['of the time', (context) => context.now()],
    ['of events', (context) => context.emit('tick', 1)],
    ['of sleeps of nothing', (context) => context.sleep({ ms: 0 })],
    ['that catches what it throws', (context) => context.emit('tick', 1).catch(() => 1)],
  ]

  describe('a loop without end', () => {
    test.each(forEver)(
      '%s is ended as journal_full, with its journal kept',
      async (_, effect) => {
        const definition = flow(async (context) => {
          for (;;) await effect(context)
        })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        expect(await kit.result('p')).toMatchObject({ outcome: 'failure', error: { code: 'journal_full' } })
        expect((await kit.record('p')).seq).toBe(JOURNAL_ENTRIES_MAX + 1)
        expect((await kit.record('p')).fence).toBe(1)
      },
      120_000,
    )

    test('of a step that always throws is ended by its attempts', async () => {
      let ran = 0
      const output = await runs(ground, (context) =>
        thrown(
          context.step('s', () => Promise.reject(new Error(String((ran += 1)))), {
            retry: { maxAttempts: 50, initialDelay: { ms: 0 } },
          }),
        ),
      )
      expect(output).toEqual(value(['StepFailed', 'step_failed']))
      expect(ran).toBe(50)
    })
  })
}
