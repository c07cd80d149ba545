import { expect, test } from 'vitest'
import { CAUSES_LOGGED_MAX } from '../../lib/model/limits.ts'
import { errorFacts, type ErrorFacts } from '../../lib/telemetry/error-facts.ts'

test('something thrown that is no error is named, and an object is not opened', () => {
  expect(errorFacts('nope')).toEqual({ name: 'NotAnError', message: 'nope' })
  expect(errorFacts(undefined)).toEqual({ name: 'NotAnError', message: 'undefined' })
  expect(errorFacts({ password: 'secret' })).toEqual({ name: 'NotAnError', message: '[object Object]' })
})

test('a chain of causes that bites its tail ends', () => {
  const error = new Error('a')
  error.cause = error
  let length = 0
  for (let at: ErrorFacts | undefined = errorFacts(error); at !== undefined; at = at.cause) length++
  expect(length).toBe(CAUSES_LOGGED_MAX)
})
