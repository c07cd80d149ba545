import { expect, test } from 'vitest'
import { countText, inARow, timesText } from '../../lib/model/count-text.ts'

test('countText(), timesText() and inARow() have a singular', () => {
  expect([0, 1, 2].map((count) => countText(count, 'try', 'tries'))).toEqual(['0 tries', '1 try', '2 tries'])
  expect(countText(2, 'place')).toBe('2 places')
  expect([0, 1, 2].map(timesText)).toEqual(['0 times', 'once', '2 times'])
  expect([1, 2].map(inARow)).toEqual(['once', '2 times in a row'])
})
