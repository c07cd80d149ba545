import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import {
  defineProcess,
  type Callback,
  type Child,
  type Duration,
  type Json,
  type Output,
  type ProcessClient,
  type ProcessContext,
  type RetryPolicy,
  type RunPorts,
  type StepContext,
} from '../../lib/index.ts'

import { assembled, type ContextEffects } from '../../lib/effects/context.assemble.ts'
import type { Run } from '../../lib/effects/engine/run.ts'

// What a compiler has to say of an author's code. `npm run types` checks this file; the tests below only run it.

/** A schema as zod, arktype and others give it: Standard Schema, and nothing else that is known of it. */
function schema<In, Out>(): StandardSchemaV1<In, Out> {
  return { '~standard': { version: 1, vendor: 'zod', validate: (value) => ({ value: value as Out }) } }
}

const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string(), count: v.optional(v.number(), 1) }),
  output: v.pipe(
    v.object({ total: v.number() }),
    v.transform(({ total }) => `${total} €`),
  ),
  async run(_, input) {
    expectTypeOf(input).toEqualTypeOf<{ sku: string; count: number }>()
    return { total: input.count }
  },
})
const shipment = defineProcess({
  kind: 'shipment',
  input: schema<{ at: string }, { at: number }>(),
  output: schema<Date, boolean>(),
  async run(_, { at }) {
    expectTypeOf(at).toEqualTypeOf<number>()
    return new Date(at)
  },
})

interface Tree {
  readonly name: string
  readonly size?: number
  readonly branches: readonly Tree[]
}

test('a definition takes schemas whose output JSON can hold, interfaces and brands among them', () => {
  const run = async () => null
  const output = v.null()
  defineProcess({ kind: 'k', input: schema<unknown, Tree>(), output, run })
  defineProcess({ kind: 'k', input: schema<unknown, Tree | undefined>(), output, run })
  defineProcess({ kind: 'k', input: schema<unknown, readonly ['a' | 'b', { n?: 1 | 2 }]>(), output, run })
  defineProcess({ kind: 'k', input: v.pipe(v.string(), v.brand('Sku')), output, run })
  defineProcess({ kind: 'k', input: v.unknown(), output: v.any(), run })
  defineProcess({
    kind: 'k',
    input: v.record(v.string(), v.unknown()),
    output: v.void(),
    run: async () => {},
  })
  defineProcess({
    kind: 'k',
    input: schema<Json, Json>(),
    output: schema<Date, string>(),
    run: async () => new Date(0),
  })
  // @ts-expect-error an input is recorded, and JSON holds no Date
  defineProcess({ kind: 'k', input: v.object({ at: v.date() }), output, run })
  // @ts-expect-error nor does it as a transformation makes it
  defineProcess({ kind: 'k', input: schema<string, Date>(), output, run })
  defineProcess({
    kind: 'k',
    input: v.any(),
    // @ts-expect-error so is an output
    output: v.map(v.string(), v.string()),
    run: async () => new Map(),
  })
  // @ts-expect-error a bigint is no number of JSON
  defineProcess({ kind: 'k', input: schema<string, { readonly n: bigint }>(), output, run })
})

/** Never run: types only. */
function compiled(body: (context: ProcessContext) => Promise<unknown>): void {
  expectTypeOf(body).toBeFunction()
}

test('a definition is typed by its schemas, in valibot’s and any other Standard Schema', () => {
  expectTypeOf(order.run).returns.resolves.toEqualTypeOf<{ total: number }>()
  expectTypeOf(shipment.run).parameter(1).toEqualTypeOf<{ at: number }>()
  defineProcess({
    kind: 'wrong',
    input: v.object({}),
    output: v.number(),
    // @ts-expect-error a process returns what its output schema takes
    run: async () => 'text',
  })
  // @ts-expect-error a definition says how it is run
  void (() => defineProcess({ kind: 'wrong', input: v.object({}), output: v.number() }))
  expectTypeOf<ProcessContext>().not.toBeAny()
})

