import { expect, test } from 'vitest'
import { readBatchAnswer } from '../../lib/local/batch-answer.ts'

const IDS = ['a', 'b', 'c']

test.each([
  ['null', 'null'],
  ['an empty object', '{}'],
  ['no list', '{"batchItemFailures":null}'],
  ['an empty list', '{"batchItemFailures":[]}'],
])('%s means that all succeeded', (_, payload) => {
  expect(readBatchAnswer(payload, IDS)).toEqual({ failed: [] })
})

test('the named messages failed, the others did not', () => {
  const payload = '{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"a"}]}'
  expect(readBatchAnswer(payload, IDS)).toEqual({ failed: ['c', 'a'] })
})

test.each([
  ['text that is no JSON', '{"batchItemFailures"'],
  ['a bare string', '"done"'],
  ['a list', '[]'],
  ['failures that are no list', '{"batchItemFailures":{"itemIdentifier":"a"}}'],
  ['an empty id', '{"batchItemFailures":[{"itemIdentifier":""}]}'],
  ['a null id', '{"batchItemFailures":[{"itemIdentifier":null}]}'],
  ['another key', '{"batchItemFailures":[{"messageId":"a"}]}'],
  ['a null entry', '{"batchItemFailures":[null]}'],
  ['an id of no message', '{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"z"}]}'],
])('with %s the whole batch failed', (_, payload) => {
  expect(readBatchAnswer(payload, IDS)).toMatchObject({ failed: 'all', because: expect.any(String) })
})
