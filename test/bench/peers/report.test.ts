import { expect, test } from 'vitest'
import type { Measured } from '../../../bench/peers/figures.ts'
import { reportOf, told } from '../../../bench/peers/report.ts'

const measured: readonly Measured[] = [
  { side: 'embedded store', turns: [{ rows: { processes: 300 }, cpu: { store: 1, workers: 2.5 } }] },
  { side: 'bare HTTP', turns: [{ rows: { processes: 400 } }] },
]
const run = { turns: 1, load: [1, 2], figures: ['processes', 'steps'], besides: ['bare HTTP'] } as const

test('reportOf() sets each side beside those that are no Leasehold', () => {
  const report = reportOf(measured, run)
  expect(report.figures.processes).toMatchObject({ 'embedded store': { median: 300 } })
  expect(report.ratios).toMatchObject([{ of: 'embedded store', to: 'bare HTTP', median: 0.75 }])
  expect(report.cpu).toEqual({ 'embedded store': { store: 1, workers: 2.5 } })
})

test('told() has a table of figures, one of ratios and one of CPU time', () => {
  const text = told(reportOf(measured, run))
  expect(text).toContain('Load of the machine: 1.0 → 2.0')
  expect(text).toContain('| processes of three steps | 300/s (300–300) | 400/s (400–400) |')
  expect(text).toContain('| processes of three steps | embedded store | bare HTTP | 0.75 (0.75–0.75) |')
  expect(text).toContain('| embedded store | 3.50 | store 1.00, workers 2.50 |')
})