test('a context that lacks an effect does not compile', () => {
  const { sleep: _missing, ...others } = {} as ContextEffects
  // @ts-expect-error an effect of `ProcessContext` is missing
  void ((ports: RunPorts) => assembled(ports, () => false, others))
  // @ts-expect-error the type of an effect is not that of `ProcessContext`
  void ((ports: RunPorts) => assembled(ports, () => false, { ...others, sleep: () => 5 }))
  // @ts-expect-error a step does not return at once
  void ((run: Run) => run.instant('step', 'a', () => null))
})

test('a step has the type of its value', () => {
  compiled(async (context) => {
    expectTypeOf(await context.step('a', () => Number('1'))).toEqualTypeOf<number>()
    // A literal stays one, as it does in the body.
    expectTypeOf(await context.step('a', () => 'new')).toEqualTypeOf<'new'>()
    expectTypeOf(await context.step('a', async () => ({ n: [1, 'x'] }))).toEqualTypeOf<{
      n: (string | number)[]
    }>()
    expectTypeOf(await context.step('a', () => {})).toEqualTypeOf<void>()
    await context.step('a', (step) => {
      expectTypeOf(step).toEqualTypeOf<StepContext>()
      expectTypeOf(step.abortSignal).toEqualTypeOf<AbortSignal>()
    })
    const tree: Tree = { name: 'a', branches: [] }
    expectTypeOf(await context.step('a', () => tree)).toEqualTypeOf<Tree>()
    expectTypeOf(await context.step('a', async () => tree.size)).toEqualTypeOf<number | undefined>()
    expectTypeOf(await context.step('a', () => ['x', 1] as const)).toEqualTypeOf<readonly ['x', 1]>()
    expectTypeOf(await context.step('a', () => JSON.parse('1') as unknown)).toEqualTypeOf<unknown>()
    // @ts-expect-error a Date is not JSON
    await context.step('a', () => new Date())
    // @ts-expect-error nor is it beside a text
    await context.step('a', () => (tree.size === 1 ? 'x' : new Date()))
    // @ts-expect-error a list has no item that is undefined
    await context.step('a', () => [tree.size])
    // @ts-expect-error nor is a Map in it
    await context.step('a', () => ({ map: new Map() }))
    // @ts-expect-error a policy says how many attempts there are
    await context.step('a', () => 1, { retry: {} })
    // @ts-expect-error no such semantics
    await context.step('a', () => 1, { semantics: 'exactly-once' })
    const retry: RetryPolicy = { maxAttempts: 3, retryIf: ({ code }) => code === 'E_BUSY' }
    await context.step('a', () => 1, { retry, timeout: { seconds: 5 } })
  })
})

test('a length of time has at least one part, and only known ones', () => {
  expectTypeOf<{ days: 1; ms: 2 }>().toExtend<Duration>()
  // oxlint-disable-next-line typescript/no-empty-object-type
  expectTypeOf<{}>().not.toExtend<Duration>()
  expectTypeOf<number>().not.toExtend<Duration>()
  compiled(async (context) => {
    await context.sleep({ days: 1 })
    // @ts-expect-error weeks are no unit
    await context.sleep({ weeks: 1 })
    // @ts-expect-error a bare number says no unit
    await context.sleep(5_000)
    await context.sleepUntil(new Date(0))
  })
})

test('signals and callbacks have the type of what their schema makes', () => {
  compiled(async (context) => {
    expectTypeOf(await context.signal('any')).toEqualTypeOf<Json>()
    expectTypeOf(
      await context.signal('a', { schema: v.object({ by: v.string() }), timeout: { days: 1 } }),
    ).toEqualTypeOf<{ by: string }>()
    expectTypeOf(await context.signal('a', { schema: schema<string, number>() })).toEqualTypeOf<number>()
    // @ts-expect-error the output of a wait's schema is recorded, and JSON holds no Date
    await context.signal('a', { schema: schema<string, Date>() })
    // @ts-expect-error nor in a reply
    await context.callback('a', { schema: schema<string, { at: Date }>() })
    const callback = await context.callback('a', { schema: v.number() })
    expectTypeOf(callback).toEqualTypeOf<Callback<number>>()
    expectTypeOf(await callback.result()).toEqualTypeOf<number>()
  })
})

