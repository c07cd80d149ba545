import * as v from 'valibot'
import { beforeEach, expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { UnreadableItem } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MESSAGE_MAX_BYTES, PAYLOAD_MAX_BYTES } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import type { Hiding } from '../../lib/queue/delivery.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { WorkerParts } from '../../lib/worker/config.ts'
import { serveBatch } from '../../lib/worker/batch.ts'
import { lookMessage, startMessage } from '../../lib/queue/messages.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

let world: World
let parts: WorkerParts
let ran: string[]

beforeEach(() => {
  world = new World(new MemoryProcessRegistry())
  ran = []
  parts = world.parts([
    process(async (context) => void ran.push(context.id)),
    process(async () => 1, { kind: 'open' }),
    defineProcess({ kind: 'any', input: v.unknown(), output: v.unknown(), run: async () => 1 }),
  ])
})

const start = (fields: Record<string, unknown> = {}) =>
  JSON.stringify({ v: 1, type: 'start', id: 'p-1', kind: 'sample', input: {}, ...fields })
const recordOf = (id: string) => world.registry.get(parseProcessId(id))

test('a start message runs its process to the end, and the message is done with', async () => {
  expect(
    await world.until(world.serve(parts, [startMessage({ id: 'p-1', kind: 'sample', input: {} })])),
  ).toEqual([])
  expect(await recordOf('p-1')).toMatchObject({ status: 'completed', fence: 1 })
})

test('the same start message twice, in one batch or later, makes one execution', async () => {
  await world.until(world.serve(parts, [start(), start()]))
  await world.until(world.serve(parts, [start()]))
  expect(ran).toEqual(['p-1'])
  expect(world.queue.letters).toEqual([])
})

test('the same start message is the same start after a deploy of a new definition version [C1]', async () => {
  const deployed = (version: string) =>
    world.parts([process(async (context) => void ran.push(context.id), { version })])
  await world.until(world.serve(deployed('1'), [start()]))
  await world.until(world.serve(deployed('2'), [start()]))
  expect([ran, world.queue.letters]).toEqual([['p-1'], []])
  expect(await recordOf('p-1')).toMatchObject({ version: '1' })
})

const UNREADABLE: readonly [string, string, RegExp][] = [
  ['text that is no JSON', '{"v":1,', /not JSON/u],
  ['an empty body', '', /not JSON/u],
  ['JSON of no shape', '[]', /type: is missing/u],
  ['another version', JSON.stringify({ v: 2, type: 'start', id: 'p', kind: 'k', input: 1 }), /v: /u],
  ['an unknown type', JSON.stringify({ v: 1, type: 'stop', id: 'p' }), /type: /u],
  ['a misspelt field', start({ inptu: 1 }), /inptu/u],
  ['a start without an input', JSON.stringify({ v: 1, type: 'start', id: 'p', kind: 'k' }), /input: /u],
  [
    'a key that stands twice',
    start().replace('"input"', '"kind":"any","input"'),
    /: kind: the key stands twice$/u,
  ],
  [
    'a key that stands twice in its input',
    start({ input: '@' }).replace('"@"', '{"a":[{"n":1},{"n":1,"\\u006e":2}]}'),
    /input\.a\.1\.n: the key stands twice/u,
  ],
  [
    'a whole number that no number keeps',
    start({ input: '@' }).replace('"@"', '{"order":[7,9007199254740993]}'),
    /input\.order\.1: 9007199254740993 has more digits than a number keeps/u,
  ],
  ['a body over the limit of SQS', start({ input: 'x'.repeat(MESSAGE_MAX_BYTES) }), /over 1048576/u],
  ['a wake-up with a bad id', JSON.stringify({ v: 1, type: 'look', id: 'a b' }), /without a valid id/u],
  ['a wake-up for a step in a path', JSON.stringify({ v: 1, type: 'look', id: '..' }), /without a valid id/u],
]

for (const [what, body, reason] of UNREADABLE) {
  test(`${what} goes to the dead-letter queue at once, with the reason`, async () => {
    expect(await world.until(world.serve(parts, [body]))).toEqual([])
    expect(world.queue.letters).toMatchObject([{ body, code: 'invalid_message', messageId: 'm0' }])
    expect(world.queue.letters[0]!.reason).toMatch(reason)
    expect(world.told.counts.get('Rejected')).toBe(1)
    expect(world.told.counts.get('DeadLettered')).toBe(1)
  })
}

