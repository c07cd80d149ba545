import { expect, test } from 'vitest'
import { cpuOf, quantile, ratioOf, rowOf, summaryOf, type Measured } from '../../../bench/peers/figures.ts'

const side = (name: string, ...values: number[]): Measured => ({
  side: name,
  turns: values.map((value) => ({ rows: { processes: value, recovery: value } })),
})

test('summaryOf() returns the middle value, and the mean of the two in the middle', () => {
  expect(summaryOf([5, 1, 100])).toEqual({ median: 5, least: 1, most: 100 })
  expect(summaryOf([4, 1, 2, 100])).toEqual({ median: 3, least: 1, most: 100 })
  expect(summaryOf([])).toBeUndefined()
})

test('quantile() returns the value below which that share is', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1)
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1)]).toEqual([51, 100, 100])
})

test('ratioOf() compares turn by turn, above 1 when the side is the better one', () => {
  // One slow turn of the machine meets both: the ratio of that turn is as good as any.
  const [ours, theirs] = [side('ours', 200, 20, 210), side('theirs', 100, 10, 100)]
  expect(ratioOf('processes', ours, theirs)).toMatchObject({ of: 'ours', to: 'theirs', median: 2, most: 2.1 })
  expect(ratioOf('recovery', ours, theirs)).toMatchObject({ median: 0.5 })
})

test('ratioOf() leaves out turns that one side does not have', () => {
  const none: Measured = { side: 'none', turns: [{ rows: {} }, { rows: { processes: 10 } }] }
  expect(ratioOf('processes', side('ours', 1, 5), none)).toMatchObject({ median: 0.5, least: 0.5 })
  expect(ratioOf('steps', side('ours', 1), none)).toBeUndefined()
  expect(rowOf(none, 'processes')).toMatchObject({ median: 10 })
})

test('cpuOf() returns the median of each part over the turns that measured it', () => {
  const turns = [1, 2, 9].map((store) => ({ rows: {}, cpu: { store, workers: store * 2 } }))
  expect(cpuOf({ side: 'ours', turns: [...turns, { rows: {} }] })).toEqual({ store: 2, workers: 4 })
})