test('children take what their input schema takes, and give what their output schema gives', () => {
  compiled(async (context) => {
    const child = await context.start(order, { sku: 'x' }, { onParentEnd: 'leave' })
    expectTypeOf(child).toEqualTypeOf<Child<typeof order>>()
    expectTypeOf(await context.result(child)).toEqualTypeOf<string>()
    expectTypeOf(await context.run(order, { sku: 'x', count: 2 })).toEqualTypeOf<string>()
    expectTypeOf(await context.run(shipment, { at: '2026' })).toEqualTypeOf<boolean>()
    // @ts-expect-error a count is a number
    await context.run(order, { sku: 'x', count: '2' })
    // @ts-expect-error the schema makes a number out of a text, it takes no other
    await context.start(shipment, { at: new Date(0) })
    // @ts-expect-error no such policy
    await context.start(order, { sku: 'x' }, { onParentEnd: 'kill' })
  })
})

test('all and map give values in their order, or how each was settled', () => {
  compiled(async (context) => {
    const tasks = ['a', 'b'].map((name) => () => context.step(name, () => name.length))
    expectTypeOf(await context.all(tasks)).toEqualTypeOf<number[]>()
    expectTypeOf(await context.all(tasks, { concurrency: 2 })).toEqualTypeOf<number[]>()
    expectTypeOf(await context.all(tasks, { onFailure: 'settle' })).toEqualTypeOf<
      PromiseSettledResult<number>[]
    >()
    const lengths = await context.map(['a', 'bc'], async (text, index) => {
      expectTypeOf(text).toEqualTypeOf<string>()
      return text.length + index
    })
    expectTypeOf(lengths).toEqualTypeOf<number[]>()
    const settled = await context.map([1], async (n) => String(n), { onFailure: 'settle' })
    expectTypeOf(settled).toEqualTypeOf<PromiseSettledResult<string>[]>()
  })
})

test('all() types each value by its task, in a tuple or a record', () => {
  compiled(async (context) => {
    const tasks = [() => context.step('a', () => Number('1')), async () => context.uuid()] as const
    expectTypeOf(await context.all(tasks)).toEqualTypeOf<[number, string]>()
    expectTypeOf(await context.all([() => context.run(order, { sku: 'x' }), async () => true])).toEqualTypeOf<
      [string, boolean]
    >()
    expectTypeOf(await context.all([async () => 1, async () => 'x'], { onFailure: 'settle' })).toEqualTypeOf<
      [PromiseSettledResult<number>, PromiseSettledResult<string>]
    >()
    expectTypeOf(await context.all({ n: async () => 1, s: async () => 'x' })).toEqualTypeOf<{
      n: number
      s: string
    }>()
    expectTypeOf(await context.all({ n: async () => 1 }, { onFailure: 'settle' })).toEqualTypeOf<{
      n: PromiseSettledResult<number>
    }>()
    // @ts-expect-error a task is a function: an effect in its place would have begun already
    await context.all([context.step('a', () => 1)])
  })
})

test('what is the same on every run has plain types, and a shield the type of its section', () => {
  compiled(async (context) => {
    expectTypeOf(context.now()).toEqualTypeOf<number>()
    expectTypeOf(context.random()).toEqualTypeOf<number>()
    expectTypeOf(context.uuid()).toEqualTypeOf<string>()
    expectTypeOf(context.patched('a')).toEqualTypeOf<boolean>()
    expectTypeOf(await context.shield(async () => 7)).toEqualTypeOf<number>()
    await context.emit('a', { name: 'a', branches: [] } satisfies Tree)
    // @ts-expect-error an event is JSON
    await context.emit('a', undefined)
    // @ts-expect-error also where it is only sometimes undefined
    await context.emit('a', [1][0])
  })
})

test('a client starts a definition with what its input schema takes', () => {
  const typed = async (client: ProcessClient): Promise<void> => {
    await client.start(order, { sku: 'x' }, { id: 'o-1' })
    // @ts-expect-error a process has an id
    await client.start(order, { sku: 'x' }, {})
    // @ts-expect-error the input needs a sku
    await client.start(order, {}, { id: 'o-1' })
    expectTypeOf(await client.result('o-1')).toEqualTypeOf<Output>()
  }
  expectTypeOf(typed).toBeFunction()
})
