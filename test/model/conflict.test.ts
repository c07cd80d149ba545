import { expect, test } from 'vitest'
import { differencesOf } from '../../lib/model/conflict.ts'

type Content = Parameters<typeof differencesOf>[0]
const BASE: Content = {
  kind: 'order',
  recovery: 'rerun',
  input: { value: { amount: 5, lines: [{ sku: 'a' }] } },
}
const withInput = (value: object): Content => ({ ...BASE, input: { value: value as never } })

test.each<[string, Content, string]>([
  ['a value', withInput({ amount: 6, lines: [{ sku: 'a' }] }), 'input.amount'],
  ['a value in a list', withInput({ amount: 5, lines: [{ sku: 'b' }] }), 'input.lines.0.sku'],
  ['a key that only one has', withInput({ amount: 5, lines: [{ sku: 'a' }], note: 'x' }), 'input.note'],
  ['another type', withInput({ amount: 5, lines: {} }), 'input.lines'],
  ['the scope', { ...BASE, scope: 'tenant' }, 'scope'],
  ['a limit', { ...BASE, limits: { timeoutMs: 5 } }, 'limits'],
  ['where it comes from', { ...BASE, provenance: { source: 'rule' } }, 'provenance'],
  [
    'an input of its own item',
    { ...BASE, input: { ref: 'r', bytes: 600 } },
    'input.amount, input.lines, input.bytes',
  ],
])('differencesOf() names %s by its path', (_, asked, paths) => {
  expect(differencesOf(BASE, asked)).toBe(paths)
})

test('differencesOf() names three paths at most, each of them short', () => {
  const many = Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`${n}${'k'.repeat(500)}`, n]))
  const text = differencesOf(withInput({}), withInput(many))
  expect(text).toMatch(/, .*, .* and more$/u)
  expect(text.length).toBeLessThan(800)
})

test('differencesOf() is empty when what is at hand does not differ', () => {
  expect(
    differencesOf({ ...BASE, input: { ref: 'a', bytes: 9 } }, { ...BASE, input: { ref: 'b', bytes: 9 } }),
  ).toBe('')
})
