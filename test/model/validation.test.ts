import { expect, test } from 'vitest'
import * as v from 'valibot'
import { toIssues, toMessageIssues } from '../../lib/model/validation.ts'

const SCHEMA = v.strictObject({
  id: v.string(),
  count: v.pipe(v.number(), v.minValue(1)),
  nested: v.strictObject({ name: v.string() }),
  anything: v.optional(
    v.pipe(
      v.number(),
      v.check(() => false, 'expected what none has'),
    ),
  ),
})
const WRONG = { id: 'a-secret'.repeat(20), count: 0, nested: { surplus: 1 }, anything: 1 }
const issuesOf = (value: unknown) => v.safeParse(SCHEMA, value).issues ?? []

test('an issue says what is missing, what is too many, and what was expected of what is there', () => {
  expect(toIssues(issuesOf(WRONG))).toEqual([
    { path: 'count', message: 'expected >=1, got 0' },
    { path: 'nested.name', message: 'is missing' },
    { path: 'nested.surplus', message: 'unknown field' },
    { path: 'anything', message: 'expected what none has' },
  ])
  expect(toIssues(issuesOf(undefined))).toEqual([{ path: '', message: 'is missing' }])
})

test('an issue quotes the beginning of a value, and only the type of a message', () => {
  const issues = issuesOf({ ...WRONG, count: WRONG.id })
  expect(toIssues(issues)[0]?.message).toMatch(/^expected number, got "a-secret.{48}…$/u)
  expect(toMessageIssues(issues)[0]).toEqual({
    path: 'count',
    message: 'expected number, got a value of type string',
  })
})
