import { expect, test } from 'vitest'
import { bytesText, durationText, relativeText } from '../../../../lib/console/app/model/words.ts'

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_500, '1.5 s'],
  [59_700, '1 min'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [90_000_000, '1 d 1 h'],
  [86_460_000, '1 d'],
])('durationText() says %d ms as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test('relativeText() says the past and the future, and no more than a reader can see change', () => {
  expect(relativeText(1_000, 1_400)).toBe('just now')
  expect(relativeText(0, 125_000)).toBe('2 min ago')
  expect(relativeText(125_000, 0)).toBe('in 2 min')
})

test('bytesText() uses the unit that fits', () => {
  expect([999, 1_500, 2_000_000].map((bytes) => bytesText(bytes))).toEqual(['999 bytes', '1.5 kB', '2.0 MB'])
})
