import { describe, expect, test } from 'vitest'
import type { Json } from '../../../lib/model/json.ts'
import { elementBytes, itemBytes, valueBytes } from '../../../lib/registry/store/store.ts'

describe('the size of an item', () => {
  // From DynamoDB's published rules, worked out by hand; where pairs of digits begin, as DynamoDB Local bills it.
  const VALUES: readonly [Json, number][] = [
    [null, 1],
    [true, 1],
    [false, 1],
    ['', 0],
    ['abc', 3],
    ['é€😀', 2 + 3 + 4],
    [0, 1],
    [7, 2],
    [12, 2],
    [123, 3],
    [-123, 4],
    [12_340, 4],
    [123_400, 3],
    [1_764_000_000_000, 4],
    [1_764_000_000_001, 8],
    [0.001, 2],
    [1.25, 3],
    [1e300, 2],
    [[], 3],
    [['ab', 1], 3 + 3 + 3],
    [{}, 3],
    [{ ab: 'c', d: [] }, 3 + (2 + 1 + 1) + (1 + 3 + 1)],
  ]
  for (const [value, bytes] of VALUES) {
    test(`${JSON.stringify(value)} takes ${bytes} bytes, and one more in a list`, () => {
      expect(valueBytes(value)).toBe(bytes)
      expect(elementBytes(value)).toBe(bytes + 1)
      expect(itemBytes({ name: value })).toBe(4 + bytes)
      expect(itemBytes({ name: [value] })).toBe(4 + 3 + 1 + bytes)
    })
  }
})
