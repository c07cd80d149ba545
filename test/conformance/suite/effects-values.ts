import { randomUUID } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { ProcessClient } from '../../../lib/client/client.ts'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { defineProcess, type AnyDefinition } from '../../../lib/effects/definition.ts'
import { CompletionRefused, InvalidInput, RegistrationConflict } from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import { INLINE_VALUE_MAX_BYTES } from '../../../lib/model/limits.ts'
import { startMessage } from '../../../lib/queue/messages.ts'
import { kitOn, redeployed, thrown, value, type Ground, type Kit } from '../../helpers/effects.ts'
import { World } from '../../helpers/world.ts'

/** A schema of any output, and how often it ran. */
function counted(
  validate: (value: unknown, ran: number) => StandardSchemaV1.Result<Json>,
): StandardSchemaV1<Json, Json> & { readonly ran: number } {
  let ran = 0
  return {
    get ran() {
      return ran
    },
    '~standard': { version: 1, vendor: 'test', validate: (given: unknown) => validate(given, (ran += 1)) },
  }
}

const refuseAll = () => counted(() => ({ issues: [{ message: 'no longer taken', path: ['x'] }] }))
/** Takes the first value only: as one that compares with the time does, or one of a deploy before. */
const onlyOnce = () =>
  counted((given, ran) => (ran === 1 ? { value: given as Json } : { issues: [{ message: 'too late' }] }))
const tenfold = () => counted((given) => ({ value: Number(given) * 10 }))

type Parts = {
  readonly input?: StandardSchemaV1<Json, Json>
  readonly output?: StandardSchemaV1<Json, Json>
  readonly events?: AnyDefinition['events']
  readonly kind?: string
}
const any = v.unknown() as unknown as StandardSchemaV1<Json, Json>

function flow(run: (context: ProcessContext, input: Json) => Promise<Json>, parts: Parts = {}) {
  return defineProcess({ kind: 'flow', input: any, output: any, ...parts, run })
}

const inputOf = async (kit: Pick<Kit, 'registry' | 'record'>, id = 'p'): Promise<Json> => {
  const record = await kit.record(id)
  return kit.registry.load(record.id, record.input)
}

/** A schema decides once, when its value comes in; its output is recorded (C58). */
export function effectsValues(ground: Ground): void {
  describe('values decide once', () => {
    inputs(ground)
    arrivals(ground)
    outputs(ground)
    refusals(ground)
  })
}

