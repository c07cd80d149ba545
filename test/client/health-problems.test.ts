import { expect, test } from 'vitest'
import type { HealthView } from '../../lib/client/health-view.ts'
import { problemsOf } from '../../lib/client/health-problems.ts'

const AT = 1_764_000_000_000
const SWEEP = {
  at: AT - 60_000,
  everyMs: 60_000,
  due: 0,
  sent: 0,
  oldestDueMs: 0,
  heldBack: false,
  truncated: false,
  failedShards: 0,
}
const QUEUE = { queue: 'work', visible: 900, inFlight: 4, delayed: 7 } as const
const WELL = {
  at: AT,
  due: [
    { shard: 0, due: 1, running: 3, oldestDueAt: AT - 300_000 },
    { shard: 1, due: 0, running: 0 },
  ],
  queues: [QUEUE, { ...QUEUE, queue: 'dead-letter', visible: 0, inFlight: 0 }],
  sweep: SWEEP,
} satisfies Omit<HealthView, 'problems'>
const { sweep: _none, ...BEFORE_A_PASS } = WELL

test('problemsOf() is empty for a system that does well', () => {
  expect(problemsOf(WELL)).toEqual([])
})

test.each([
  ['sweep_unknown', BEFORE_A_PASS],
  ['sweep_late', { ...WELL, sweep: { ...SWEEP, at: AT - 180_001 } }],
  ['sweep_failing', { ...WELL, sweep: { ...SWEEP, failedShards: 1 } }],
  ['sweep_held_back', { ...WELL, sweep: { ...SWEEP, heldBack: true } }],
  ['overdue', { ...WELL, due: [{ shard: 3, due: 1, running: 0, oldestDueAt: AT - 300_001 }] }],
  ['dead_letters', { ...WELL, queues: [{ ...QUEUE, queue: 'dead-letter', visible: 0, inFlight: 1 }] }],
  ['queue_unread', { ...WELL, queues: [{ queue: 'urgent', error: 'AccessDenied' }] }],
] as const)('problemsOf() reports %s alone', (code, view) => {
  expect(problemsOf(view).map((problem) => problem.code)).toEqual([code])
})
