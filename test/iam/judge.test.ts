import { expect, test } from 'vitest'
import { judge } from './judge.ts'

const ROW = 'dynamodb:GetItem on Processes/Table'

test.each([
  ['the same right', ROW, true],
  ['another action', 'dynamodb:PutItem on Processes/Table', false],
  ['another thing', 'dynamodb:GetItem on Other/Table', false],
  ['an index of the thing', 'dynamodb:GetItem on Processes/Table/index/due', false],
  ['a wildcard of actions', 'dynamodb:Get* on Processes/Table', true],
  ['one character of actions', 'dynamodb:?etItem on Processes/Table', true],
  ['a wildcard of things', 'dynamodb:GetItem on *', true],
  ['a dot that stands for itself', 'dynamodb:GetItem on Processes.Table', false],
])('judge() decides by %s', (_, right, allowed) => {
  expect(judge([right], { right: ROW })).toEqual({ allowed, by: allowed ? right : undefined })
})

test('judge() refuses a request that a statement denies, whatever else allows it', () => {
  const denial = 'denied: dynamodb:* on Processes/Table'
  expect(judge([ROW, denial], { right: ROW })).toEqual({ allowed: false, by: denial })
})

const KEYED = `${ROW} if {"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["SWEEP"]}}`

test.each([
  ['all of its partition keys are among the allowed ones', ['SWEEP'], true],
  ['one of its partition keys is another', ['SWEEP', 'P#a'], false],
])('judge() decides by a condition on partition keys when %s', (_, leadingKeys, allowed) => {
  expect(judge([KEYED], { right: ROW, leadingKeys })).toMatchObject({ allowed })
})

test.each([
  ['a condition that it does not know', `${ROW} if {"StringEquals":{"aws:SourceIp":"1"}}`],
  ['a condition on partition keys beside another', `${ROW} if {"ForAllValues:StringEquals":{"a":["b"]}}`],
  ['a request whose partition keys are unknown', KEYED],
])('judge() throws on %s', (_, right) => {
  expect(() => judge([right], { right: ROW })).toThrow('is not judged')
})