const UNUSABLE: readonly [string, Record<string, unknown>, string][] = [
  ['a bad id', { id: 'a/b' }, 'invalid_id'],
  ['the id of this folder, were it a path', { id: '.' }, 'invalid_id'],
  ['the id of the folder above', { id: '..' }, 'invalid_id'],
  ['an id that is too long', { id: 'x'.repeat(257) }, 'invalid_id'],
  ['a bad kind', { kind: 'a b' }, 'invalid_id'],
  ['a bad scope', { scope: '' }, 'invalid_id'],
]

for (const [what, fields, code] of UNUSABLE) {
  test(`a start with ${what} has no row to be seen in, so it goes to the dead-letter queue`, async () => {
    await world.until(world.serve(parts, [start(fields)]))
    expect(world.queue.letters).toMatchObject([{ code }])
  })
}

const REFUSED: readonly [string, Record<string, unknown>, string][] = [
  ['half a character beside its input', { provenance: { source: '\ud800' } }, 'invalid_input'],
  ['a start time that no date has', { startAt: 1e300 }, 'invalid_input'],
  ['a timeout that no clock reaches', { limits: { timeoutMs: 2 ** 53 - 1 } }, 'invalid_input'],
  ['a registration of a page of text', { provenance: { source: 'x'.repeat(60_000) } }, 'payload_too_large'],
  ['an unknown kind', { kind: 'no-such-id' }, 'unknown_kind'],
  ['an input that its schema refuses', { input: { n: 'seven' } }, 'invalid_input'],
  [
    'an input over the payload limit',
    { kind: 'any', input: 'x'.repeat(PAYLOAD_MAX_BYTES) },
    'payload_too_large',
  ],
  ['another recovery than its definition declares', { recovery: 'abandon' }, 'invalid_input'],
  ['recovery external and no token', { kind: 'elsewhere', recovery: 'external' }, 'invalid_input'],
]

for (const [what, fields, code] of REFUSED) {
  test(`a start with ${what} is a dead letter, and its id stays free`, async () => {
    expect(await world.until(world.serve(parts, [start(fields)]))).toEqual([])
    expect(world.queue.letters).toMatchObject([{ code }])
    expect(await recordOf('p-1')).toBeUndefined()
    expect(world.told.lines.at(-1)).toMatchObject({ facts: { id: 'p-1', code } })
    await world.until(world.serve(parts, [start()]))
    expect(await recordOf('p-1')).toMatchObject({ status: 'completed', fence: 1 })
  })

  test(`a start with ${what} and a time to come never runs [C65]`, async () => {
    const startAt = world.clock.now() + 3_600_000
    world.attach(parts)
    await world.until(world.serve(parts, [start({ startAt, ...fields })]))
    await world.pass(2 * 3_600_000)
    expect([ran, await recordOf('p-1')]).toEqual([[], undefined])
    expect(world.queue.letters).toMatchObject([{ code }])
  })
}

test('a start of an unknown kind is delivered again twice, then dead-lettered', async () => {
  const redeliveredAfterMs: number[] = []
  const batch = {
    worker: parts,
    deadLetters: world.queue,
    redelivery: {
      maxAttempts: 5,
      hide: async (hidings: readonly Hiding[]) => {
        redeliveredAfterMs.push(...hidings.map(({ forMs }) => forMs))
        return []
      },
    },
  }
  const body = start({ kind: 'next' })
  const deliver = (worker: WorkerParts, receives: number) => {
    return serveBatch({ ...batch, worker }, [{ id: 'm0', body, attempt: receives }], {})
  }
  expect(await deliver(parts, 1)).toEqual(['m0'])
  expect(await deliver(parts, 2)).toEqual(['m0'])
  expect([redeliveredAfterMs, world.queue.letters]).toEqual([[15_000, 60_000], []])
  expect(await deliver(parts, 3)).toEqual([])
  expect(world.queue.letters).toMatchObject([{ code: 'unknown_kind', body }])
  // Put back by an operator, it reaches a worker of the deploy that knows the kind.
  const deployed = world.parts([process(async () => 'ran', { kind: 'next' })])
  await world.until(deliver(deployed, 1))
  expect(await recordOf('p-1')).toMatchObject({ status: 'completed', output: { value: { value: 'ran' } } })
})

