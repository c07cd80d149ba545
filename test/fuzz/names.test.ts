import * as fc from 'fast-check'
import * as v from 'valibot'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { callbackToken, parseCallbackToken } from '../../lib/effects/callback.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { toMs, type Duration } from '../../lib/model/duration.ts'
import {
  InvalidConfig,
  InvalidId,
  InvalidInput,
  LeaseholdError,
  SignalRefused,
} from '../../lib/model/errors.ts'
import { EFFECT_NAME_MAX } from '../../lib/model/limits.ts'
import { isProcessId, parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { encodeCursor, type IndexPosition } from '../../lib/registry/operations/index-pages.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { workerParts } from '../../lib/worker/config.ts'
import { readEnvironment } from '../../lib/host/environment.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { anyJson, anyText, edgeNumber, expectUnpolluted, holds, INHERITED, SEED } from '../helpers/fuzz.ts'
import { freshTable, localClient } from '../helpers/table.ts'

/** Processes live on a virtual clock, whose time is long past: nothing of theirs is old enough to be hidden. */
const PAST = { now: () => 0 }
const GROUNDS: readonly [string, number, () => Promise<ProcessRegistry>][] = [
  ['in memory', 120, async () => new MemoryProcessRegistry()],
  ['on DynamoDB', 12, onDynamo],
]

async function onDynamo(): Promise<ProcessRegistry> {
  const client = localClient(inject('dynamoEndpoint'))
  const tableName = await freshTable(client, 'names')
  return new DynamoProcessRegistry({
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
    retentionClock: PAST,
  })
}

/** The error, where there is one; anything that is not ours fails the property. */
async function refusal(act: () => Promise<unknown>): Promise<LeaseholdError | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    if (!(error instanceof LeaseholdError)) throw error
    return error
  }
}

const listener = defineProcess({
  kind: 'listener',
  input: v.object({ name: v.string() }),
  output: v.unknown(),
  run: (context, { name }) => context.signal(name),
})

/** The same name for effects of every sort, before and after a wait that parks it. */
function replayed(bodies: string[]) {
  return defineProcess({
    kind: 'replayed',
    input: v.object({ name: v.string() }),
    output: v.unknown(),
    async run(context, { name }) {
      const first = await context.step(name, () => (bodies.push('first'), 1))
      await context.emit(name, null)
      await context.callback(name)
      await context.signal('continue')
      const second = await context.step(name, () => (bodies.push('second'), 2))
      return [first, second]
    },
  })
}

