// How often a page asks again. It asks only while a person can see it.

const SOONEST_MS = 1_500
const LATEST_MS = 20_000
/** An ended process changes no more; only a retry of it may still come. */
const ENDED_MS = 30_000
const AFTER_ERROR_LATEST_MS = 60_000

export type PollState = { readonly unchanged: number; readonly failures: number }
export const POLL_START: PollState = { unchanged: 0, failures: 0 }

export type PollResult = 'changed' | 'unchanged' | 'failed'

export function afterPoll(state: PollState, result: PollResult): PollState {
  if (result === 'failed') return { ...state, failures: state.failures + 1 }
  return { unchanged: result === 'changed' ? 0 : state.unchanged + 1, failures: 0 }
}

/** Milliseconds until the next request: half as long again with each that found nothing new, twice with each failure. */
export function pollDelayMs({ unchanged, failures }: PollState, ended = false): number {
  if (failures > 0) return Math.min(AFTER_ERROR_LATEST_MS, SOONEST_MS * 2 ** failures)
  if (ended) return ENDED_MS
  return Math.min(LATEST_MS, Math.round(SOONEST_MS * 1.5 ** unchanged))
}

/** Errors after which the same request would only fail again. */
export function isFinal(status: number): boolean {
  return (
    status === 400 || status === 401 || status === 403 || status === 404 || status === 410 || status === 501
  )
}
