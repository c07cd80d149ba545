import { inspect } from 'node:util'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { apiApp } from '../../lib/api/app.ts'
import { ProcessClient } from '../../lib/client/client.ts'
import { defineProcess, type AnyDefinition } from '../../lib/effects/definition.ts'
import { UnreadableItem } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { PayloadCodec } from '../../lib/registry/payload-ports.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { lookMessage, startMessage } from '../../lib/queue/messages.ts'
import { statusEventOf } from '../../lib/status-events/event.ts'
import { readImage } from '../../lib/registry/codec/projections.ts'
import { errorFacts } from '../../lib/telemetry/error-facts.ts'
import { World } from '../helpers/world.ts'

// Code that handles values of callers may throw, and its message then quotes them: a parser its text, a codec
// what it opened and the key it did that with. None of it may leak.

const PLAIN = 'canary-plain-4111'
const KEY = 'canary-key-5222'
const CANARY = /canary-\w+/u

const sleeper = defineProcess({
  kind: 'sleeper',
  input: v.unknown(),
  output: v.unknown(),
  async run(context) {
    await context.sleep({ seconds: 60 }, 'night')
    return 1
  },
})
const sound = defineProcess({ kind: 'sound', input: v.unknown(), output: v.unknown(), run: async () => 1 })

/** A codec that quotes all it knows, in its words and in what it was caused by. */
function loudCodec(fails: { encode: boolean; decode: boolean }): PayloadCodec {
  const quote = (bytes: Uint8Array): never => {
    const said = `bad\n    at ${KEY}: ${Buffer.from(bytes).toString('utf8')} ${PLAIN}`
    throw Object.assign(new Error(said, { cause: new Error(said) }), { plain: said })
  }
  return {
    encode: async (bytes) => (fails.encode ? quote(bytes) : bytes),
    decode: async (bytes) => (fails.decode ? quote(bytes) : bytes),
  }
}

/** All that a log or a trace gets, and all that code which catches an error can find in it. */
function toldOf(world: World): string {
  return world.told.lines
    .map((line) => `${JSON.stringify({ ...line, error: errorFacts(line.error) })}${inspect(line.error)}`)
    .join('\n')
}

async function served(world: World, definitions: readonly AnyDefinition[], ...bodies: readonly string[]) {
  return world.until(world.serve(world.parts(definitions), bodies))
}

describe('what a codec says when it fails', () => {
  test('is in no log, row, event, answer or error when an input cannot be read any more', async () => {
    const fails = { encode: false, decode: false }
    const store = new MemoryStore()
    const registry = new MemoryProcessRegistry({ store, payloads: { codec: loudCodec(fails) } })
    const world = new World(registry)
    await served(world, [sleeper], startMessage({ id: 'p', kind: 'sleeper', input: PLAIN }))
    fails.decode = true
    await world.clock.advance(120_000)
    await served(world, [sleeper], lookMessage(parseProcessId('p')))
    expect(await world.registry.get(parseProcessId('p'))).toMatchObject({
      status: 'stuck',
      wait: { error: { code: 'unreadable_item' } },
    })
    expect(toldOf(world)).toMatch(/its codec does not read it/u)
    expect(CANARY.exec(toldOf(world))?.[0]).toBeUndefined()

    const row = (await store.get({ pk: 'P#p', sk: 'PROCESS' })) ?? {}
    const { i: _input, ...rest } = row
    expect(JSON.stringify([rest, statusEventOf(undefined, readImage(row), 1)])).not.toMatch(CANARY)
    const ports = { registry: world.registry, doorbell: NO_DOORBELL, clock: world.clock }
    const app = apiApp({ ...ports, definitions: [sleeper], telemetry: world.told, auth: 'none' })
    for (const path of ['p', 'p/events', 'p/result']) {
      const answer = await app.request(`/v1/processes/${path}`, {}, {})
      expect(answer.status).toBeLessThan(300)
      expect(await answer.text()).toMatch(/^(?!.*canary-key).*$/u)
    }
    const error: unknown = await new ProcessClient(ports).retry('p').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect(inspect(error)).not.toMatch(CANARY)
  })

  test('is in no log or error when a value cannot be written, and its message comes again', async () => {
    const codec = loudCodec({ encode: true, decode: false })
    const world = new World(new MemoryProcessRegistry({ payloads: { codec } }))
    const body = startMessage({ id: 'p', kind: 'sleeper', input: PLAIN })
    expect(await served(world, [sleeper], body)).toHaveLength(1)
    expect(toldOf(world)).toMatch(/its codec does not write it/u)
    expect(CANARY.exec(toldOf(world))?.[0]).toBeUndefined()
    const error: unknown = await world.registry
      .keep(parseProcessId('p'), PLAIN, 'a value')
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'store_unavailable' })
    expect(inspect(error)).not.toMatch(CANARY)
  })
})

