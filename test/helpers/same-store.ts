import * as fc from 'fast-check'
import { expect } from 'vitest'
import type {
  ItemChange,
  Guard,
  IndexQuery,
  Item,
  ItemStore,
  Key,
  Write,
} from '../../lib/registry/store/store.ts'
import { freshId } from '../conformance/suite/bed.ts'

// The same random operations on two stores, one of which is DynamoDB's own emulator: what differs is wrong in the other.

// Few keys and few values, so that conditions hold about as often as not.
const NUMBERS = ['f', 'c', 'da', 'ca'] as const
const TEXTS = ['s', 'k', 'd', 'g'] as const
const LIST = 't'
const small = fc.integer({ min: -2, max: 3 })
const text = fc.constantFrom('a', 'b', 'é', '😀')
const list = fc.array(fc.oneof(text, small, fc.constant(null)), { maxLength: 2 })
const anyText = fc.constantFrom(...TEXTS)
const anyNumber = fc.constantFrom(...NUMBERS)
const anyList = fc.constantFrom(LIST, 'absent')
const anyAttr = fc.constantFrom(...TEXTS, ...NUMBERS, LIST)

const leaf: fc.Arbitrary<Guard> = fc.oneof(
  fc.record({ attr: anyNumber, is: small }),
  fc.record({ attr: anyText, is: text }),
  // A comparison of a text with a number never holds; that it is "not equal" does.
  fc.record({ attr: anyText, is: small }),
  fc.record({ attr: anyNumber, not: small }),
  fc.record({ attr: anyText, not: text }),
  fc.record({ attr: anyAttr, not: fc.oneof(text, small) }),
  fc.record({ attr: anyText, in: fc.uniqueArray(text, { minLength: 1 }) }),
  fc.record({ attr: anyAttr, below: small }),
  fc.record({ attr: anyNumber, atMost: small }),
  fc.record({ attr: anyNumber, above: small }),
  fc.record({ attr: anyAttr, absent: fc.constant(true as const) }),
  fc.record({ attr: anyList, has: text }),
  fc.record({ attr: anyList, lacks: text }),
  fc.record({ attr: anyList, shorter: fc.nat(3) }),
  fc.record({ attr: anyList, reaches: fc.nat(3) }),
  // Into a map that may not be there, or into something that is none.
  fc.record({ attr: fc.constantFrom('w.f', 's.f', 't.f'), is: text }),
  fc.record({ attr: fc.constantFrom('w.f', 'w.n'), absent: fc.constant(true as const) }),
)
const guard: fc.Arbitrary<Guard> = fc.oneof(
  { weight: 3, arbitrary: leaf },
  { weight: 1, arbitrary: fc.record({ all: fc.array(leaf, { minLength: 1, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ any: fc.array(leaf, { minLength: 1, maxLength: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      any: fc.array(fc.record({ all: fc.array(leaf, { minLength: 1, maxLength: 2 }) }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  },
)
const when = fc.option(guard, { nil: undefined, freq: 3 })

type Part = { [P in keyof ItemChange]-?: readonly [P, string, unknown] }[keyof ItemChange]
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(fc.constant('set' as const), anyText, text),
  fc.tuple(fc.constant('set' as const), anyNumber, small),
  fc.tuple(fc.constant('set' as const), fc.constant(LIST), list),
  fc.tuple(fc.constant('once' as const), anyText, text),
  fc.tuple(fc.constant('once' as const), anyNumber, small),
  fc.tuple(fc.constant('add' as const), anyNumber, small),
  fc.tuple(fc.constant('append' as const), fc.constant(LIST), list),
  fc.tuple(fc.constant('remove' as const), anyAttr, fc.constant(undefined)),
)
const change: fc.Arbitrary<ItemChange> = fc
  .uniqueArray(part, { minLength: 1, maxLength: 5, selector: ([, attr]) => attr })
  .map((parts) => {
    const of = (kind: keyof ItemChange) =>
      Object.fromEntries(
        parts.flatMap(([each, attr, value]) => (each === kind ? [[attr, value]] : [])),
      ) as never
    return {
      set: of('set'),
      once: of('once'),
      add: of('add'),
      append: of('append'),
      remove: Object.keys(of('remove')),
    }
  })

const attributes = fc.record(
  {
    s: text,
    k: text,
    d: text,
    g: text,
    f: small,
    c: small,
    da: small,
    ca: small,
    t: list,
    w: fc.record({ f: text }),
  },
  { requiredKeys: [] },
)
const place = fc.record({ p: fc.constantFrom(0, 1), sk: fc.constantFrom('A', 'B#1', 'C') })
type Place = { p: number; sk: string }

/** One thing to ask of a store, given the keys that it may use. */
type Step = (prefix: string) => { one: Write } | { many: readonly Write[] }
const keyOf = (prefix: string, { p, sk }: Place): Key => ({ pk: `${prefix}${p}`, sk })
const guarded = (found: Guard | undefined) => (found === undefined ? {} : { when: found })
const put = fc.tuple(place, attributes, when).map(([at, item, found]) => (prefix: string): Write => ({
  do: 'put',
  item: { ...keyOf(prefix, at), ...(item as Item) },
  ...guarded(found),
}))
const update = fc.tuple(place, change, when).map(([at, by, found]) => (prefix: string): Write => ({
  do: 'update',
  key: keyOf(prefix, at),
  change: by,
  ...guarded(found),
}))
const check = fc.tuple(place, guard).map(([at, found]) => (prefix: string): Write => ({
  do: 'check',
  key: keyOf(prefix, at),
  when: found,
}))
const single: fc.Arbitrary<Step> = fc
  .oneof(put, update, update)
  .map((write) => (prefix) => ({ one: write(prefix) }))
const together: fc.Arbitrary<Step> = fc
  .array(fc.oneof(put, update, check), { minLength: 1, maxLength: 3 })
  .map((writes) => (prefix) => {
    const byKey = new Map(writes.map((write) => write(prefix)).map((write) => [nameOf(write), write]))
    return { many: [...byKey.values()] }
  })
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: single }, { weight: 1, arbitrary: together }), {
  minLength: 10,
  maxLength: 25,
})

function nameOf(write: Write): string {
  const { pk, sk } = write.do === 'put' ? write.item : write.key
  return `${pk}/${sk}`
}

/** Runs random writes and transactions on both, each on its own keys; answers how many were applied and refused. */
export async function expectSameWrites(dynamo: ItemStore, other: () => ItemStore, seed: number) {
  let applied = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const prefix = freshId('x')
      const store = other()
      for (const step of sequence) {
        const asked = step(prefix)
        const send = (to: ItemStore) => ('one' in asked ? to.write(asked.one) : to.transact(asked.many))
        const [expected, got] = await Promise.all([send(dynamo), send(store)])
        expect(got).toEqual(expected)
        if (got.applied) applied += 1
        else refused += 1
      }
      for (const p of [0, 1]) await expectSameItems(store, dynamo, `${prefix}${p}`)
    }),
    { seed, numRuns: 40 },
  )
  return { applied, refused }
}

/** Reads an index of both, page by page, in both directions and in any window. */
export async function expectSameIndex(
  dynamo: ItemStore,
  other: () => ItemStore,
  seed: number,
): Promise<void> {
  const bounds = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined })
  const rows = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 8 })
  const queries = fc.record({
    from: bounds,
    to: bounds,
    order: fc.constantFrom('up' as const, 'down' as const),
    limit: fc.integer({ min: 1, max: 4 }),
  })
  const index = fc.constantFrom('due' as const, 'list' as const)
  await fc.assert(
    fc.asyncProperty(rows, index, queries, async (at, name, query) => {
      fc.pre(query.from === undefined || query.to === undefined || query.from <= query.to)
      const partition = freshId('index')
      const store = other()
      for (const write of indexed(partition, name, at)) {
        await Promise.all([store.write(write), dynamo.write(write)])
      }
      const asked: IndexQuery = { index: name, partition, ...query }
      const expected = await allRows(dynamo, asked)
      expect(await allRows(store, asked)).toEqual(expected)
      const inWindow = at.filter((n) => n >= (query.from ?? 0) && n <= (query.to ?? 9))
      expect(expected).toHaveLength(inWindow.length)
    }),
    { seed, numRuns: 25 },
  )
}

