import * as v from 'valibot'
import { expect, test } from 'vitest'
import { kindsOf } from '../../../../lib/client/kinds.ts'
import { fieldsOf, filledForm, readJson } from '../../../../lib/console/app/model/schema-form.ts'
import type { Json } from '../../../../lib/model/json.ts'
import { defineProcess } from '../../../../lib/effects/definition.ts'

const INPUT = v.object({
  sku: v.pipe(v.string(), v.description('The article to ship')),
  count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
  express: v.optional(v.boolean()),
  colour: v.picklist(['red', 'green']),
  address: v.object({ city: v.string(), zip: v.optional(v.string()) }),
  tags: v.optional(v.array(v.string())),
  size: v.union([v.literal(1), v.literal('large')]),
})
const order = defineProcess({ kind: 'order', input: INPUT, output: v.any(), run: () => Promise.resolve(1) })
const [view] = kindsOf([order])
const fields = fieldsOf(view?.input) ?? []

test('fieldsOf() makes a field for each value of the schema that a kind is shown with', () => {
  expect(fields.map(({ label, type, required }) => `${label} ${type}${required ? '' : '?'}`)).toEqual([
    'sku text',
    'count number',
    'express flag?',
    'colour choice',
    'address.city text',
    'address.zip text?',
    'tags json?',
    'size choice',
  ])
  expect(fields[0]?.about).toBe('The article to ship')
  expect(fields[7]).toMatchObject({ options: [1, 'large'] })
})

test.each([
  ['no schema', undefined],
  ['a schema of a text', { type: 'string' }],
  ['a schema that takes anything', {}],
])('fieldsOf() leaves %s to a field of JSON', (_, schema) => {
  expect(fieldsOf(schema)).toBeUndefined()
})

const TYPED = [
  ['sku', 'A-1'],
  ['count', '2'],
  ['colour', '"red"'],
  ['address.city', 'Bern'],
  ['size', '"large"'],
] as const

test('filledForm() makes an input that the schema takes, without the fields that are left out', () => {
  const filled = filledForm(fields, new Map(TYPED))
  const value = { sku: 'A-1', count: 2, colour: 'red', address: { city: 'Bern' }, size: 'large' }
  expect(filled).toEqual({ ok: true, value })
  expect(v.parse(INPUT, value)).toEqual(value)

  const more = filledForm(
    fields,
    new Map([...TYPED, ['express', 'false'], ['tags', '["a"]'], ['address.zip', '3000']]),
  )
  expect(more).toMatchObject({ ok: true, value: { express: false, tags: ['a'], address: { zip: '3000' } } })
})

test('filledForm() names each field that cannot be taken', () => {
  const typed = new Map([...TYPED, ['count', '2.5'], ['colour', ''], ['tags', '[']])
  const filled = filledForm(fields, typed)
  expect(filled.ok).toBe(false)
  expect(filled.ok ? [] : filled.flaws.map(({ label, message }) => `${label} ${message}`)).toEqual([
    'count is not a whole number',
    'colour is required',
    expect.stringMatching(/^tags is not JSON: /),
  ])
  const bounded = (count: string) => filledForm(fields, new Map([...TYPED, ['count', count]]))
  expect(bounded('0')).toMatchObject({ flaws: [{ message: 'is less than 1' }] })
  expect(bounded('10')).toMatchObject({ flaws: [{ message: 'is more than 9' }] })
})

test('filledForm() takes a key of the prototype for a key, and changes no object but its own', () => {
  const text = '{"type":"object","properties":{"__proto__":{"type":"string"}},"required":["__proto__"]}'
  const parsed: Json = JSON.parse(text)
  const filled = filledForm(fieldsOf(parsed) ?? [], new Map([['__proto__', 'x']]))
  expect(JSON.stringify(filled)).toBe('{"ok":true,"value":{"__proto__":"x"}}')
})

test('readJson() reads a value, or says that it is none', () => {
  expect(readJson('{"a":[1]}')).toEqual({ value: { a: [1] } })
  expect(readJson('nul').flaw).toMatch(/^is not JSON: /)
})
