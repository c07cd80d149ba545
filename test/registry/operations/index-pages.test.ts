import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../../lib/model/errors.ts'
import {
  decodeCursor,
  encodeCursor,
  type IndexPosition,
} from '../../../lib/registry/operations/index-pages.ts'

const QUERY = ['list', 'k']
const HERE: IndexPosition = { pk: 'P#a', sk: 'PROCESS', at: 7 }

describe('a cursor', () => {
  test('leads back to its positions', () => {
    const positions: IndexPosition[] = [HERE, 'start', 'end']
    expect(decodeCursor(QUERY, encodeCursor(QUERY, positions), { shards: 3 })).toEqual(positions)
  })

  test('of another query, or of another number of shards, is refused', () => {
    const cursor = encodeCursor(QUERY, [HERE])
    expect(() => decodeCursor(['list', 'other'], cursor, { shards: 1 })).toThrow(InvalidInput)
    expect(() => decodeCursor(QUERY, cursor, { shards: 2 })).toThrow(InvalidInput)
  })

  test('that is forged with the right digest is refused when it names no position', () => {
    const made: unknown[] = [7, null, 'middle', [], ['P#a'], ['P#a', 'PROCESS', '7'], [1, 'PROCESS', 7]]
    for (const each of made) {
      // What encodes to the same text as the made-up value.
      const position = { pk: 0, sk: 0, at: 0, toJSON: () => each } as unknown as IndexPosition
      const cursor = encodeCursor(QUERY, [position])
      if (JSON.stringify(each) !== '[0,0,0]')
        expect(() => decodeCursor(QUERY, cursor, { shards: 1 })).toThrow(InvalidInput)
    }
  })

  test('that was changed in any one character is refused', () => {
    const cursor = encodeCursor(QUERY, [HERE])
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`
      let positions: readonly IndexPosition[] | undefined
      try {
        positions = decodeCursor(QUERY, changed, { shards: 1 })
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput)
      }
      // The last bits of the last character carry nothing: then it is the same cursor.
      if (positions !== undefined) expect(positions).toEqual([HERE])
    }
  })
})
