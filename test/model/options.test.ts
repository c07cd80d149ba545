import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'
import { expectConfig, optionIssues } from '../../lib/model/options.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'

test('optionFlaws() refuses an option under a symbol, by the name of the symbol', () => {
  const issues = optionIssues({ limit: 1, [Symbol('limit')]: 2 }, { limit: 'any' }, 'query')
  expect(issues).toEqual([{ path: 'query.Symbol(limit)', message: 'no such option; remove it' }])
})

test.each([Number.NaN, 0, -1, '5', null])(
  'expectConfig() refuses %s where a number above 0 is due',
  (given) => {
    expect(() => expectConfig({ patienceMs: given }, { patienceMs: 'positive' })).toThrow(InvalidConfig)
    expect(() => expectConfig({ patienceMs: given }, { patienceMs: 'positive' })).toThrow(
      /patienceMs: expected a number above 0, got/u,
    )
  },
)

test('expectConfig() accepts a fraction and no end as a number above 0', () => {
  expect(optionIssues({ a: 0.5, b: Number.POSITIVE_INFINITY }, { a: 'positive', b: 'positive' })).toEqual([])
})

test('a registry on DynamoDB refuses a patience that is not a number, when it is built', () => {
  const parts = { client: new DynamoDBClient(), tableName: 't', clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  expect(() => new DynamoProcessRegistry({ ...parts, patienceMs: Number.NaN })).toThrow(
    /patienceMs: expected a number above 0, got NaN/u,
  )
})
