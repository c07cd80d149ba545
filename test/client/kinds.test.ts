import * as v from 'valibot'
import { expect, test } from 'vitest'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { kindsOf } from '../../lib/client/kinds.ts'

const validate = (value: unknown) => ({ value })
/** A schema of a library that is not valibot. */
const foreign = (more: object = {}): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'other', validate, ...more },
})

test('kindsOf() shows what a schema takes as its input, and what it makes as its output', () => {
  const schema = v.pipe(v.string(), v.transform(Number), v.number())
  const [kind] = kindsOf([{ kind: 'k', input: schema, output: schema, version: '7' }])
  expect(kind).toMatchObject({ version: '7', input: { type: 'string' }, output: { type: 'number' } })
})

test('kindsOf() asks a schema that converts itself, and leaves out one that cannot be shown', () => {
  const own = foreign({ jsonSchema: { input: () => ({ $schema: 'x', type: 'integer' }), output: fails } })
  const [kind] = kindsOf([{ kind: 'k', input: own, output: own, events: { paid: foreign() } }])
  expect(kind).toEqual({ kind: 'k', recovery: 'rerun', input: { type: 'integer' }, events: { paid: null } })
})

function fails(): never {
  throw new Error('no such target')
}
