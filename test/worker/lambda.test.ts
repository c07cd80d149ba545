import { expect, test } from 'vitest'
import { HANDOVER_MARGIN_MS } from '../../lib/model/limits.ts'
import { expectTime } from '../../lib/worker/lambda.ts'

// Such a worker woke each message that it was given, and was given that wake-up at once.
test('expectTime() refuses a worker whose whole time is within the hand-over margin, by name', () => {
  const message =
    'the timeout of the worker function: expected more than the hand-over margin (10000 ms), got 10000 ms'
  expect(() => expectTime(HANDOVER_MARGIN_MS, HANDOVER_MARGIN_MS)).toThrow(message)
  expect(() => expectTime(HANDOVER_MARGIN_MS + 1, HANDOVER_MARGIN_MS)).not.toThrow()
})
