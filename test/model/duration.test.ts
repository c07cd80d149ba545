import { expect, test } from 'vitest'
import { type Duration, inWords, toMs } from '../../lib/model/duration.ts'
import { InvalidInput } from '../../lib/model/errors.ts'

test('parts add up, and fractions are rounded up, so that no wait is shorter than asked', () => {
  expect(toMs({ days: 1, hours: 2, minutes: 3, seconds: 4, ms: 5 }, 'x')).toBe(93_784_005)
  expect(toMs({ seconds: 0.0001 }, 'x')).toBe(1)
  expect(toMs({ ms: 0 }, 'x')).toBe(0)
  expect(toMs({ hours: 1, seconds: undefined }, 'x')).toBe(3_600_000)
  expect(toMs({ days: 3_653 }, 'x')).toBe(3_653 * 86_400_000)
})

test('what is no length of time is refused by name', () => {
  const bad: unknown[] = [
    {},
    { seconds: undefined },
    null,
    undefined,
    5,
    '5s',
    { seconds: -1 },
    { seconds: Number.NaN },
    { seconds: Number.POSITIVE_INFINITY },
    { seconds: '5' },
    { weeks: 1 },
    { days: 3_654 },
  ]
  for (const duration of bad) expect(() => toMs(duration as Duration, 'a sleep')).toThrow(InvalidInput)
  expect(() => toMs({ seconds: -1 }, 'a sleep')).toThrow(
    'a sleep is not valid: seconds: expected a number from 0',
  )
})

test.each([
  [0, '0 ms'],
  [1_500, '1500 ms'],
  [10_000, '10 s'],
  [5_400_000, '90 min'],
  [7_200_000, '2 h'],
  [86_400_000, '1 day'],
  [604_800_000, '7 days'],
])('%i ms are said in the largest unit that fits', (ms, words) => {
  expect(inWords(ms)).toBe(words)
})
