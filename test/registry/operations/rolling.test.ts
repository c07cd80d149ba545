import { describe, expect, test } from 'vitest'
import { PROCESS_ITEM_TARGET_BYTES, TAIL_MIN_BYTES } from '../../../lib/model/limits.ts'
import type { Entry } from '../../../lib/model/log.ts'
import { isTooMuch, rollFor, rollOfTail, tailRoomBytes } from '../../../lib/registry/operations/rolling.ts'
import { anOwnership, T } from '../../helpers/records.ts'

const SHARDS = { due: 8, list: 1 }
const entry = (value: string): Entry => {
  const outcome = { ok: true, value: { value } } as const
  return { type: 'effect', at: T, position: 0, effect: 'step', name: 's', outcome }
}

describe('the tail of a log', () => {
  test('has what is left of the write unit, and one unit more when that is too little', () => {
    expect(tailRoomBytes(0)).toBe(PROCESS_ITEM_TARGET_BYTES)
    expect(tailRoomBytes(600)).toBe(400)
    expect(tailRoomBytes(601)).toBe(400 - 1 + 1_024)
    expect(tailRoomBytes(1_624)).toBe(400)
    expect(tailRoomBytes(1_625)).toBe(400 - 1 + 1_024)
    for (let baseBytes = 0; baseBytes < 5_000; baseBytes += 1) {
      const room = tailRoomBytes(baseBytes)
      expect(room).toBeGreaterThanOrEqual(TAIL_MIN_BYTES)
      expect(room).toBeLessThan(TAIL_MIN_BYTES + 1_024)
      expect((baseBytes + room + 24) % 1_024).toBe(0)
    }
  })

  test('is rolled by the entry that no longer fits, and takes that entry with it', () => {
    let fits = 0
    while (rollFor(anOwnership(), [entry('x'.repeat(fits + 1))], SHARDS) === undefined) fits += 1
    expect(fits).toBeGreaterThan(TAIL_MIN_BYTES)
    const tail = [entry('a')]
    const roll = rollFor(
      anOwnership({ tail, seq: 9, page: { first: 1, last: 8, fence: 1 } }),
      [entry('x'.repeat(fits))],
      SHARDS,
    )
    const page = { first: 9, last: 10, fence: 1, before: { first: 1, last: 8, fence: 1 } }
    expect(roll?.pages).toEqual([{ ...page, entries: [...tail, entry('x'.repeat(fits))] }])
  })

  test('is rolled by a write without entries, as it stands [C64]', () => {
    const tail = Array.from({ length: 50 }, () => entry('x'))
    const { row } = anOwnership({ tail, seq: 50 })
    const pages = [{ first: 1, last: 50, fence: 1, entries: tail }]
    expect(rollFor(anOwnership({ tail, seq: 50 }), [], SHARDS)).toEqual({ pages })
    expect(rollOfTail(row)).toEqual({ pages })
  })

  test('is not rolled for nothing', () => {
    const tail = Array.from({ length: 50 }, () => entry('x'))
    expect(
      rollFor(anOwnership({ seq: 50, page: { first: 1, last: 50, fence: 1 } }), [], SHARDS),
    ).toBeUndefined()
    expect(rollOfTail(anOwnership({ seq: 50, page: { first: 1, last: 50, fence: 1 } }).row)).toBeUndefined()
    expect(isTooMuch(anOwnership({ seq: 50 }), [], SHARDS)).toBe(false)
    expect(isTooMuch(anOwnership({ tail, seq: 50 }), [], SHARDS)).toBe(false)
    expect(isTooMuch(anOwnership({ tail, seq: 50 }), [entry('x')], SHARDS)).toBe(false)
  })
})
