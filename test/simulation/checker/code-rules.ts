import type { CodeFact } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ProcessLife, Say } from './life-of-process.ts'
import { broken } from './violation.ts'
import { bodyIsNotEarly } from './start-rules.ts'

const ONCE = 'an at-most-once body runs once'

type Body = Extract<CodeFact, { kind: 'body' }>

/**
 * A body began. One whose outcome stood in the log when its life claimed the process must not: the claim brought the log.
 * An owner that was overtaken and does not know it yet may begin one more body; nobody can keep it from that.
 */
export function bodyMayRun(
  life: ProcessLife,
  fact: Body,
  index: number,
  expected: Expected | undefined,
  say: Say,
): void {
  const { effect, by, attempt } = fact
  const times = (life.bodiesOf.get(effect) ?? 0) + 1
  life.bodiesOf.set(effect, times)
  const claimed = life.claimedAtFact.get(by)
  if (claimed === undefined)
    return say(broken('no body without a claim', life.id, index, `${by} runs ${effect} and never claimed it`))
  leaseIsLive(life, fact, index, say)
  bodyIsNotEarly(life, fact, index, say)
  const recorded = life.log.recordedStepAt(effect)
  if (recorded !== undefined && recorded <= claimed)
    say(
      broken(
        'no completed effect runs again',
        life.id,
        index,
        `${by} runs ${effect}, which was recorded before`,
      ),
    )
  const failed = life.log.failuresBefore(effect, claimed + 1)
  if (attempt <= failed)
    say(
      broken(
        'no completed effect runs again',
        life.id,
        index,
        `attempt ${attempt} of ${effect} had failed before`,
      ),
    )
  if (expected?.atMostOnce?.has(effect) === true) {
    if (times > 1) say(broken(ONCE, life.id, index, `${effect} ran ${times} times`))
    // Whoever takes over knows by that entry alone that the body may have run.
    if (!life.log.hasBegun(effect))
      say(broken(ONCE, life.id, index, `${effect} begins before that is on record`))
  }
}

/** Whoever has to count on another owner begins nothing more: a worker that wakes up looks at its clock before. */
function leaseIsLive(life: ProcessLife, { by, effect, clockAt }: Body, index: number, say: Say): void {
  const until = life.heldUntil.get(by)
  if (clockAt === undefined || until === undefined || clockAt < until) return
  const says = `${by} begins ${effect} ${clockAt - until} ms after its lease was over by its own clock`
  say(broken('no body begins after its lease', life.id, index, says))
}
