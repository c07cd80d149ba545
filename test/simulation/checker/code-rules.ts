import type { CodeFact } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { broken } from './violation.ts'
import { bodyIsNotEarly } from './start-rules.ts'

const ONCE = 'an at-most-once body runs once'

type Body = Extract<CodeFact, { kind: 'body' }>

/**
 * A body began. One whose outcome stood in the log when its host process claimed the process must not: the claim brought the log.
 * An owner that was overtaken and does not know it yet may begin one more body; nothing can prevent that.
 */
export function bodyMayRun(
  observed: ObservedProcess,
  fact: Body,
  index: number,
  expected: Expected | undefined,
  say: Say,
): void {
  const { effect, by, attempt } = fact
  const times = (observed.bodiesOf.get(effect) ?? 0) + 1
  observed.bodiesOf.set(effect, times)
  const claimed = observed.claimedAtFact.get(by)
  if (claimed === undefined)
    return say(
      broken('no body without a claim', observed.id, index, `${by} runs ${effect} and never claimed it`),
    )
  leaseIsLive(observed, fact, index, say)
  bodyIsNotEarly(observed, fact, index, say)
  const recorded = observed.log.recordedStepAt(effect)
  if (recorded !== undefined && recorded <= claimed)
    say(
      broken(
        'no completed effect runs again',
        observed.id,
        index,
        `${by} runs ${effect}, which was recorded before`,
      ),
    )
  const failed = observed.log.failuresBefore(effect, claimed + 1)
  if (attempt <= failed)
    say(
      broken(
        'no completed effect runs again',
        observed.id,
        index,
        `attempt ${attempt} of ${effect} had failed before`,
      ),
    )
  if (expected?.atMostOnce?.has(effect) === true) {
    if (times > 1) say(broken(ONCE, observed.id, index, `${effect} ran ${times} times`))
    // Only that entry shows the next owner that the body may have run.
    if (!observed.log.hasBegun(effect))
      say(broken(ONCE, observed.id, index, `${effect} begins before that is on record`))
  }
}

/** A worker that wakes up checks its clock first: after its lease it begins no body. */
function leaseIsLive(
  observed: ObservedProcess,
  { by, effect, clockAt }: Body,
  index: number,
  say: Say,
): void {
  const until = observed.heldUntil.get(by)
  if (clockAt === undefined || until === undefined || clockAt < until) return
  const says = `${by} begins ${effect} ${clockAt - until} ms after its lease was over by its own clock`
  say(broken('no body begins after its lease', observed.id, index, says))
}
