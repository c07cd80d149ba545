import { expect, test } from 'vitest'
import { LOCAL_TIMINGS, localShape, localTimings } from '../../lib/local/timings.ts'
import { queueShape } from '../../lib/queue/shape.ts'

test('the defaults agree with each other', () => {
  expect(localTimings()).toEqual(LOCAL_TIMINGS)
})

test.each([
  [{ leaseTtlMs: 5_000 }, 'leaseTtlMs: expected at least 3 × renewEveryMs (2000), got 5000'],
  [
    { visibilityTimeoutMs: 59_999 },
    'visibilityTimeoutMs: expected at least functionTimeoutMs + batchWindowMs (60000)',
  ],
  [
    { functionTimeoutMs: 10_000 },
    'functionTimeoutMs: expected more than the hand-over margin (10000), got 10000',
  ],
  [{ sweepEveryMs: 0 }, 'sweepEveryMs: expected whole milliseconds, at least 1, got 0'],
  [{ renewEveryMs: 0.5 }, 'renewEveryMs: expected whole milliseconds'],
])('%o is refused', (changes, message) => {
  expect(() => localTimings(changes)).toThrow(message)
})

test('a window of no time is a window', () => {
  expect(localTimings({ batchWindowMs: 0 }).batchWindowMs).toBe(0)
})

test('the local shape is the deployed one but for its timings', () => {
  const [local, deployed] = [localShape(localTimings()), queueShape()]
  expect(local.work.maxReceiveCount).toBe(deployed.work.maxReceiveCount)
  expect(local.work.retentionMs).toBe(deployed.work.retentionMs)
  expect(local.worker.batchSize).toBe(deployed.worker.batchSize)
  expect(local.work.visibilityTimeoutMs).toBe(LOCAL_TIMINGS.visibilityTimeoutMs)
  expect(local.sweep.everyMs).toBe(LOCAL_TIMINGS.sweepEveryMs)
})
