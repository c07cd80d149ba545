import { CALLBACK, number, REPLY, TAG } from './stored.ts'
import type { StoreFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'

const INVARIANT = 'a callback with heartbeats keeps its wait'

/**
 * A wait that ends for silence has seen the heartbeats that were accepted before its owner claimed the process: the silence
 * since the last of them is as long as it may be.
 */
export function silenceIsLong({ observed, before, fact, index, expected }: RowWrite, say: Say): void {
  if (expected?.heartbeats === undefined || expected.heartbeats.size === 0 || fact.by === undefined) return
  const { entries } = observed.log
  for (const [tag, at, replyAt, effect, name, form, , code] of entries.slice(before?.seq ?? 0)) {
    if (tag !== TAG.effect || effect !== REPLY || form !== 0 || code !== 'wait_timed_out') continue
    const times = expected.heartbeats.get(String(name))
    const begun = entries.find((entry) => entry[0] === TAG.begun && entry[2] === replyAt)
    if (times === undefined || begun === undefined) continue
    if (Number(at) >= Number(begun[1]) + times.timeoutMs) continue
    const opened = entries.find(
      (entry) => entry[0] === TAG.effect && entry[3] === CALLBACK && entry[4] === name,
    )
    const claimed = observed.claimedAtFact.get(fact.by) ?? 0
    const beat = observed.beats.findLast(
      ({ position, index: seenAt }) => position === opened?.[2] && seenAt < claimed,
    )
    const earlyMs = (beat?.at ?? -Infinity) + times.silenceMs - Number(at)
    if (earlyMs > observed.clocksJumpBackMs)
      say(broken(INVARIANT, observed.id, index, `${String(name)} is given up ${earlyMs} ms early`))
  }
}

export function heartbeatIsNoted(
  observed: ObservedProcess,
  { sk, before, after }: StoreFact,
  index: number,
): void {
  const at = number(after?.['b'])
  if (at !== undefined && at !== number(before?.['b']))
    observed.beats.push({ position: Number(sk.slice('CB#'.length)), index, at })
}