test('an input nested deeper than any stack is a dead letter, and its neighbours run', async () => {
  const deep = start({ kind: 'any', input: '@' }).replace('"@"', '['.repeat(10_000) + ']'.repeat(10_000))
  expect(await world.until(world.serve(parts, [deep, start({ id: 'p-2' })]))).toEqual([])
  expect(world.queue.letters).toMatchObject([{ code: 'not_serialisable' }])
  expect(ran).toEqual(['p-2'])
})

test('an input with half a character is a dead letter that says where it is', async () => {
  await world.until(world.serve(parts, [start({ kind: 'any', input: { name: '\ud800' } })]))
  expect(world.queue.letters[0]!.reason).toMatch(/\$\.name is text with half a character/u)
})

test('what a message holds in the wrong field is not told to the log, only its type', async () => {
  await world.until(world.serve(parts, [start({ recovery: 'canary-4111', scope: 41_111 })]))
  expect(world.queue.letters).toMatchObject([{ code: 'invalid_message' }])
  expect(world.queue.letters[0]!.reason).toMatch(/recovery: .*a value of type string; scope: .*type number/u)
  expect(JSON.stringify([world.told.lines, world.queue.letters[0]!.reason])).not.toMatch(/4111/u)
})

test('a conflicting start goes to the dead-letter queue, and the first process is not touched', async () => {
  await world.until(world.serve(parts, [start()]))
  const before = await recordOf('p-1')
  await world.until(world.serve(parts, [start({ input: { n: 2 } }), start({ scope: 'other' })]))
  expect(await recordOf('p-1')).toEqual(before)
  expect(world.queue.letters.map((letter) => letter.code)).toEqual([
    'registration_conflict',
    'registration_conflict',
  ])
})

test('a message with a token registers an external process, and the token completes it', async () => {
  const body = startMessage({
    id: 'x-1',
    kind: 'elsewhere',
    input: {},
    recovery: 'external',
    completionToken: 'a-secret-of-enough-length',
  })
  await world.until(world.serve(parts, [body, body]))
  const id = parseProcessId('x-1')
  expect(await recordOf('x-1')).toMatchObject({ status: 'waiting', wait: { for: 'external' } })
  await world.registry.completeExternal(
    id,
    'a-secret-of-enough-length',
    { outcome: 'success', value: 'signed' },
    world.clock.now(),
  )
  expect(await recordOf('x-1')).toMatchObject({ status: 'completed' })
})

test('a wake-up for an unknown id is dropped and counted', async () => {
  expect(await world.until(world.serve(parts, [lookMessage(parseProcessId('no-such-id')), start()]))).toEqual(
    [],
  )
  expect(ran).toEqual(['p-1'])
  expect(world.told.counts.get('Rejected')).toBe(1)
})

test('with too little of the invocation left, a start is recorded and woken instead of run', async () => {
  const execution = { remainingMs: () => 5_000 }
  expect(await world.until(world.serve(parts, [start()], execution))).toEqual([])
  expect(await recordOf('p-1')).toMatchObject({ status: 'pending', wakeupScheduled: true })
  await world.until(world.serve(parts, [lookMessage(parseProcessId('p-1'))], execution))
  expect(world.queue.sent).toEqual([
    { id: 'p-1', delayMs: 0, group: 'sample' },
    { id: 'p-1', delayMs: 0, group: 'sample' },
  ])
  expect(ran).toEqual([])
})

test('a process that outlives its invocation continues in the next, any number of times [C43]', async () => {
  let leftMs = 0
  const steps: string[] = []
  const definition = process(async (context) => {
    for (let n = 0; n < 20; n += 1)
      await context.step(`s${n}`, () => ((leftMs -= 4_000), void steps.push(`${context.attempt}:${n}`)))
    return 'done'
  })
  const long = world.parts([definition])
  const invocation = () => {
    leftMs = 22_000
    return { remainingMs: () => leftMs }
  }
  world.attach(long, invocation)
  await world.until(world.serve(long, [start()], invocation()))
  await world.pass(1_000)
  expect(await recordOf('p-1')).toMatchObject({ status: 'completed' })
  expect(steps.map((step) => Number(step.split(':')[1]))).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(new Set(steps.map((step) => step.split(':')[0])).size).toBe(7)
})

