import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueTimes } from '../../../lib/effects/engine/due-times.ts'

test('things come due in the order of their times, whatever order they came in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.integer({ min: 0, max: 50 }), (times, now) => {
      const due = new DueTimes<number>(() => true)
      for (const [index, at] of times.entries()) due.add(index, at)
      const taken = due.take(now).map((index) => times[index] ?? 0)
      const sorted = times.toSorted((a, b) => a - b)
      expect(taken).toEqual(sorted.filter((at) => at <= now))
      expect(due.soonest).toBe(sorted.find((at) => at > now))
    }),
  )
})

test('what no longer counts is passed over, and what was timed anew is due at its new time', () => {
  const at = new Map([
    ['gone', undefined],
    ['moved', 30],
    ['stays', 20],
  ])
  const due = new DueTimes<string>((name, time) => at.get(name) === time)
  due.add('gone', 5)
  due.add('moved', 10)
  due.add('stays', 20)
  due.add('moved', 30)
  expect(due.soonest).toBe(20)
  expect(due.take(100)).toEqual(['stays', 'moved'])
  expect(due.soonest).toBeUndefined()
})

test('a look for the soonest among thousands that are gone takes each of them out once', () => {
  let asked = 0
  const due = new DueTimes<number>((index) => (asked++, index === 4_999))
  for (let index = 0; index < 5_000; index += 1) due.add(index, index)
  for (let looks = 0; looks < 100; looks += 1) expect(due.soonest).toBe(4_999)
  expect(asked).toBeLessThan(5_200)
})
