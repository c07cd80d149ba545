import { describe, expect, test } from 'vitest'
import {
  batchReadUnits,
  itemBytes,
  readUnits,
  refusedUnits,
  totalUnits,
  transactionUnits,
  writeUnits,
  type BilledTable,
  type Item,
} from '../../bench/capacity.ts'

const shape: BilledTable = {
  partitionKey: { name: 'pk' },
  sortKey: { name: 'sk' },
  indexes: [{ name: 'due', partitionKey: { name: 'd' }, sortKey: { name: 'at' }, projects: ['s'] }],
}

/** An item whose attributes beside these make it `bytes` long. */
function item(attributes: Record<string, string | number> = {}, bytes = 0): Item {
  const all: Item = Object.fromEntries(
    Object.entries({ pk: 'P', sk: 'S', ...attributes }).map(([name, value]) => [
      name,
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ]),
  )
  const missing = bytes - itemBytes(all)
  return missing > 0 ? { ...all, x: { S: 'x'.repeat(missing - 1) } } : all
}

describe('the size of an item', () => {
  test.each<[string, Item, number]>([
    ['names and strings as UTF-8', { né: { S: '日本👩' } }, 3 + 10],
    ['an empty string', { a: { S: '' } }, 1],
    ['two digits a byte, and one', { n: { N: '1234' } }, 1 + 3],
    ['a minus', { n: { N: '-12345' } }, 1 + 5],
    ['zeros at the ends of a number are free', { n: { N: '001200' } }, 1 + 2],
    ['a point is no digit', { n: { N: '12.34' } }, 1 + 3],
    ['an exponent is free', { n: { N: '15E+30' } }, 1 + 2],
    ['pairs of digits from the decimal point on', { n: { N: '12340' } }, 1 + 4],
    ['the same after the point', { n: { N: '1.5' } }, 1 + 3],
    ['true, false and null', { a: { BOOL: true }, b: { NULL: true } }, 2 + 2],
    ['binary', { b: { B: new Uint8Array(7) } }, 1 + 7],
    ['sets', { s: { SS: ['ab', 'c'] }, n: { NS: ['1', '22'] } }, 1 + 3 + 1 + 4],
    ['an empty list and an empty map', { l: { L: [] }, m: { M: {} } }, 1 + 3 + 1 + 3],
    ['elements of a list', { l: { L: [{ S: 'ab' }, { BOOL: true }] } }, 1 + 3 + 3 + 2],
    ['entries of a map', { m: { M: { ab: { S: 'cd' } } } }, 1 + 3 + 1 + 4],
  ])('counts %s', (_, value, bytes) => {
    expect(itemBytes(value)).toBe(bytes)
  })
})

describe('a write is billed', () => {
  test('by the larger of the item before and after, a unit per started KB', () => {
    const images = [1, 1024, 1025, 5000].map((bytes) => item({}, bytes))
    const billed = images.map((before) => images.map((after) => writeUnits(shape, { before, after }).table))
    expect(billed).toEqual([
      [1, 1, 2, 5],
      [1, 1, 2, 5],
      [2, 2, 2, 5],
      [5, 5, 5, 5],
    ])
    expect(writeUnits(shape, { before: item({}, 3000), after: undefined }).table).toBe(3)
    expect(writeUnits(shape, { before: undefined, after: undefined }).table).toBe(1)
  })

  const absent = item({ s: 'a' })
  const due = item({ s: 'a', d: 'due#1', at: 5 })
  test.each<[string, Item | undefined, Item | undefined, number]>([
    ['nothing where the item is in no index', absent, absent, 0],
    ['nothing where only one of the keys is there', item({ d: 'due#1' }), item({ d: 'due#1', s: 'b' }), 0],
    ['one for an entry that comes', absent, due, 1],
    ['one for an entry that comes with its item', undefined, due, 1],
    ['one for an entry that goes', due, absent, 1],
    ['one for an entry that goes with its item', due, undefined, 1],
    ['two for a changed sort key', due, item({ s: 'a', d: 'due#1', at: 6 }), 2],
    ['two for a changed partition key', due, item({ s: 'a', d: 'due#2', at: 5 }), 2],
    ['one for a changed projected attribute', due, item({ s: 'b', d: 'due#1', at: 5 }), 1],
    ['nothing for an attribute it does not hold', due, { ...due, other: { S: 'x' } }, 0],
    ['a projected attribute that goes', due, item({ d: 'due#1', at: 5 }), 1],
    [
      'an entry by its own size, not its item’s',
      { ...due, big: { S: 'x'.repeat(5000) } },
      item({ s: 'b', d: 'due#1', at: 5 }),
      1,
    ],
    [
      'a large entry that moves, out and in',
      item({ s: 'x'.repeat(1500), d: 'due#1', at: 5 }),
      item({ s: 'x'.repeat(2500), d: 'due#1', at: 6 }),
      5,
    ],
  ])('for an index %s', (_, before, after, units) => {
    expect(writeUnits(shape, { before, after }).indexes).toEqual({ due: units })
  })

  test('for a failed condition by what is there and what was to be put', () => {
    expect(refusedUnits(undefined)).toBe(1)
    expect(refusedUnits(item({}, 2500))).toBe(3)
    expect(refusedUnits(item({}, 10), item({}, 1100))).toBe(2)
  })

  test('twice in a transaction, but for its indexes', () => {
    const parts = [writeUnits(shape, { before: absent, after: due }), { table: 1, indexes: {} }]
    expect(parts.map(totalUnits)).toEqual([2, 1])
    expect(transactionUnits(parts)).toBe(2 + 1 + 2)
  })
})

describe('a read is billed', () => {
  test('per started 4 KB of all it read, half when it may be stale, and when there is nothing', () => {
    expect(readUnits([], 'strong')).toBe(1)
    expect(readUnits([], 'eventual')).toBe(0.5)
    expect(readUnits([item({}, 4096)], 'strong')).toBe(1)
    expect(readUnits([item({}, 4097)], 'strong')).toBe(2)
    expect(readUnits([item({}, 2000), item({}, 2000), item({}, 2000)], 'eventual')).toBe(1)
  })

  test('key by key in a batch, found or not', () => {
    expect(batchReadUnits([item({}, 100), item({}, 5000)], 4, 'strong')).toBe(1 + 2 + 1 + 1)
    expect(batchReadUnits([], 3, 'eventual')).toBe(1.5)
  })
})
