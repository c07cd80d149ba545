import { expect, test } from 'vitest'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { readOutcomesEnvironment } from '../../lib/outcomes/environment.ts'

test('the outcomes function names each variable that it lacks', () => {
  expect(() => readOutcomesEnvironment({ LEASEHOLD_TABLE: 't', LEASEHOLD_EVENT_BUS: '' })).toThrow(
    InvalidConfig,
  )
  expect(() => readOutcomesEnvironment({ LEASEHOLD_TABLE: 't' })).toThrow(
    /LEASEHOLD_EVENT_BUS.*LEASEHOLD_OUTCOMES_DEAD_LETTER_URL/su,
  )
})

test('the outcomes function needs a table, a bus and a queue for dead letters', () => {
  const env = { LEASEHOLD_TABLE: 't', LEASEHOLD_EVENT_BUS: 'b', LEASEHOLD_OUTCOMES_DEAD_LETTER_URL: 'u' }
  expect(readOutcomesEnvironment(env)).toMatchObject({
    ...env,
    AWS_LAMBDA_FUNCTION_NAME: 'leasehold-outcomes',
  })
})