for (const [ground, runs, open] of GROUNDS) {
  describe(`a name of any text ${ground} (SEED=${SEED})`, () => {
    let registry: ProcessRegistry
    let cases = 0
    const next = () => `n-${(cases += 1)}`
    beforeAll(async () => {
      registry = await open()
    })

    test('is the name of one process, or is refused as an id and starts nothing', () =>
      holds(
        fc.asyncProperty(anyText, anyText, async (id, kind) => {
          const registration = { id: `${id}${isProcessId(id) ? next() : ''}`, kind, input: 1 }
          const error = await refusal(() =>
            registry.register(registration as never, { now: 1, wakeupScheduled: true }),
          )
          if (error === undefined) {
            expect(await registry.get(parseProcessId(registration.id))).toMatchObject({
              id: registration.id,
              kind,
            })
            expect((await registry.list({ kind })).items.map((item) => item.id)).toContain(registration.id)
          } else expect(error).toBeInstanceOf(InvalidId)
          expectUnpolluted()
        }),
        runs,
      ))

    test('of a signal reaches the wait of that name and no other, once by its key, or is refused', () =>
      holds(
        fc.asyncProperty(anyText, anyText, async (name, key) => {
          const id = next()
          const kit = new TestKit({ definitions: [listener], registry })
          const whole = name.isWellFormed() && name.length >= 1 && name.length <= 256
          if (!whole)
            return void expect(await refusal(() => kit.client.signal(id, { name, key: 'k' }))).toBeDefined()
          await kit.start(listener, { name }, { id })
          const other = name.normalize('NFC') === name ? name.normalize('NFD') : name.normalize('NFC')
          if (other !== name && other.length <= 256) await kit.signal(id, other, 'wrong one', 'other')
          const error = await refusal(() => kit.signal(id, name, 'right', key))
          if (error !== undefined) return void expect(error).toBeInstanceOf(SignalRefused)
          await refusal(() => kit.signal(id, name, 'right', key))
          expect(await kit.result(id)).toEqual({ outcome: 'success', value: 'right' })
        }),
        runs,
      ))

    test('of an effect is found by the next run, which repeats no body, or is refused unrun', () =>
      holds(
        fc.asyncProperty(anyText, async (name) => {
          const id = next()
          const bodies: string[] = []
          const kit = new TestKit({ definitions: [replayed(bodies)], registry })
          await kit.client.start(replayed(bodies), { name }, { id }).catch(() => undefined)
          await kit.settle()
          if (!name.isWellFormed()) return void expect(bodies).toEqual([])
          const fits = name.length >= 1 && name.length <= EFFECT_NAME_MAX
          if (fits) await kit.signal(id, 'continue', null)
          const output = await kit.result(id)
          if (fits) expect(output).toEqual({ outcome: 'success', value: [1, 2] })
          else expect(output).toMatchObject({ outcome: 'failure', error: { code: 'invalid_input' } })
          expect(bodies).toEqual(fits ? ['first', 'second'] : [])
        }),
        runs,
      ))

    test('of who asks, and why, is kept as far as it can be, and the process can be read', () =>
      holds(
        fc.asyncProperty(anyText, anyText, async (reason, by) => {
          const id = next()
          const kit = new TestKit({ definitions: [listener], registry })
          await kit.start(listener, { name: 'never' }, { id })
          await kit.client.cancel(id, reason, by)
          await kit.settle()
          expect(await kit.result(id)).toMatchObject({ outcome: 'cancelled' })
          expect((await kit.log(id)).length).toBeGreaterThan(1)
        }),
        runs,
      ))

    test('as a cursor gives a page or is refused, also where its seal was made by who knows how', () =>
      holds(
        fc.asyncProperty(fc.oneof(anyText, forged), async (cursor) => {
          const error = await refusal(() => registry.list({ kind: 'listener', cursor }))
          if (error !== undefined)
            expect([error.message, error]).toEqual([error.message, expect.any(InvalidInput)])
          const due = await refusal(() => registry.listDue({ shard: 0, until: 10, cursor }))
          if (due !== undefined) expect([due.message, due]).toEqual([due.message, expect.any(InvalidInput)])
        }),
        runs,
      ))

    test('as a concurrency key holds one place, or is refused', () =>
      holds(
        fc.asyncProperty(anyText, edgeNumber, async (key, limit) => {
          const id = next()
          const kit = new TestKit({ definitions: [listener], registry })
          const error = await refusal(() =>
            kit.start(listener, { name: 'go' }, { id, concurrency: { key, limit } }),
          )
          if (error !== undefined) return void expect(error).toBeInstanceOf(InvalidInput)
          await kit.signal(id, 'go', 1)
          expect(await kit.result(id)).toEqual({ outcome: 'success', value: 1 })
        }),
        Math.ceil(runs / 2),
      ))
  })
}