describe('a schema that throws what it was given', () => {
  const throwing = v.pipe(
    v.string(),
    v.transform((text) => JSON.parse(text) as Json),
  )
  const picky = defineProcess({ kind: 'picky', input: throwing, output: v.unknown(), run: async () => 1 })
  const careless = defineProcess({
    kind: 'careless',
    input: v.unknown(),
    output: throwing,
    run: async () => PLAIN,
  })
  const waits = defineProcess({
    kind: 'waits',
    input: v.unknown(),
    output: v.unknown(),
    async run(context) {
      return context.signal('go', { schema: throwing })
    },
  })

  test('refuses it in one delivery, names it in no log, and stops no other of its batch', async () => {
    const world = new World(new MemoryProcessRegistry())
    const kinds = [picky, careless, waits, sound]
    const bodies = ['picky', 'careless', 'waits', 'sound'].map((kind) =>
      startMessage({ id: kind, kind, input: PLAIN }),
    )
    expect(await served(world, kinds, ...bodies)).toEqual([])
    const signal = { name: 'go', key: 'k', payload: PLAIN }
    await world.registry.signal(parseProcessId('waits'), signal, world.clock.now())
    expect(await served(world, kinds, lookMessage(parseProcessId('waits')))).toEqual([])
    const outputs = await Promise.all(
      ['picky', 'careless', 'waits', 'sound'].map((id) => world.registry.get(parseProcessId(id))),
    )
    const failed = (code: string) => ({ output: { outcome: 'failure', error: { code } } })
    expect(outputs).toMatchObject([
      undefined,
      failed('output_invalid'),
      { status: 'waiting' },
      { status: 'completed' },
    ])
    expect(world.queue.letters).toMatchObject([{ code: 'invalid_input', body: bodies[0] }])
    const log = world.told.lines.map((line) => JSON.stringify({ ...line, error: errorFacts(line.error) }))
    expect(CANARY.exec(log.join('\n'))?.[0]).toBeUndefined()
    expect(log.join('\n')).toMatch(/signal go is refused by its schema, at the top/u)
    expect(log.join('\n')).toMatch(/the input of picky is refused by its schema, at the top/u)
  })

  test('is the caller’s to know of, and of a batch of starts only its own is refused', async () => {
    const world = new World(new MemoryProcessRegistry())
    const { registry, clock, told } = world
    const definitions = [picky, sound]
    const app = apiApp({ registry, clock, doorbell: NO_DOORBELL, definitions, telemetry: told, auth: 'none' })
    const starts = ['picky', 'sound'].map((kind) => ({ id: kind, kind, input: PLAIN }))
    const headers = { 'content-type': 'application/json' }
    const asked = { method: 'POST', headers, body: JSON.stringify({ starts }) }
    const answer = await app.request('/v1/processes/batch', asked, {})
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      results: [{ id: 'picky', problem: { status: 400, issues: [{ path: 'input' }] } }, { ok: true }],
    })
    expect(toldOf(world)).not.toMatch(CANARY)
  })
})

test('the reason of a dead letter has no words of a schema, also for a start refused twice over', async () => {
  const picky = defineProcess({ ...sound, kind: 'picky', input: v.picklist(['a', 'b']) })
  const world = new World(new MemoryProcessRegistry())
  const provenance = { source: 's'.repeat(60_000) }
  const body = JSON.stringify({ v: 1, type: 'start', id: 'p', kind: 'picky', input: PLAIN, provenance })
  expect(await served(world, [picky], body)).toEqual([])
  expect(world.queue.letters).toMatchObject([
    { code: 'invalid_input', reason: 'the input of picky is refused by its schema, at the top' },
  ])
})

test.each([`["${PLAIN}",1]`, `["e",1,0,"${PLAIN}","n",1]`, `["${KEY}"]`])(
  'an entry with a value in the place of a tag is unreadable by its key, and not quoted: %s',
  async (entry) => {
    const store = new MemoryStore()
    const registry = new MemoryProcessRegistry({ store })
    const world = new World(registry)
    await served(world, [sleeper], startMessage({ id: 'p', kind: 'sleeper', input: 1 }))
    const key = { pk: 'P#p', sk: 'PROCESS' }
    await store.write({ do: 'put', item: { ...(await store.get(key)), ...key, t: [entry] } })
    const error: unknown = await registry.get(parseProcessId('p')).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UnreadableItem)
    expect(inspect(error)).toMatch(/P#p\/PROCESS/u)
    expect(inspect(error)).not.toMatch(CANARY)
  },
)

test('the log line of a message is short, whatever keys the message has', async () => {
  const long = 'k'.repeat(500_000)
  const list = defineProcess({ ...sound, kind: 'list', input: v.array(v.number()) })
  const world = new World(new MemoryProcessRegistry())
  const numbers = Array.from({ length: 50_000 }, () => 'x')
  const bodies = [
    JSON.stringify({ v: 1, type: 'start', id: 'a', kind: 'sound', input: 1, [long]: 1 }),
    JSON.stringify({ v: 1, type: 'start', id: 'b', kind: 'sound', input: { [long]: '\ud800' } }),
    startMessage({ id: 'c', kind: 'list', input: numbers }),
    JSON.stringify({ v: 1, type: 'start', id: long, kind: 'sound', input: 1 }),
    JSON.stringify({ v: 1, type: 'look', id: long }),
  ]
  expect(await served(world, [sound, list], ...bodies)).toEqual([])
  const lines = world.told.lines.map((line) => JSON.stringify(line))
  expect(lines.length).toBeGreaterThanOrEqual(bodies.length)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(4_000)
})
