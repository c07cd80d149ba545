import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { InvalidMessage } from '../../lib/model/errors.ts'
import { isProcessId, parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { lookMessage, readMessage, startMessage } from '../../lib/queue/messages.ts'
import { anyJson, anyText, edgeNumber, expectUnpolluted, holds, nestedText, SEED } from '../helpers/fuzz.ts'
import { World } from '../helpers/world.ts'

const any = defineProcess({
  kind: 'any',
  input: v.unknown(),
  output: v.unknown(),
  run: (context, input) => context.step('echo', () => input as Json),
})
const strict = defineProcess({
  kind: 'strict',
  input: v.strictObject({ n: v.number() }),
  output: v.unknown(),
  run: async (_, { n }) => n,
})

/** Stands for what no recursive function can write: it is put into the text afterwards. */
const DEEP = '@deep@'
const value = fc.oneof(anyJson, edgeNumber, fc.constant(DEEP))
const oddly = <T>(good: fc.Arbitrary<T>) => fc.oneof({ weight: 20, arbitrary: good }, value)

/** A start message of which any field may be odd, and any may be missing. */
const start = fc
  .record(
    {
      v: oddly(fc.constant(1)),
      type: oddly(fc.constant('start')),
      id: oddly(fc.constantFrom('p-1', 'p-2', 'a b', '__proto__', 'constructor')),
      kind: oddly(fc.constantFrom('any', 'strict', 'no-such-id', '__proto__', 'toString')),
      input: value,
      recovery: oddly(fc.constantFrom('rerun', 'abandon', 'external')),
      scope: oddly(fc.constantFrom('tenant-1', '__proto__')),
      provenance: oddly(fc.record({ source: anyText, retryOf: anyText }, { requiredKeys: [] })),
      limits: oddly(
        fc.record(
          { timeoutMs: edgeNumber, maxStalls: edgeNumber, retentionMs: edgeNumber },
          { requiredKeys: [] },
        ),
      ),
      startAt: oddly(edgeNumber),
      concurrency: oddly(fc.record({ key: anyText, limit: edgeNumber })),
      urgent: oddly(fc.boolean()),
      events: oddly(fc.array(anyText, { maxLength: 3 })),
      completionToken: oddly(fc.constant('a-token-that-is-long-enough')),
    },
    { requiredKeys: ['v', 'type', 'id', 'kind'] },
  )
  .map((message) => JSON.stringify(message).replaceAll(`"${DEEP}"`, nestedText(10_000)))
const look = fc
  .record({ v: oddly(fc.constant(1)), type: fc.constant('look'), id: value })
  .map((message) => JSON.stringify(message))
const bytes = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each).toString('utf8'))
const whole = fc.oneof(
  { weight: 5, arbitrary: start },
  look,
  bytes,
  anyText,
  anyJson.map((each) => JSON.stringify(each)),
)
const body = fc.oneof(
  { weight: 4, arbitrary: whole },
  fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
)

describe(`messages of any content (SEED=${SEED})`, () => {
  test('are read, or refused as no message', () =>
    holds(
      fc.asyncProperty(body, async (text) => {
        try {
          expect(readMessage(text)).toMatchObject({ v: 1 })
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidMessage)
        }
        expectUnpolluted()
      }),
      1_500,
    ))

  test('are done in one delivery, harm no other message, and none is dropped in silence', () =>
    holds(
      fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 6 }), async (bodies) => {
        const world = new World(new MemoryProcessRegistry())
        const parts = world.parts([any, strict])
        const good = [1, 2, 3].map((n) => startMessage({ id: `good-${n}`, kind: 'strict', input: { n } }))
        const batch = bodies.flatMap((each, index) => [each, good[index % 3] ?? each])
        expect(await world.until(world.serve(parts, batch))).toEqual([])
        for (const text of bodies) expect(await fateOf(world, text)).not.toBe('dropped in silence')
        for (const n of new Set(bodies.map((_, index) => (index % 3) + 1)))
          expect(await world.registry.get(parseProcessId(`good-${n}`))).toMatchObject({ status: 'completed' })
        expectUnpolluted()
      }),
      150,
    ))

  test('leave rows that every reader can read', () =>
    holds(
      fc.asyncProperty(start, async (text) => {
        const world = new World(new MemoryProcessRegistry())
        const parts = world.parts([any, strict])
        await world.until(world.serve(parts, [text]))
        for (const kind of ['any', 'strict', '__proto__'])
          for (const { id } of (await world.registry.list({ kind })).items) {
            await world.registry.get(id)
            await world.registry.eventsAfter(id, 0)
            await world.until(world.serve(parts, [lookMessage(id)]))
          }
        expect((await world.sweep()).failedShards).toBe(0)
      }),
      300,
    ))
})

