import { type Duration, toMs } from './duration.ts'
import { given, InvalidInput, type Issue } from './errors.ts'
import { RETRY_ATTEMPTS_MAX } from './limits.ts'
import type { ErrorFacts } from './recorded-error.ts'
import { optionIssues, type Options } from './options.ts'

/** How often and when a failed step is tried again. Attempts are counted in the journal, so the policy survives crashes. */
export type RetryPolicy = {
  /** Attempts in all, the first one included. From 1 to 10,000. */
  readonly maxAttempts: number
  /** Wait before the second attempt. Default one second. */
  readonly initialDelay?: Duration
  /** Each wait is this times the one before. Default 2. */
  readonly backoff?: number
  /** No wait is longer. Default five minutes, or `initialDelay` if that is longer. */
  readonly maxDelay?: Duration
  /** `full` (default): anywhere between nothing and the wait, so that many processes do not try in step. `none`: exactly. */
  readonly jitter?: 'full' | 'none'
  /**
   * Returns true if an error is worth another attempt. Default: every error but `NonRetryable`, and values that cannot
   * be recorded. It must not throw: the step then fails at once, with the thrown error.
   */
  readonly retryIf?: (error: ErrorFacts) => boolean
}

const RETRY_DEFAULTS = { initialDelayMs: 1_000, backoff: 2, maxDelayMs: 300_000 } as const

/** One attempt: what a step without a policy gets. */
export const NO_RETRY: RetryPolicy = { maxAttempts: 1 }

/**
 * How long to wait before the next attempt. Undefined if there is none: all attempts are used up, or the error or the policy
 * says that another one is of no use. `failed` counts the attempts so far, this one included.
 */
export function nextDelayMs(
  policy: RetryPolicy,
  failed: number,
  error: ErrorFacts,
  random: number,
): number | undefined {
  const { initialMs, maxMs } = checkPolicy(policy)
  if (failed >= policy.maxAttempts || FINAL_CODES.includes(error.code)) return undefined
  if (policy.retryIf !== undefined && !policy.retryIf(error)) return undefined
  const { backoff = RETRY_DEFAULTS.backoff } = policy
  // Zero times Infinity is NaN: no delay stays no delay, however large the factor has grown.
  const delayMs = initialMs === 0 ? 0 : Math.min(initialMs * backoff ** (failed - 1), maxMs)
  return policy.jitter === 'none' ? Math.ceil(delayMs) : Math.ceil(delayMs * random)
}

/** Another attempt would do the body's work again and fail in the same way. */
const FINAL_CODES: readonly string[] = ['non_retryable', 'not_serialisable', 'payload_too_large']

/** Throws `InvalidInput` on a policy that cannot be used; returns its delays. */
export function checkPolicy(policy: RetryPolicy): { readonly initialMs: number; readonly maxMs: number } {
  const what = 'the retry policy'
  const issues: Issue[] = optionIssues(policy, POLICY)
  if (issues.length > 0) throw new InvalidInput({ what, issues })
  const { maxAttempts, backoff } = policy
  const expected = (path: string, what: string, got: unknown): void =>
    void issues.push({ path, message: `expected ${what}, got ${given(got)}` })
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > RETRY_ATTEMPTS_MAX)
    expected('maxAttempts', `a whole number from 1 to ${RETRY_ATTEMPTS_MAX}`, maxAttempts)
  if (backoff !== undefined && !(Number.isFinite(backoff) && backoff >= 1))
    expected('backoff', 'a number from 1', backoff)
  const { initialMs, maxMs } = delaysOf(policy)
  if (policy.initialDelay !== undefined && initialMs > maxMs)
    expected('initialDelay', `at most maxDelay (${maxMs} ms)`, `${initialMs} ms`)
  if (issues.length > 0) throw new InvalidInput({ what, issues })
  return { initialMs: Math.min(initialMs, maxMs), maxMs }
}

/** The longest wait is never shorter than a first one that was given. */
function delaysOf({ initialDelay, maxDelay }: RetryPolicy): { initialMs: number; maxMs: number } {
  const { initialDelayMs, maxDelayMs } = RETRY_DEFAULTS
  const initialMs = initialDelay === undefined ? initialDelayMs : toMs(initialDelay, 'initialDelay')
  return {
    initialMs,
    maxMs: maxDelay === undefined ? Math.max(maxDelayMs, initialMs) : toMs(maxDelay, 'maxDelay'),
  }
}

const POLICY: Options<RetryPolicy> = {
  maxAttempts: 'any',
  initialDelay: 'any',
  backoff: 'any',
  maxDelay: 'any',
  jitter: ['full', 'none'],
  retryIf: 'function',
}
