import type { CodeFact } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { isShielded } from './time-rules.ts'

// Once it knows of a cancel request, a run continues in shielded sections only.

const INVARIANT = 'cancel is honoured'
const HEEDFUL = new Set(['effects', 'slot', 'resume'])
/** An owner's clock may be ahead of the time by so much. */
const CLOCK_AHEAD_MAX_MS = 5 * 60_000

/**
 * A run that parks with a request on record did not know of it: a worker has to look at once, whatever it waits for. One
 * that gets stuck may have known, and is ended by the next claim.
 */
export function parkHeedsCancel(
  { before, after, observed, fact, index, expected }: RowWrite,
  say: Say,
): void {
  if (before?.status !== 'running' || (after.status !== 'waiting' && after.status !== 'stuck')) return
  // Others are due by themselves: where a worker is wanted at once, where a definition is not deployed soon.
  if (!HEEDFUL.has(after.waitsFor ?? '')) return
  const { waitsOn } = after
  if (waitsOn.length > 0 && waitsOn.every((title) => isShielded(expected, title))) return
  if (!after.cancelAsked || (after.dueAt ?? Infinity) <= fact.at + CLOCK_AHEAD_MAX_MS) return
  const says = `it was asked to cancel, and parks until ${after.dueAt ?? 'something comes'}`
  say({ invariant: INVARIANT, process: observed.id, says, fact: index })
}

type BodyAt = {
  readonly index: number
  /** A reply to its host process, later than its claim, had the request in it. */
  readonly hasRead: boolean
  readonly expected: Expected | undefined
}

/** A worker that has read the request, in the reply to its claim or to a later write, begins no body any more. */
export function bodyHeedsCancel(
  { id, cancelAtFact, firstClaimAtFact, claimedAtFact }: ObservedProcess,
  { effect, by }: Extract<CodeFact, { kind: 'body' }>,
  { index, hasRead, expected }: BodyAt,
  say: Say,
): void {
  const claimed = claimedAtFact.get(by)
  if (cancelAtFact === undefined || claimed === undefined) return
  const knew = claimed >= cancelAtFact
  if ((!knew && !hasRead) || isShielded(expected, `step ${effect}`)) return
  const which = claimed === firstClaimAtFact ? 'its first claim' : `the claim of ${by}`
  const when = knew ? `it was cancelled before ${which}` : `${by} has read that it was cancelled`
  say({ invariant: INVARIANT, process: id, says: `${effect} runs though ${when}`, fact: index })
}
