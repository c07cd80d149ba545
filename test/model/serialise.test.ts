import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { toJson } from '../../lib/model/serialise.ts'
import { NotSerialisable } from '../../lib/model/errors.ts'

test('any JSON value comes back equal, as a copy', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const parsed: unknown = JSON.parse(JSON.stringify(value))
      expect(toJson(parsed, 'it')).toEqual(parsed)
    }),
  )
  const value = { list: [1] }
  const copied = toJson(value, 'it')
  value.list.push(2)
  expect(copied).toEqual({ list: [1] })
})

test('what a replay would see is what the first run gets: JSON text and back changes nothing', () => {
  const value = fc.oneof(fc.jsonValue(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  const record = fc.dictionary(fc.string(), fc.option(value, { nil: undefined }))
  fc.assert(
    fc.property(record, (given) => {
      const kept = toJson(given, 'it')
      expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept)
    }),
  )
})

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic
const REFUSED: readonly [string, unknown, string][] = [
  ['a function', { on: { click: () => 1 } }, '$.on.click'],
  ['a symbol', [Symbol('s')], '$[0]'],
  ['a bigint', { n: 1n }, '$.n'],
  ['a date', { at: new Date(0) }, '$.at'],
  ['a map', { m: new Map() }, '$.m'],
  ['a set', new Set([1]), '$'],
  ['a buffer', { b: Buffer.from('x') }, '$.b'],
  ['a class instance', { e: new Error('x') }, '$.e'],
  ['NaN', { n: Number.NaN }, '$.n'],
  ['Infinity', [0, Number.POSITIVE_INFINITY], '$[1]'],
  ['undefined in a list', [1, undefined], '$[1]'],
  ['a hole in a list', Object.assign(Array(3), { 0: 1, 2: 3 }), '$[1]'],
  ['a cycle', { a: { b: cyclic } }, '$.a.b.self'],
]

for (const [what, value, path] of REFUSED) {
  test(`${what} is refused by its path`, () => {
    expect(() => toJson(value, 'it')).toThrow(NotSerialisable)
    expect(() => toJson(value, 'it')).toThrow(path)
  })
}

test('one object in two places is no cycle', () => {
  const shared = { a: 1 }
  expect(toJson([shared, shared], 'it')).toEqual([{ a: 1 }, { a: 1 }])
})

test('nesting has a bound, and hitting it is an answer and not an overflow', () => {
  let deep: unknown = 1
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep]
  expect(() => toJson(deep, 'it')).toThrow(/nested deeper/u)
})

test('a key named __proto__ stays a key', () => {
  const value: unknown = JSON.parse('{"__proto__": {"admin": true}}')
  const kept = toJson(value, 'it')
  expect(JSON.stringify(kept)).toBe('{"__proto__":{"admin":true}}')
  expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
})
