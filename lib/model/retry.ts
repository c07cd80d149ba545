import { type Duration, toMs } from './duration.ts'
import { InvalidInput } from './errors.ts'
import type { ErrorFacts } from './log.ts'

/** How often and when a failed step is tried again. Attempts are counted in the journal, so the policy survives crashes. */
export type RetryPolicy = {
  /** Attempts in all, the first one included. At least 1. */
  readonly maxAttempts: number
  /** Wait before the second attempt. Default one second. */
  readonly initialDelay?: Duration
  /** Each wait is this times the one before. Default 2. */
  readonly backoff?: number
  /** No wait is longer. Default five minutes. */
  readonly maxDelay?: Duration
  /** `full` (default): anywhere between nothing and the wait, so that many processes do not try in step. `none`: exactly. */
  readonly jitter?: 'full' | 'none'
  /** Answers whether an error is worth another attempt. Default: every error but `NonRetryable`. */
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
  checkPolicy(policy)
  if (failed >= policy.maxAttempts || error.code === 'non_retryable') return undefined
  if (policy.retryIf !== undefined && !policy.retryIf(error)) return undefined
  const initialMs =
    policy.initialDelay === undefined
      ? RETRY_DEFAULTS.initialDelayMs
      : toMs(policy.initialDelay, 'initialDelay')
  const maxMs = policy.maxDelay === undefined ? RETRY_DEFAULTS.maxDelayMs : toMs(policy.maxDelay, 'maxDelay')
  const delayMs = Math.min(initialMs * (policy.backoff ?? RETRY_DEFAULTS.backoff) ** (failed - 1), maxMs)
  return policy.jitter === 'none' ? Math.ceil(delayMs) : Math.ceil(delayMs * random)
}

/** Throws `InvalidInput` on a policy that cannot be meant. */
export function checkPolicy(policy: RetryPolicy): void {
  const flaws = []
  if (!Number.isSafeInteger(policy.maxAttempts) || policy.maxAttempts < 1) {
    flaws.push({
      path: 'maxAttempts',
      message: `expected a whole number from 1, got ${String(policy.maxAttempts)}`,
    })
  }
  if (policy.backoff !== undefined && !(Number.isFinite(policy.backoff) && policy.backoff >= 1)) {
    flaws.push({ path: 'backoff', message: `expected a number from 1, got ${String(policy.backoff)}` })
  }
  if (flaws.length > 0) throw new InvalidInput({ what: 'the retry policy', flaws })
}
