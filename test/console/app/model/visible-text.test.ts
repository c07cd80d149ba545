import { expect, test } from 'vitest'
import { visiblePieces, visibleText } from '../../../../lib/console/app/model/visible-text.ts'

test('a text shows each character that would reorder or hide what is beside it', () => {
  expect(visiblePieces('order-7')).toEqual([{ text: 'order-7', hidden: false }])
  expect(visiblePieces('a\u202Eb\u200B')).toEqual([
    { text: 'a', hidden: false },
    { text: 'U+202E', hidden: true },
    { text: 'b', hidden: false },
    { text: 'U+200B', hidden: true },
  ])
  expect(visibleText('\u2066x\u2069\u0007')).toBe('‹U+2066›x‹U+2069›‹U+0007›')
  expect(visibleText('two\nlines\tand ملف')).toBe('two\nlines\tand ملف')
})
