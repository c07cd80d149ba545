import { describe, expect, test } from 'vitest'
import { InvalidId } from '../../lib/model/errors.ts'
import { isProcessId, parseKind, parseProcessId } from '../../lib/model/ids.ts'

describe('an id [C4]', () => {
  test('of the alphabet is taken, up to 256 characters', () => {
    for (const id of ['a', 'A.b_c:d-e', '0', '...', '.a', 'x'.repeat(256)])
      expect(parseProcessId(id)).toBe(id)
  })

  test('outside it is rejected, whatever its type', () => {
    for (const id of [
      '',
      ' a',
      'a\n',
      'a/b',
      'ä',
      '😀',
      '.',
      '..',
      'x'.repeat(257),
      7,
      null,
      undefined,
      ['a'],
      { id: 'a' },
    ]) {
      expect(() => parseProcessId(id)).toThrow(InvalidId)
      expect(isProcessId(id)).toBe(false)
    }
  })
})

describe('a kind or scope', () => {
  test('is of the same alphabet, up to 128 characters, and its field is named', () => {
    expect(parseKind('orders.charge')).toBe('orders.charge')
    expect(parseKind('x'.repeat(128), 'scope')).toBe('x'.repeat(128))
    expect(() => parseKind('x'.repeat(129))).toThrow(/^kind:/)
    expect(() => parseKind('a#b', 'scope')).toThrow(/^scope:/)
    expect(() => parseKind(undefined)).toThrow(InvalidId)
  })
})