function inputs(ground: Ground): void {
  test('each run gets the input that the first schema made, and so does the record [C58]', async () => {
    const input = counted((given) => ({ value: { given: given as Json, key: randomUUID() } }))
    const seen: Json[] = []
    const definition = flow(
      async (context, made) => {
        seen.push(made)
        await context.step(`charge ${JSON.stringify(made)}`, () => 1)
        await context.sleep({ days: 1 })
        return made
      },
      { input },
    )
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, 'sent', { id: 'p' })
    kit.crash()
    const output = await kit.result('p')
    expect(input.ran).toBe(1)
    expect(seen.length).toBeGreaterThanOrEqual(2)
    const recorded = await inputOf(kit)
    expect(new Set(seen.map((made) => JSON.stringify(made)))).toEqual(new Set([JSON.stringify(recorded)]))
    expect(output).toEqual(value(recorded))
  })

  test('a repeated start is the same start though its default is made anew, a big one too [C58]', async () => {
    for (const padding of ['', 'x'.repeat(INLINE_VALUE_MAX_BYTES)]) {
      const input = counted(() => ({ value: `${randomUUID()}${padding}` }))
      const definition = flow(async (context, made) => (await context.sleep({ days: 1 }), made), { input })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, 'sent', { id: 'p' })
      const first = await inputOf(kit)
      await kit.start(definition, 'sent', { id: 'p' })
      expect(input.ran).toBe(2)
      await expect(kit.start(definition, 'other', { id: 'p' })).rejects.toThrow(RegistrationConflict)
      expect(await inputOf(kit)).toBe(first)
      expect(await kit.result('p')).toEqual(value(first))
    }
  })

  test('an input that its schema accepts only for a while runs later, also when sent again [C58]', async () => {
    const input = onlyOnce()
    const definition = flow(async (context, made) => (await context.sleep({ days: 1 }), made), { input })
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, 'in time', { id: 'p' })
    await kit.skip({ hours: 12 })
    await kit.start(definition, 'in time', { id: 'p' })
    expect(input.ran).toBe(2)
    await expect(kit.start(definition, 'another', { id: 'q' })).rejects.toThrow(/too late/u)
    expect(await kit.result('p')).toEqual(value('in time'))
  })

  test('a stricter schema deployed later fails no pending, waiting or compensating process [C58]', async () => {
    const undone: string[] = []
    const run = async (context: ProcessContext, made: Json): Promise<Json> => {
      await context.step('book', () => 1)
      try {
        await context.signal('go')
      } catch (error) {
        await context.shield(async () => context.step('undo', () => void undone.push(context.id)))
        throw error
      }
      return made
    }
    const old = flow(run)
    const kit = await kitOn(ground, [old])
    await kit.start(old, 1, { id: 'waiting' })
    await kit.start(old, 2, { id: 'to-cancel' })
    await kit.start(old, 3, { id: 'pending', startAt: kit.clock.now() + 60_000 })
    const input = refuseAll()
    const strict = flow(run, { input })
    const later = await redeployed(kit, ground, [strict])
    await later.skip({ minutes: 5 })
    await later.cancel('to-cancel')
    for (const id of ['waiting', 'pending']) await later.signal(id, 'go')
    expect(await later.result('waiting')).toEqual(value(1))
    expect(await later.result('pending')).toEqual(value(3))
    expect(await later.result('to-cancel')).toMatchObject({ outcome: 'cancelled' })
    expect(undone).toEqual(['to-cancel'])
    expect(input.ran).toBe(0)
    await expect(later.start(strict, 4, { id: 'new' })).rejects.toThrow(InvalidInput)
  })

  test('a retry repeats the recorded input, which no schema changes again [C58]', async () => {
    const input = tenfold()
    const definition = flow(
      async (context, made) => {
        if (context.id === 'p') throw new Error('fails')
        return made
      },
      { input },
    )
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, 2, { id: 'p' })
    await kit.client.retry('p')
    expect(await kit.result('p.retry')).toEqual(value(20))
    expect(input.ran).toBe(1)
  })

  test('a child gets the input that its schema made once, in the commit of its parent [C58]', async () => {
    const input = counted((given, ran) => ({ value: [given as Json, ran] }))
    const child = flow(async (context, made) => (await context.sleep({ hours: 1 }), made), {
      kind: 'child',
      input,
    })
    const parent = flow((context) => context.run(child, 'sent'))
    const kit = await kitOn(ground, [parent, child])
    await kit.start(parent, null, { id: 'p' })
    expect(await kit.result('p')).toEqual(value(['sent', 1]))
    expect([await inputOf(kit, 'p.0'), input.ran]).toEqual([['sent', 1], 1])
  })

  test('a schema whose output JSON cannot hold is refused at the start, with the path', async () => {
    const dates = v.object({ at: v.pipe(v.string(), v.toDate()) })
    const definition = flow(async () => null, { input: dates as unknown as Parts['input'] })
    const kit = await kitOn(ground, [definition])
    const start = kit.client.start(definition, { at: '2026-01-01' }, { id: 'p' })
    await expect(start).rejects.toThrow(InvalidInput)
    await expect(start).rejects.toMatchObject({
      issues: [{ path: 'at', message: expect.stringMatching(/makes a Date, which JSON cannot hold/u) }],
    })
    expect(await kit.client.get('p')).toBeUndefined()
  })
}

