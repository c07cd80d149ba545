import { expect, test } from 'vitest'
import { afterPoll, isFinal, POLL_START, pollDelayMs } from '../../../../lib/console/app/model/polling.ts'

test('a page asks less often while nothing changes, and soon again after a change', () => {
  let state = POLL_START
  const delays = Array.from({ length: 9 }, () => {
    state = afterPoll(state, 'unchanged')
    return pollDelayMs(state)
  })
  expect(delays).toEqual(delays.toSorted((a, b) => a - b))
  expect(delays.at(-1)).toBe(20_000)
  expect(pollDelayMs(afterPoll(state, 'changed'))).toBe(1_500)
  expect(pollDelayMs(POLL_START, true)).toBe(30_000)
  const failed = afterPoll(afterPoll(state, 'failed'), 'failed')
  expect(pollDelayMs(failed)).toBe(6_000)
  expect(afterPoll(failed, 'unchanged').failures).toBe(0)
  expect([401, 403, 404, 410, 501].every((status) => isFinal(status))).toBe(true)
  expect([0, 429, 500, 502, 503].some((status) => isFinal(status))).toBe(false)
})
