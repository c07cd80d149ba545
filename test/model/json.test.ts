import { expect, test } from 'vitest'
import { jsonBytes, utf8Bytes } from '../../lib/model/json.ts'

test('bytes are counted as UTF-8, as DynamoDB and SQS count them', () => {
  expect(utf8Bytes('aé€😀')).toBe(1 + 2 + 3 + 4)
  expect(jsonBytes({ a: 'é', b: [null, 1.5] })).toBe('{"a":"_","b":[null,1.5]}'.length + 1)
})
