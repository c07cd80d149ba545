import * as fc from 'fast-check'
import * as v from 'valibot'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { NotSerialisable } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { GZIP } from '../../lib/registry/payload-ports.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import {
  anyJson,
  anyText,
  expectUnpolluted,
  holds,
  INHERITED,
  keptJson,
  nestedText,
  SEED,
} from '../helpers/fuzz.ts'
import { freshTable, localClient } from '../helpers/table.ts'

/** Takes a value through every place where one is kept: input, step, event, signal, child, output. */
/** Processes live on a virtual clock, whose time is long past: nothing of theirs is old enough to be hidden. */
const PAST = { now: () => 0 }
const leaf = defineProcess({
  kind: 'leaf',
  input: v.unknown(),
  output: v.unknown(),
  run: async (_, input) => input,
})
const everywhere = defineProcess({
  kind: 'everywhere',
  input: v.unknown(),
  output: v.unknown(),
  async run(context, input) {
    const stepped = await context.step('given', () => input as Json)
    const again = await context.step('again', () => stepped)
    await context.emit('told', again)
    const sent = await context.signal('sent')
    const child = await context.run(leaf, sent)
    return { input, stepped: again, sent, child }
  },
})

const GROUNDS: readonly [string, number, () => Promise<() => ProcessRegistry>][] = [
  ['in memory', 80, async () => () => new MemoryProcessRegistry()],
  ['behind a codec', 50, async () => () => new MemoryProcessRegistry({ payloads: { codec: GZIP } })],
  ['on DynamoDB', 8, onDynamo],
]

