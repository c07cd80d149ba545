import { describe, expect, test } from 'vitest'
import { UnreadableItem } from '../../../lib/model/errors.ts'
import { applyChange } from '../../../lib/registry/store/store.ts'

const item = { pk: 'P#a', sk: 'PROCESS' }

describe('a null', () => {
  test('is no list that is not there yet: an append to it is refused', () => {
    expect(() => applyChange({ ...item, t: null }, { append: { t: ['x'] } })).toThrow(UnreadableItem)
    expect(applyChange(item, { append: { t: ['x'] } })).toEqual({ ...item, t: ['x'] })
  })

  test('is no number that is not there yet: an addition to it is refused', () => {
    expect(() => applyChange({ ...item, f: null }, { add: { f: 1 } })).toThrow(UnreadableItem)
    expect(applyChange(item, { add: { f: 1 } })).toEqual({ ...item, f: 1 })
  })

  test('is there: what is set only when there is nothing leaves it', () => {
    expect(applyChange({ ...item, sa: null }, { once: { sa: 5 } })).toEqual({ ...item, sa: null })
    expect(applyChange(item, { once: { sa: 5 } })).toEqual({ ...item, sa: 5 })
  })
})
