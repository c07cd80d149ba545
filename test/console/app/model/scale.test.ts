import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  evenScale,
  percent,
  prefersEven,
  shifted,
  ticks,
  timeScale,
  withRoom,
  WHOLE,
  zoomed,
} from '../../../../lib/console/app/model/scale.ts'

const MOMENTS = fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 2, maxLength: 50 })

test('a scale keeps the order of moments, holds them between its ends and finds them again', () => {
  fc.assert(
    fc.property(MOMENTS, (moments) => {
      const sorted = moments.toSorted((a, b) => a - b)
      for (const scale of [evenScale(moments), timeScale(sorted[0]!, sorted.at(-1)!)]) {
        const places = sorted.map((at) => scale.place(at))
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        expect(places.every((place) => place >= 0 && place <= 1)).toBe(true)
        for (const at of sorted)
          expect(Math.abs(scale.at(scale.place(at)) - at)).toBeLessThanOrEqual(1 + at * 1e-6)
      }
    }),
    { numRuns: 50 },
  )
})

test('a scale with short gaps shows work of a second beside a wait of a week', () => {
  const week = 7 * 86_400_000
  const moments = [0, 400, 1_000, week, week + 300, week + 800]
  expect(prefersEven(moments)).toBe(true)
  expect(timeScale(0, week + 800).place(1_000)).toBeLessThan(0.001)
  expect(evenScale(moments).place(1_000)).toBeGreaterThan(0.15)
  expect(prefersEven([0, 1_000, 2_000, 3_000])).toBe(false)
})

test('zoomed() and shifted() stay on the line, and are undone by their opposites', () => {
  const close = zoomed(WHOLE, 0.5)
  expect(close).toEqual({ start: 0.25, end: 0.75 })
  expect(zoomed(close, 2)).toEqual(WHOLE)
  expect(shifted(close, 5)).toEqual({ start: 0.5, end: 1 })
  expect(shifted(close, -5)).toEqual({ start: 0, end: 0.5 })
  expect(shifted(WHOLE, 1)).toEqual(WHOLE)
})

test('withRoom() labels the newest place, and earlier ones that it leaves room for', () => {
  expect([...withRoom([10, 50, 60, 90])]).toEqual([3, 0])
  expect([...withRoom([])]).toEqual([])
})

test('percent() holds what is out of sight just beyond the edges', () => {
  const frame = { scale: timeScale(0, 1_000_000), zoom: { start: 0.5, end: 0.500_1 } }
  expect(percent(frame, 0)).toBe(-20)
  expect(percent(frame, 1_000_000)).toBe(120)
  expect(ticks(frame.scale, WHOLE, 4)).toEqual([0, 250_000, 500_000, 750_000, 1_000_000])
})