async function onDynamo(): Promise<() => ProcessRegistry> {
  const client = localClient(inject('dynamoEndpoint'))
  const tableName = await freshTable(client, 'values')
  const registry = new DynamoProcessRegistry({
    retentionClock: PAST,
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  return () => registry
}

/** JSON has no minus zero, and the library says so by keeping zero. */
function asKept(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

for (const [name, runs, open] of GROUNDS) {
  describe(`a value of any content ${name} (SEED=${SEED})`, () => {
    let registry: () => ProcessRegistry
    let cases = 0
    beforeAll(async () => {
      registry = await open()
    })

    test('comes back intact from wherever it was kept, and pollutes nothing', () =>
      holds(
        fc.asyncProperty(keptJson, async (value) => {
          cases += 1
          const id = `value-${process.pid}-${cases}`
          const kit = new TestKit({ definitions: [everywhere, leaf], registry: registry() })
          await kit.start(everywhere, value, { id })
          await kit.signal(id, 'sent', value, 'once')
          const kept = asKept(value)
          expect(await kit.result(id)).toEqual({
            outcome: 'success',
            value: { input: kept, stepped: kept, sent: kept, child: kept },
          })
          const told = (await kit.log(id)).find((entry) => entry.type === 'effect' && entry.effect === 'emit')
          if (told?.type !== 'effect' || !told.outcome.ok || told.outcome.value === undefined)
            throw new Error('an event is in the log')
          expect(await kit.registry.load(parseProcessId(id), told.outcome.value)).toEqual(kept)
          expectUnpolluted()
        }),
        runs,
      ))
  })
}

describe(`a value that cannot be kept (SEED=${SEED})`, () => {
  const bad = fc.constantFrom<unknown>(
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    '\ud800',
    { '\udc00': 1 },
    new Date(0),
    new Map(),
    () => 1,
    Symbol('s'),
    Object.create({ inherited: 1 }),
    JSON.parse(nestedText(500)),
    JSON.parse(nestedText(10_000)),
  )
  /** Puts the bad value somewhere in a good one. */
  const hidden = fc
    .tuple(bad, fc.array(fc.constantFrom<string | number>(...INHERITED, 'a', 0), { maxLength: 5 }))
    .map(([value, path]) =>
      path.reduce<unknown>(
        (inner, key) => (typeof key === 'number' ? [inner] : Object.fromEntries([[key, inner]])),
        value,
      ),
    )

  test('is refused by its path, wherever it is given, and what it was given to continues', () =>
    holds(
      fc.asyncProperty(hidden, async (value) => {
        const refusals: unknown[] = []
        const note = (error: unknown): null => (refusals.push(error), null)
        const given = defineProcess({
          kind: 'given',
          input: v.unknown(),
          output: v.unknown(),
          async run(context) {
            await context.step('s', () => value as Json).catch((error: Error) => note(error.message))
            await context.emit('e', value as Json).catch(note)
            await context.start(leaf, value).catch(note)
            return 'went on'
          },
        })
        const kit = new TestKit({ definitions: [given, leaf] })
        await expect(kit.client.start(leaf, value, { id: 'refused' })).rejects.toThrow(NotSerialisable)
        await kit.start(given, null, { id: 'given' })
        expect(await kit.result('given')).toEqual({ outcome: 'success', value: 'went on' })
        expect(refusals).toHaveLength(3)
        expect(refusals[0]).toMatch(/cannot be recorded: \$/u)
        for (const refusal of refusals.slice(1)) expect(refusal).toBeInstanceOf(NotSerialisable)
        const signal = { name: 'n', key: 'k', payload: value as Json }
        await expect(kit.client.signal('given', signal)).rejects.toThrow(NotSerialisable)
        expectUnpolluted()
      }),
      80,
    ))

  test('an output that cannot be kept ends its process failed, and says so', () =>
    holds(
      fc.asyncProperty(hidden, async (value) => {
        const returns = defineProcess({
          kind: 'returns',
          input: v.unknown(),
          output: v.unknown(),
          run: async () => value,
        })
        const kit = new TestKit({ definitions: [returns] })
        await kit.start(returns, null, { id: 'r' })
        expect(await kit.result('r')).toMatchObject({ outcome: 'failure', error: { code: 'output_invalid' } })
      }),
      40,
    ))
})

describe(`an error of any content (SEED=${SEED})`, () => {
  const thrown = fc.oneof(
    anyText.map((message) => new Error(message)),
    anyText.map((name) => Object.assign(new Error('m'), { name, code: name })),
    anyText.map((message) => Object.assign(new Error('m'), { message: { toString: () => message } })),
    anyJson,
    fc.constantFrom<unknown>(
      undefined,
      1n,
      Symbol('s'),
      JSON.parse(nestedText(10_000)),
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
        },
      ),
    ),
  )

  test('ends its step and its process failed, in words that can be read back', () =>
    holds(
      fc.asyncProperty(thrown, async (error) => {
        const fails = defineProcess({
          kind: 'fails',
          input: v.unknown(),
          output: v.unknown(),
          run: (context) =>
            context.step('s', () => {
              throw error
            }),
        })
        const kit = new TestKit({ definitions: [fails] })
        await kit.start(fails, null, { id: 'f' })
        const output = await kit.result('f')
        expect(output.outcome).toBe('failure')
        expect(JSON.stringify(output).isWellFormed()).toBe(true)
        expectUnpolluted()
      }),
      120,
    ))
})

test(`an input that its schema refuses starts nothing, whatever else is in it (SEED=${SEED})`, async () => {
  const picky = defineProcess({
    kind: 'picky',
    input: v.strictObject({ a: v.number() }),
    output: v.unknown(),
    run: async () => 1,
  })
  await holds(
    fc.asyncProperty(fc.constantFrom(...INHERITED), anyJson, async (key, value) => {
      const kit = new TestKit({ definitions: [picky] })
      const input = Object.fromEntries([
        ['a', 'not a number'],
        [key, value],
      ]) as never
      await expect(kit.client.start(picky, input, { id: 'x' })).rejects.toThrow(
        /is not valid: |cannot be recorded: /u,
      )
      expect(await kit.client.get('x')).toBeUndefined()
      expectUnpolluted()
    }),
    40,
  )
})