function indexed(partition: string, index: IndexQuery['index'], at: readonly number[]): Write[] {
  const [name, sort] = index === 'due' ? (['d', 'da'] as const) : (['g', 'ca'] as const)
  return at.flatMap((n) => [
    {
      do: 'put',
      item: {
        pk: `${partition}-${n}`,
        sk: 'PROCESS',
        [name]: partition,
        [sort]: n,
        k: 'k',
        s: 's',
        f: n,
        other: 1,
      },
    },
    // Not in the index: it lacks one of the keys.
    { do: 'put', item: { pk: `${partition}-${n}`, sk: 'LEASE', [name]: partition } },
  ])
}

async function expectSameItems(store: ItemStore, dynamo: ItemStore, pk: string): Promise<void> {
  const windows = [
    ['A', 'C'],
    ['A', 'B'],
    ['B', 'C'],
    ['B#1', 'B#1'],
  ] as const
  for (const [from, to] of windows) {
    for (const more of [{}, { atMost: 1 }, { atMost: 9 }]) {
      const range = { pk, from, to, ...more }
      expect(await store.range(range)).toEqual(await dynamo.range(range))
    }
  }
  const keys = ['A', 'B#1', 'C', 'D'].map((sk) => ({ pk, sk }))
  for (const key of keys) expect(await store.get(key)).toEqual(await dynamo.get(key))
  const bySk = (a: Item, b: Item) => (JSON.stringify(a['sk']) < JSON.stringify(b['sk']) ? -1 : 1)
  expect([...(await store.getMany(keys))].sort(bySk)).toEqual([...(await dynamo.getMany(keys))].sort(bySk))
}

async function allRows(store: ItemStore, query: IndexQuery): Promise<readonly Item[]> {
  const rows: Item[] = []
  let after: Item | undefined
  do {
    const page = await store.index({ ...query, ...(after === undefined ? {} : { after }) })
    expect(page.items.length).toBeLessThanOrEqual(query.limit)
    rows.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return rows
}
