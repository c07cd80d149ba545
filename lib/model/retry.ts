import { type Duration, toMs } from './duration.ts'
import { given, InvalidInput, type Flaw } from './errors.ts'
import { RETRY_ATTEMPTS_MAX } from './limits.ts'
import type { ErrorFacts } from './log.ts'

/** How often and when a failed step is tried again. Attempts are counted in the journal, so the policy survives crashes. */
export type RetryPolicy = {
  /** Attempts in all, the first one included. From 1 to 10,000. */
  readonly maxAttempts: number
  /** Wait before the second attempt. Default one second. */
  readonly initialDelay?: Duration
  /** Each wait is this times the one before. Default 2. */
  readonly backoff?: number
  /** No wait is longer. Default five minutes. */
  readonly maxDelay?: Duration
  /** `full` (default): anywhere between nothing and the wait, so that many processes do not try in step. `none`: exactly. */
  readonly jitter?: 'full' | 'none'
  /**
   * Answers whether an error is worth another attempt. Default: every error but `NonRetryable`, and values that cannot
   * be kept. It must not throw: the step then fails at once, with what it threw.
   */
  readonly retryIf?: (error: ErrorFacts) => boolean
}

export const RETRY_DEFAULTS = { initialDelayMs: 1_000, backoff: 2, maxDelayMs: 300_000 } as const

/** One attempt: what a step without a policy gets. */
export const NO_RETRY: RetryPolicy = { maxAttempts: 1 }

/**
 * How long to wait before the next attempt; undefined where there is none: attempts are used up, the error says that
 * trying again is of no use, or the policy does. `failed` counts the attempts so far, this one included.
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
  // Nothing times a factor that has grown without end is still nothing.
  const delayMs = initialMs === 0 ? 0 : Math.min(initialMs * backoff ** (failed - 1), maxMs)
  return policy.jitter === 'none' ? Math.ceil(delayMs) : Math.ceil(delayMs * random)
}

/** Another attempt would do the body's work again and come to the same. */
const FINAL_CODES: readonly string[] = ['non_retryable', 'not_serialisable', 'payload_too_large']

/** Throws `InvalidInput` on a policy that cannot be meant; answers its delays. */
export function checkPolicy(policy: RetryPolicy): { readonly initialMs: number; readonly maxMs: number } {
  const { maxAttempts, backoff, jitter, retryIf } = policy
  const flaws: Flaw[] = []
  const expected = (path: string, what: string, got: unknown): void =>
    void flaws.push({ path, message: `expected ${what}, got ${given(got)}` })
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > RETRY_ATTEMPTS_MAX)
    expected('maxAttempts', `a whole number from 1 to ${RETRY_ATTEMPTS_MAX}`, maxAttempts)
  if (backoff !== undefined && !(Number.isFinite(backoff) && backoff >= 1))
    expected('backoff', 'a number from 1', backoff)
  if (jitter !== undefined && !['full', 'none'].includes(jitter)) expected('jitter', 'full or none', jitter)
  if (retryIf !== undefined && typeof retryIf !== 'function')
    expected('retryIf', 'a function', typeof retryIf)
  for (const key of Object.keys(policy)) if (!POLICY_KEYS.includes(key)) expected(key, 'no such key', 'one')
  if (flaws.length > 0) throw new InvalidInput({ what: 'the retry policy', flaws })
  const { initialDelay, maxDelay } = policy
  return {
    initialMs:
      initialDelay === undefined ? RETRY_DEFAULTS.initialDelayMs : toMs(initialDelay, 'initialDelay'),
    maxMs: maxDelay === undefined ? RETRY_DEFAULTS.maxDelayMs : toMs(maxDelay, 'maxDelay'),
  }
}

const POLICY_KEYS: readonly string[] = [
  'maxAttempts',
  'initialDelay',
  'backoff',
  'maxDelay',
  'jitter',
  'retryIf',
] satisfies readonly (keyof RetryPolicy)[]
