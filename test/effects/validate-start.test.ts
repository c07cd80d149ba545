import { expect, test } from 'vitest'
import { COMPLETION_TOKEN_MAX, COMPLETION_TOKEN_MIN } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { expectToken } from '../../lib/effects/validate-start.ts'

const external = toRegistration({ id: 'm', kind: 'manual', input: {}, recovery: 'external' })
const ordinary = toRegistration({ id: 'p', kind: 'sample', input: {} })

test('expectToken() takes the shortest and the longest token, and refuses one beyond either', () => {
  for (const length of [COMPLETION_TOKEN_MIN, COMPLETION_TOKEN_MAX])
    expect(() => expectToken(external, 'x'.repeat(length))).not.toThrow()
  for (const length of [COMPLETION_TOKEN_MIN - 1, COMPLETION_TOKEN_MAX + 1, 0])
    expect(() => expectToken(external, 'x'.repeat(length))).toThrow(`got ${length}`)
})

test('expectToken() refuses an external start without a token, and any other with one', () => {
  expect(() => expectToken(external, undefined)).toThrow('got none')
  expect(() => expectToken(ordinary, undefined)).not.toThrow()
  expect(() => expectToken(ordinary, 'x'.repeat(COMPLETION_TOKEN_MIN))).toThrow('has no effect')
})