/** What the code itself would make of positions that no walk has. */
const forged = fc
  .array(
    fc.oneof(
      fc.constantFrom<IndexPosition>('start', 'end'),
      fc.record({
        pk: fc.oneof(anyText, fc.constant('P#n-1')),
        sk: fc.oneof(anyText, fc.constant('PROCESS')),
        at: fc.oneof(edgeNumber, fc.constant(0.5)),
      }),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .chain((positions) =>
    fc
      .constantFrom<Json>(['list', null, 'listener', null, null, null], ['due', 0])
      .map((query) => encodeCursor(query, positions)),
  )

describe(`text and numbers that come from outside (SEED=${SEED})`, () => {
  test('a callback token is read as the three parts it was made of, and any other text is none', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(
          anyText,
          fc.tuple(anyText, anyText, anyText).map((parts) => parts.join('~')),
        ),
        async (text) => {
          const parts = parseCallbackToken(text)
          if (parts !== undefined) expect(parseProcessId(parts.id)).toBe(parts.id)
          if (parts !== undefined && !/~0\d/u.test(text)) expect(callbackToken(parts)).toBe(text)
        },
      ),
      500,
    ))

  test('a duration is a whole number of milliseconds from 0 to ten years, or is refused', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(
          anyJson,
          fc.dictionary(
            fc.constantFrom('days', 'hours', 'minutes', 'seconds', 'ms', ...INHERITED),
            fc.oneof(edgeNumber, fc.double(), anyJson),
          ),
        ),
        async (given) => {
          const error = await refusal(async () => {
            const ms = toMs(given as Duration, 'it')
            expect(Number.isSafeInteger(ms) && ms >= 0 && ms <= 3_653 * 86_400_000).toBe(true)
          })
          if (error !== undefined) expect(error).toBeInstanceOf(InvalidInput)
        },
      ),
      600,
    ))

  test('an environment gives numbers that a worker accepts, or the error names the variable', () =>
    holds(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(...VARIABLES),
          fc.oneof(anyText, edgeNumber.map(String), fc.constantFrom('30000', '1e3', ' 5', '0x10', '-1')),
          { noNullPrototype: false },
        ),
        async (env) => {
          const error = await refusal(async () => {
            const read = readEnvironment({ LEASEHOLD_TABLE: 't', LEASEHOLD_QUEUE_URL: 'q', ...env })
            workerParts({
              registry: new MemoryProcessRegistry(),
              definitions: [],
              ownerId: 'o',
              leaseTtlMs: read.LEASEHOLD_LEASE_TTL_MS,
              renewEveryMs: read.LEASEHOLD_RENEW_EVERY_MS,
              concurrency: read.LEASEHOLD_CONCURRENCY,
            })
            expect(read.LEASEHOLD_SWEEP_EVERY_MS).toBeGreaterThan(0)
          })
          if (error === undefined) return
          expect(error).toBeInstanceOf(InvalidConfig)
          expect(error.message).toMatch(/LEASEHOLD_|AWS_LAMBDA_|leaseTtlMs|renewEveryMs|concurrency/u)
        },
      ),
      400,
    ))

  test('a worker takes no number that it could not work with, and no misspelt key', () =>
    holds(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(
            'leaseTtlMs',
            'renewEveryMs',
            'concurrency',
            'handOverMarginMs',
            'watchEveryMs',
            'leaseTTL',
            ...INHERITED,
          ),
          fc.oneof(edgeNumber, fc.constant(100_000), anyJson),
        ),
        async (given) => {
          const config = { registry: new MemoryProcessRegistry(), definitions: [], ownerId: 'o' }
          const error = await refusal(async () => {
            const parts = workerParts(Object.assign(config, given))
            expect(parts.leaseTtlMs).toBeGreaterThanOrEqual(3 * parts.renewEveryMs)
            for (const number of [parts.leaseTtlMs, parts.concurrency, parts.watchEveryMs])
              expect(Number.isSafeInteger(number) && number >= 1).toBe(true)
            expect('leaseTTL' in given && given['leaseTTL'] !== undefined).toBe(false)
          })
          if (error !== undefined) expect(error).toBeInstanceOf(InvalidConfig)
          expectUnpolluted()
        },
      ),
      400,
    ))
})

const VARIABLES = [
  'LEASEHOLD_TABLE',
  'LEASEHOLD_QUEUE_URL',
  'LEASEHOLD_LEASE_TTL_MS',
  'LEASEHOLD_RENEW_EVERY_MS',
  'LEASEHOLD_CONCURRENCY',
  'LEASEHOLD_MAX_RECEIVES',
  'LEASEHOLD_SWEEP_EVERY_MS',
  'LEASEHOLD_DEAD_LETTER_URL',
  'AWS_LAMBDA_FUNCTION_NAME',
  ...INHERITED,
] as const