function arrivals(ground: Ground): void {
  /** Each way in which a value reaches a wait: the wait, and how the value is sent. */
  const WAYS: readonly [
    string,
    (context: ProcessContext, schema: StandardSchemaV1<Json, Json>) => Promise<Json>,
    (kit: Kit, payload: Json) => Promise<unknown>,
  ][] = [
    [
      'signal',
      (context, schema) => context.signal('go', { schema }),
      (kit, payload) => kit.signal('p', 'go', payload),
    ],
    [
      'reply',
      async (context, schema) => {
        const callback = await context.callback('go', { schema })
        await context.step('give away', () => callback.token)
        return callback.result()
      },
      async (kit, payload) => {
        const [, given] = await kit.log('p')
        const outcome = given?.type === 'effect' ? given.outcome : undefined
        const payloadOf = outcome?.ok === true ? outcome.value : undefined
        const token = await kit.registry.load((await kit.record('p')).id, payloadOf ?? { value: null })
        return kit.client.completeCallback(token as string, payload)
      },
    ],
  ]

  for (const [way, waits, send] of WAYS) {
    test(`the schema of a ${way} runs once, and each run gets what it made [C58]`, async () => {
      const schema = counted((given, ran) => ({ value: [given as Json, ran] }))
      const seen: Json[] = []
      const definition = flow(async (context) => {
        const made = await waits(context, schema)
        seen.push(made)
        await context.sleep({ days: 1 })
        await context.step('after', () => 1)
        return made
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await send(kit, 'yes')
      expect(await kit.result('p')).toEqual(value(['yes', 1]))
      expect(schema.ran).toBe(1)
      expect(new Set(seen.map((made) => JSON.stringify(made)))).toEqual(new Set(['["yes",1]']))
      expect(seen.length).toBeGreaterThanOrEqual(2)
    })

    test(`a ${way} that its schema took stays taken, whatever a later schema says [C58]`, async () => {
      const schema = onlyOnce()
      const definition = flow(async (context) => {
        const made = await waits(context, schema)
        await context.sleep({ days: 1 })
        return made
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await send(kit, { taken: ['as', 'it', 'is'] })
      expect(await kit.result('p')).toEqual(value({ taken: ['as', 'it', 'is'] }))
      expect(schema.ran).toBe(1)
    })

    test(`a ${way} that its schema makes into no JSON fails the wait, with the path`, async () => {
      const schema = v.object({ at: v.pipe(v.string(), v.toDate()) }) as unknown as StandardSchemaV1<
        Json,
        Json
      >
      const definition = flow((context) => waits(context, schema))
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await send(kit, { at: '2026-01-01' })
      expect(await kit.result('p')).toMatchObject({
        error: {
          code: 'invalid_input',
          message: expect.stringMatching(/at: its schema makes a Date/u) as string,
        },
      })
    })

    test(`a big ${way} and what its schema makes of it come back on each run [C58]`, async () => {
      const text = 'x'.repeat(INLINE_VALUE_MAX_BYTES * 2)
      for (const schema of [counted((given) => ({ value: [given as Json] })), onlyOnce()]) {
        const definition = flow(async (context) => {
          const made = await waits(context, schema)
          await context.sleep({ days: 1 })
          return JSON.stringify(made).length
        })
        const kit = await kitOn(ground, [definition])
        await kit.start(definition, null, { id: 'p' })
        await send(kit, text)
        const made = await kit.result('p')
        expect(made).toMatchObject({ outcome: 'success' })
        expect(schema.ran).toBe(1)
      }
    })
  }

  const [, replyWaits, replySend] = WAYS[1] ?? WAYS[0]!
  const reply = { waits: replyWaits, send: replySend }
  test('a reply that its schema refused is refused on each run, with the same error [C58]', async () => {
    const schema = counted((given, ran) =>
      ran === 1
        ? { issues: [{ message: 'expected a name', path: ['by'] }, { message: 'and more' }] }
        : { value: given as Json },
    )
    const seen: Json[] = []
    const definition = flow(async (context) => {
      const error = await reply.waits(context, schema).then(
        () => new Error('was taken'),
        (thrown: InvalidInput) => thrown,
      )
      seen.push([error.name, error instanceof InvalidInput ? error.code : '', error.message])
      await context.sleep({ days: 1 })
      throw error
    })
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, null, { id: 'p' })
    await reply.send(kit, { by: 7 })
    const message = 'the reply to go is not valid: by: expected a name; and more'
    expect(await kit.result('p')).toMatchObject({
      error: { class: 'InvalidInput', code: 'invalid_input', message },
    })
    expect(seen.length).toBeGreaterThanOrEqual(2)
    for (const each of seen) expect(each).toEqual(['InvalidInput', 'invalid_input', message])
    expect(schema.ran).toBe(1)
  })

  test('a signal that its wait’s schema refuses is used up, logged, and the wait continues [C73]', async () => {
    const schema = counted((given) =>
      typeof given === 'number' ? { value: given } : { issues: [{ message: 'no number', path: ['n'] }] },
    )
    const definition = flow(async (context) => {
      const made: Json[] = []
      for (let n = 0; n < 2; n += 1) {
        made.push(await context.signal('go', { schema }))
        await context.sleep({ hours: 1 })
      }
      return [made, await context.signal('go')]
    })
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, null, { id: 'p' })
    for (const payload of ['one', 1, 'two', 'three', 2, 'last']) await kit.signal('p', 'go', payload)
    expect(await kit.result('p')).toEqual(value([[1, 2], 'last']))
    // Once for each signal, on however many runs.
    expect(schema.ran).toBe(5)
    const refused = (await kit.log('p')).filter((entry) => entry.type === 'effect' && !entry.outcome.ok)
    expect(refused).toHaveLength(3)
    expect(refused[0]).toMatchObject({
      name: 'go',
      outcome: {
        error: {
          class: 'InvalidInput',
          code: 'signal_payload_refused',
          message: expect.stringContaining('n: no number'),
        },
      },
    })
    const lines = kit.told.lines.filter(({ message }) => message.startsWith('a signal was refused'))
    expect(lines).toHaveLength(3)
    expect(kit.told.counts.get('SignalPayloadRefused')).toBe(3)
    expect(lines[0]).toMatchObject({
      level: 'warn',
      facts: { signal: 'go', entry: expect.any(Number), id: 'p' },
    })
    expect(lines[0]?.facts?.['at']).toMatch(/effects-values\.ts:\d+:\d+$/u)
  })

  test('a later schema changes neither a recorded refusal nor the end of the wait [C73]', async () => {
    const waits = (schema: StandardSchemaV1<Json, Json>) =>
      flow(async (context) => {
        const side = context.step('beside', () => 1)
        const seen = await thrown(context.signal('go', { schema, timeout: { days: 2 } }))
        await side
        return [seen, context.now() - from]
      })
    const kit = await kitOn(ground, [waits(refuseAll())])
    const from = kit.clock.now()
    await kit.start(waits(refuseAll()), null, { id: 'p' })
    await kit.skip({ days: 1 })
    await kit.signal('p', 'go', 1)
    await kit.skip({ hours: 23 })
    const all = counted((given) => ({ value: given as Json }))
    const later = await redeployed(kit, ground, [waits(all)])
    expect(await later.result('p')).toEqual(value([['WaitTimedOut', 'wait_timed_out'], 2 * 86_400_000]))
    expect(all.ran).toBe(0)
  })

  test('an event is recorded as its schema returned it, and a later schema changes nothing [C58]', async () => {
    const run = async (context: ProcessContext): Promise<Json> => {
      await context.emit('progress', 2)
      await context.signal('go')
      return 'done'
    }
    const old = flow(run, { events: { progress: tenfold() } })
    const kit = await kitOn(ground, [old])
    await kit.start(old, null, { id: 'p' })
    expect(await kit.log('p')).toMatchObject([{ effect: 'emit', outcome: { value: { value: 20 } } }])
    const progress = refuseAll()
    const later = await redeployed(kit, ground, [flow(run, { events: { progress } })])
    await later.signal('p', 'go')
    expect(await later.result('p')).toEqual(value('done'))
    expect(progress.ran).toBe(0)
  })
}

function outputs(ground: Ground): void {
  test('the output schema is applied once: result(), table and parent have the same value [C58]', async () => {
    const output = tenfold()
    const child = flow(async () => 2, { kind: 'child', output })
    const parent = flow(async (context) => {
      const made = await context.run(child, null)
      await context.sleep({ days: 1 })
      return [made, await context.result(await context.start(child, null))]
    })
    const kit = await kitOn(ground, [parent, child])
    await kit.start(parent, null, { id: 'p' })
    expect(await kit.result('p')).toEqual(value([20, 20]))
    expect(await kit.client.result(child, 'p.0')).toEqual(value(20))
    expect(await kit.client.result('p.0')).toEqual(value(20))
    expect(output.ran).toBe(2)
  })

  test('an output that a later schema would not take is still read [C58]', async () => {
    const old = flow(async () => ({ total: 1 }))
    const kit = await kitOn(ground, [old])
    await kit.start(old, null, { id: 'p' })
    const output = refuseAll()
    expect(
      await kit.client.result(
        flow(async () => null, { output }),
        'p',
      ),
    ).toEqual(value({ total: 1 }))
    expect(output.ran).toBe(0)
  })

  test('the output of an external process is as the schema of its definition made it, once [C58]', async () => {
    const output = counted((given) =>
      typeof given === 'number' ? { value: given * 10 } : { issues: [{ message: 'no number' }] },
    )
    const manual = defineProcess({
      kind: 'manual',
      recovery: 'external',
      input: any,
      output,
      run: async () => null,
    })
    const registry = await ground.open()
    const { clock, queue: doorbell } = new World(registry)
    const client = new ProcessClient({ registry, doorbell, clock, definitions: [manual] })
    const completionToken = 'a-secret-of-the-caller'
    await client.start(manual, null, { id: 'p', completionToken })
    const completed = (token: string, said: Json) =>
      client.completeExternal('p', token, { outcome: 'success', value: said })
    await expect(completed('another-secret-of-others', 'two')).rejects.toThrow(CompletionRefused)
    expect(output.ran).toBe(0)
    await expect(completed(completionToken, 'two')).rejects.toThrow(/the output of p is not valid/u)
    await completed(completionToken, 2)
    await completed(completionToken, 2)
    expect(await client.result(manual, 'p')).toEqual(value(20))
  })

  test('result() refuses the definition of another kind, whose type would be wrong', async () => {
    const definition = flow(async () => 1)
    const kit = await kitOn(ground, [definition])
    await kit.start(definition, null, { id: 'p' })
    const other = flow(async () => 1, { kind: 'other' })
    await expect(kit.client.result(other, 'p')).rejects.toThrow(/definition of flow, which p is/u)
  })
}

function refusals(ground: Ground): void {
  const REFUSED: readonly [string, object, string][] = [
    ['an unknown kind', { kind: 'no-such-id' }, 'unknown_kind'],
    ['an input that its schema refuses', { kind: 'strict' }, 'invalid_input'],
    ['an input over the limit', { input: 'x'.repeat(400_000) }, 'payload_too_large'],
  ]

  test.each(REFUSED)(
    'a start with %s never runs, now or at its time, and leaves its id free [C65]',
    async (_, fields, code) => {
      const world = new World(await ground.open())
      const ran: string[] = []
      const definition = flow(async (context) => (ran.push(context.id), 'ran'))
      const strict = flow(async (context) => (ran.push(context.id), 'ran'), {
        kind: 'strict',
        input: refuseAll(),
      })
      const parts = world.parts([definition, strict])
      world.attach(parts)
      const good = { id: 'p', kind: 'flow', input: 'corrected' }
      const startAt = world.clock.now() + 60_000
      for (const start of [
        { ...good, ...fields },
        { ...good, startAt, ...fields },
      ])
        await world.until(world.serve(parts, [startMessage(start)]))
      await world.pass(120_000)
      await world.sweep()
      await world.pass(120_000)
      expect(ran).toEqual([])
      expect(world.queue.letters).toMatchObject([{ code }, { code }])
      await world.until(world.serve(parts, [startMessage(good)]))
      expect(ran).toEqual(['p'])
    },
  )

  test('a start message that comes again after a stricter deploy is the same start [C58]', async () => {
    const world = new World(await ground.open())
    const run = async (context: ProcessContext): Promise<Json> => context.step('s', () => 'ran')
    const body = startMessage({ id: 'p', kind: 'flow', input: 1 })
    await world.until(world.serve(world.parts([flow(run)]), [body]))
    const strict = world.parts([flow(run, { input: refuseAll() })])
    await world.until(world.serve(strict, [body]))
    expect(world.queue.letters).toEqual([])
    await world.until(world.serve(strict, [startMessage({ id: 'p', kind: 'flow', input: 2 })]))
    expect(world.queue.letters).toMatchObject([{ code: 'invalid_input' }])
  })
}
