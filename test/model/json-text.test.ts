import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJsonText } from '../../lib/model/json-text.ts'

const issuesOf = (text: string): string[] =>
  readJsonText(text).issues.map(({ path, message }) => `${path}: ${message}`)

test('readJsonText() names each key that stands twice, however it is written', () => {
  expect(issuesOf('{"a":1,"b":{"c":[{"d":1,"d":2}]},"\\u0061":3}')).toEqual([
    'b.c.0.d: the key stands twice',
    'a: the key stands twice',
  ])
  expect(issuesOf('{"\\\\":1,"\\"":2,"\\\\\\"":3,"x":{"x":{"x":[]}}}')).toEqual([])
  expect(issuesOf('{"__proto__":1,"__proto__":2,"constructor":3}')).toEqual([
    '__proto__: the key stands twice',
  ])
  expect(issuesOf('[{"a":1},{"a":"{\\"a\\":1,\\"a\\":2}"}]')).toEqual([])
})

test('readJsonText() names each whole number that loses digits', () => {
  const says = 'has more digits than a number keeps; send it as text'
  expect(issuesOf('[9007199254740993, -9007199254740993, 12345678901234567890]')).toEqual([
    `0: 9007199254740993 ${says}`,
    `1: -9007199254740993 ${says}`,
    `2: 12345678901234567890 ${says}`,
  ])
  expect(issuesOf('9007199254740993')).toEqual([`: 9007199254740993 ${says}`])
  expect(issuesOf('[9007199254740991, -9007199254740991, 0, -0, 1.5, 1e300, 0.1, 1E5]')).toEqual([])
  expect(issuesOf('{"9007199254740993":"9007199254740993"}')).toEqual([])
})

test('readJsonText() finds nothing in what JSON.stringify() wrote, and reads the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(readJsonText(text)).toEqual({ value: JSON.parse(text), issues: [] })
    }),
  )
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(issuesOf(JSON.stringify([number]))).toEqual([])
    }),
  )
})

test('readJsonText() reads a megabyte of numbers, and a nest deeper than any stack', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  expect(readJsonText(deep).issues).toEqual([])
  const many = `[${Array.from({ length: 50_000 }, () => '9007199254740993').join(',')}]`
  expect(readJsonText(many).issues).toHaveLength(200)
})

test('readJsonText() throws on what is no JSON', () => {
  for (const text of ['', '{', '{"a":01}', '[1,]', 'nul'])
    expect(() => readJsonText(text)).toThrow(SyntaxError)
})
