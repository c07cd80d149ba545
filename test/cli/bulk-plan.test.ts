import { describe, expect, test } from 'vitest'
import { readPlan, settledIds, summaryOf, writePlan, type BulkPlan } from '../../lib/cli/bulk-plan.ts'

const PLAN: BulkPlan = {
  format: 'leasehold-bulk',
  version: 1,
  plan: 'bulk-1',
  url: 'http://127.0.0.1:1',
  action: 'cancel',
  body: { reason: 'no longer needed' },
  statuses: ['waiting'],
  items: Array.from({ length: 35 }, (_, index) => ({ id: `p-${index}`, status: 'waiting' })),
}

test('readPlan() reads what writePlan() wrote', () => {
  expect(readPlan(writePlan(PLAN), 'f')).toEqual(PLAN)
})

describe('readPlan() refuses', () => {
  test.each([
    ['half a file', writePlan(PLAN).slice(0, 200), 'f is damaged: it is not JSON'],
    ['an id that was added', writePlan(PLAN).replace('"p-7"', '"p-70"'), 'its hash is another'],
    ['another file', '{"format":"other"}', 'f is no plan of this version: format'],
  ])('%s', (_, text, says) => {
    expect(() => readPlan(text, 'f')).toThrow(says)
  })
})

test('settledIds() leaves out failed ids, and a line that a kill cut off', () => {
  const lines = [
    '{"id":"a","did":"applied"}',
    '{"id":"b","did":"failed"}',
    '{"id":"c","did":"skipped"}',
    '{"id":"d","di',
  ]
  expect([...settledIds(`\n${lines.join('\n')}`)]).toEqual(['a', 'c'])
  expect([...settledIds(`\n${lines.join('\n')}\n{"id":"e","did":"applied"}`)]).toEqual(['a', 'c', 'e'])
})

test('summaryOf() has counts and ten samples from everywhere', () => {
  const lines = summaryOf(PLAN)
  expect(lines[0]).toBe('cancel 35 processes (35 waiting)')
  expect(lines).toHaveLength(12)
  expect(lines.at(-2)).toBe('  p-27  waiting')
  expect(lines.at(-1)).toBe('  and 25 more')
})