test('a wake-up that comes early is sent once more for the rest of the wait', async () => {
  const id = parseProcessId('p-9')
  const behind = world.parts([process(async () => 1)], { skewMs: -2_500 })
  await world.registry.register(
    { id, kind: 'sample', input: {}, recovery: 'rerun', urgent: true, scope: 'north' },
    { now: world.clock.now(), wakeupScheduled: true },
  )
  await world.until(world.serve(behind, [lookMessage(id)]))
  expect(world.queue.sent).toEqual([{ id: 'p-9', delayMs: 2_500, urgent: true, group: 'north' }])
})

test('the age of a start message is measured when a worker takes it, a wake-up has no age', async () => {
  const firstSentAt = world.clock.now() - 4_000
  const deliveries = [start(), lookMessage(parseProcessId('p-1'))].map((body, index) => ({
    id: `m${index}`,
    body,
    firstSentAt,
  }))
  await world.until(serveBatch({ worker: parts, deadLetters: world.queue }, deliveries, {}))
  expect(world.told.measures.filter(({ metric }) => metric === 'QueueAge').map(({ ms }) => ms)).toEqual([
    4_000,
  ])
})

test('a start message that comes back tells no age: it was hidden, and did not wait', async () => {
  const again = { id: 'm1', body: start(), firstSentAt: world.clock.now() - 5_400_000, attempt: 2 }
  await world.until(serveBatch({ worker: parts, deadLetters: world.queue }, [again], {}))
  expect(world.told.measures.filter(({ metric }) => metric === 'QueueAge')).toEqual([])
})

test('EndToEnd reports the time from registration to end with the segment that ended it', async () => {
  await world.registry.register(toRegistration({ id: 'p-1', kind: 'open', input: {} }), {
    now: world.clock.now(),
    wakeupScheduled: true,
  })
  await world.clock.advance(9_000)
  await world.until(world.serve(parts, [lookMessage(parseProcessId('p-1'))]))
  const [told] = world.told.measures.filter(({ metric }) => metric === 'EndToEnd')
  expect(told).toMatchObject({ ms: 9_000, facts: { id: 'p-1', kind: 'open', fence: 1 } })
  expect(told?.facts?.['segment']).toEqual(expect.any(String))
})

test('a step that is tried again is counted once for each attempt that failed', async () => {
  let tries = 0
  const flaky = process(
    (context) =>
      context.step(
        'flaky',
        () => {
          tries += 1
          if (tries < 3) throw new Error(`try ${tries}`)
        },
        { retry: { maxAttempts: 5 } },
      ),
    { kind: 'flaky' },
  )
  const worker = world.parts([flaky])
  world.attach(worker)
  await world.until(world.serve(worker, [startMessage({ id: 'p-1', kind: 'flaky', input: {} })]))
  await world.pass(60_000)
  expect(await recordOf('p-1')).toMatchObject({ status: 'completed' })
  expect([tries, world.told.counts.get('StepRetried')]).toEqual([3, 2])
})

test('an item that cannot be read is counted, and its message comes again', async () => {
  const registry = new Proxy(world.registry, {
    get: (target, key) =>
      key === 'claim'
        ? () => Promise.reject(new UnreadableItem({ key: 'P#p-1/PROCESS', reason: 'damaged' }))
        : (Reflect.get(target, key, target) as unknown),
  })
  expect(await world.serve({ ...parts, registry }, [lookMessage(parseProcessId('p-1'))])).toEqual(['m0'])
  expect(world.told.counts.get('UnreadableItem')).toBe(1)
})

test('a start of a process past its retention is dead-lettered by name, and runs nothing', async () => {
  const limits = { retentionMs: 1_000 }
  await world.until(world.serve(parts, [start({ limits })]))
  await world.clock.advance(2_000)
  await world.until(world.serve(parts, [start({ limits })]))
  expect(ran).toHaveLength(1)
  expect(world.queue.letters).toMatchObject([{ code: 'no_longer_retained' }])
})
