import { expect, test } from 'vitest'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { readStatusEventsEnvironment } from '../../lib/status-events/environment.ts'

test('the status-event function names each variable that it lacks', () => {
  expect(() => readStatusEventsEnvironment({ LEASEHOLD_TABLE: 't', LEASEHOLD_EVENT_BUS: '' })).toThrow(
    InvalidConfig,
  )
  expect(() => readStatusEventsEnvironment({ LEASEHOLD_TABLE: 't' })).toThrow(
    /LEASEHOLD_EVENT_BUS.*LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL/su,
  )
})

test('the status-event function needs a table, a bus and a queue for dead letters', () => {
  const env = { LEASEHOLD_TABLE: 't', LEASEHOLD_EVENT_BUS: 'b', LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: 'u' }
  expect(readStatusEventsEnvironment(env)).toMatchObject({
    ...env,
    AWS_LAMBDA_FUNCTION_NAME: 'leasehold-status-events',
  })
})
