import { expect, test } from 'vitest'
import { pagesFor, rowWindow } from '../../../../lib/console/app/model/rows.ts'

test('rowWindow() draws the rows in sight and some beyond, and pagesFor() loads no others', () => {
  const { first, last } = rowWindow(10_000, 32, { scrollTop: 160_000, height: 640 })
  expect({ first, last }).toEqual({ first: 4_988, last: 5_032 })
  expect(rowWindow(3, 32, { scrollTop: 0, height: 640 })).toEqual({ first: 0, last: 3 })
  expect(pagesFor(4_989, 5_032, 100)).toEqual([4_900, 5_000])
  expect(pagesFor(1, 100, 100)).toEqual([0])
})