test.each([
  [
    'a byte order mark before it',
    '\ufeff{"v":1,"type":"start","id":"p","kind":"any","input":1}',
    'dead letter',
  ],
  ['NUL as it is', '{"v":1,"type":"start","id":"p","kind":"any","input":"\0"}', 'dead letter'],
  [
    'NUL as JSON writes it',
    String.raw`{"v":1,"type":"start","id":"p","kind":"any","input":"\u0000"}`,
    'completed',
  ],
  [
    'a key named __proto__',
    '{"v":1,"type":"start","id":"p","kind":"any","input":1,"__proto__":{}}',
    'dead letter',
  ],
  [
    'all of it under __proto__',
    '{"__proto__":{"v":1,"type":"start","id":"p","kind":"any","input":1}}',
    'dead letter',
  ],
  [
    'a key twice, of which a parser keeps the last',
    '{"v":2,"v":1,"type":"start","id":"q","id":"p","kind":"any","input":1}',
    'dead letter',
  ],
  [
    'a number beyond all numbers',
    '{"v":1,"type":"start","id":"p","kind":"any","input":[1e999]}',
    'dead letter',
  ],
  [
    'a number of more digits than it keeps',
    '{"v":1,"type":"start","id":"p","kind":"any","input":{"n":9007199254740993}}',
    'dead letter',
  ],
  ['minus zero', '{"v":1,"type":"start","id":"p","kind":"any","input":-0}', 'completed'],
  [
    'a time beyond all numbers',
    '{"v":1,"type":"start","id":"p","kind":"any","input":1,"startAt":1e999}',
    'dead letter',
  ],
  [
    'a megabyte of lists',
    `{"v":1,"type":"start","id":"p","kind":"any","input":${nestedText(500_000)}}`,
    'dead letter',
  ],
  [
    'a megabyte of maps',
    `{"v":1,"type":"start","id":"p","kind":"any","input":${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}}`,
    'dead letter',
  ],
  [
    'a megabyte of text',
    `{"v":1,"type":"start","id":"p","kind":"any","input":"${'x'.repeat(1_000_000)}"}`,
    'dead letter',
  ],
  [
    'half a character in its id',
    String.raw`{"v":1,"type":"start","id":"p\ud800","kind":"any","input":1}`,
    'dead letter',
  ],
  [
    'an id that NFKC takes for another',
    '{"v":1,"type":"start","id":"\uff50","kind":"any","input":1}',
    'dead letter',
  ],
  [
    'an id that ends its line',
    String.raw`{"v":1,"type":"start","id":"p\n","kind":"any","input":1}`,
    'dead letter',
  ],
])('a message with %s has one end, in one delivery', async (_, text, end) => {
  const world = new World(new MemoryProcessRegistry())
  expect(await world.until(world.serve(world.parts([any, strict]), [text]))).toEqual([])
  const record = await world.registry.get(parseProcessId('p'))
  expect(record?.status ?? (world.queue.letters[0]?.body === text ? 'dead letter' : 'nowhere')).toBe(end)
  expect(await world.registry.get(parseProcessId('q'))).toBeUndefined()
  expectUnpolluted()
})

/** The end of a message: each one ends in a place that an operator sees. */
async function fateOf(world: World, text: string): Promise<string> {
  if (world.queue.letters.some((letter) => letter.body === text)) return 'dead letter'
  const message = readMessage(text)
  if (message.type === 'look') {
    const rejected = world.told.lines.some(({ facts }) => facts?.['id'] === message.id)
    return rejected ? 'dropped with a count' : 'dropped in silence'
  }
  const record = isProcessId(message.id) ? await world.registry.get(message.id) : undefined
  return record === undefined ? 'dropped in silence' : `registered, and ${record.status}`
}
