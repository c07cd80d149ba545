import { expect, test } from 'vitest'
import { InvalidId, InvalidInput } from '../../lib/model/errors.ts'
import { CAUSES_LOGGED_MAX } from '../../lib/model/limits-errors.ts'
import { errorFacts, type LoggedErrorFacts } from '../../lib/telemetry/error-facts.ts'

test('something thrown that is no error is named, and an object is not opened', () => {
  expect(errorFacts('nope')).toEqual({ name: 'NotAnError', message: 'nope' })
  expect(errorFacts(undefined)).toEqual({ name: 'NotAnError', message: 'undefined' })
  expect(errorFacts({ password: 'secret' })).toEqual({ name: 'NotAnError', message: '[object Object]' })
})

test('a chain of causes that bites its tail ends', () => {
  const error = new Error('a')
  error.cause = error
  let length = 0
  for (let at: LoggedErrorFacts | undefined = errorFacts(error); at !== undefined; at = at.cause) length++
  expect(length).toBe(CAUSES_LOGGED_MAX)
})

test('errorFacts() leaves out a schema’s words in message, stack and facts, and keeps ours', () => {
  const issues = [{ path: 'card', message: 'expected a number, received "4111"' }]
  const bySchema = errorFacts(
    new Error('outer', { cause: new InvalidInput({ what: 'the input', issues, bySchema: true }) }),
  )
  expect(JSON.stringify(bySchema)).not.toContain('4111')
  expect(bySchema.cause).toMatchObject({
    message: 'the input is refused by its schema, at card',
    facts: { what: 'the input', paths: ['card'] },
  })
  expect(bySchema.cause?.stack).toContain('at card')
  expect(errorFacts(new InvalidInput({ what: 'the input', issues })).message).toContain('4111')
  const id = errorFacts(new InvalidId({ field: 'id', got: { secret: '4111' }, pattern: 'p' }))
  expect(JSON.stringify(id)).not.toContain('4111')
})
