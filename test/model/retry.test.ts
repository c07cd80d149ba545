import { describe, expect, test } from 'vitest'
import { InvalidInput } from '../../lib/model/errors.ts'
import { RETRY_ATTEMPTS_MAX } from '../../lib/model/limits.ts'
import { checkPolicy, nextDelayMs, NO_RETRY, type RetryPolicy } from '../../lib/model/retry.ts'

const ERROR = { class: 'Error', code: 'E', message: 'x' }

/** The waits before each further attempt, without jitter. */
function delays(policy: RetryPolicy, error = ERROR): (number | undefined)[] {
  return Array.from({ length: policy.maxAttempts }, (_, n) =>
    nextDelayMs({ jitter: 'none', ...policy }, n + 1, error, 0.5),
  )
}

describe('the wait before the next attempt', () => {
  test('doubles from one second to five minutes by default, and ends with the last attempt', () => {
    expect(delays({ maxAttempts: 11 })).toEqual([
      1_000,
      2_000,
      4_000,
      8_000,
      16_000,
      32_000,
      64_000,
      128_000,
      256_000,
      300_000,
      undefined,
    ])
    expect(delays(NO_RETRY)).toEqual([undefined])
  })

  test('is between nothing and the whole, by chance, when jitter is full', () => {
    const policy = { maxAttempts: 9, initialDelay: { seconds: 10 } }
    expect([0, 0.25, 0.999].map((random) => nextDelayMs(policy, 1, ERROR, random))).toEqual([0, 2_500, 9_990])
  })

  test('is a number after any number of attempts', () => {
    const policy = { maxAttempts: RETRY_ATTEMPTS_MAX, jitter: 'none', initialDelay: { ms: 0 } } as const
    expect(nextDelayMs(policy, 9_000, ERROR, 0)).toBe(0)
    expect(nextDelayMs({ ...policy, initialDelay: { ms: 1 }, maxDelay: { days: 1 } }, 9_000, ERROR, 0)).toBe(
      86_400_000,
    )
    expect(nextDelayMs({ ...policy, initialDelay: { ms: 7 }, backoff: 1 }, 9_000, ERROR, 0)).toBe(7)
  })

  test('is none after an error that another attempt would meet again, or when the policy says so', () => {
    for (const code of ['non_retryable', 'not_serialisable', 'payload_too_large'])
      expect(nextDelayMs({ maxAttempts: 9 }, 1, { ...ERROR, code }, 0)).toBeUndefined()
    const retryIf = ({ code }: { code: string }): boolean => code === 'E_BUSY'
    expect(nextDelayMs({ maxAttempts: 9, retryIf }, 1, ERROR, 0)).toBeUndefined()
    expect(nextDelayMs({ maxAttempts: 9, retryIf }, 1, { ...ERROR, code: 'E_BUSY' }, 0)).toBe(0)
  })
})

test('a policy that cannot be meant is refused, naming each field', () => {
  const bad: unknown[] = [
    {},
    { maxAttempts: 0 },
    { maxAttempts: RETRY_ATTEMPTS_MAX + 1 },
    { maxAttempts: '3' },
    { maxAttempts: 3, backoff: 0.9 },
    { maxAttempts: 3, backoff: Number.POSITIVE_INFINITY },
    { maxAttempts: 3, jitter: 'half' },
    { maxAttempts: 3, retryIf: true },
    { maxAttempts: 3, initialDelay: 5 },
    { maxAttempts: 3, maxDelay: { seconds: -1 } },
    { maxAttempts: 3, delay: { seconds: 1 } },
  ]
  for (const policy of bad) expect(() => checkPolicy(policy as RetryPolicy)).toThrow(InvalidInput)
  expect(() => checkPolicy({ maxAttempts: 0, backoff: 0 })).toThrow(/maxAttempts: .*; backoff: /u)
})
