import type { RowWrite, Say } from './observed-process.ts'
import { hasEnded } from './stored.ts'
import { broken } from './violation.ts'

/** Crashes alone do not bring a process this far while others stand before it: most of its claims park it within milliseconds. */
const STALLS_EXPLAINED = 8

/** A full queue is no failure: a process that finds no place parks with a due time, which is no claim without progress. */
export function waitingIsNoStall({ before, after, observed, index }: RowWrite, say: Say): void {
  if (after.key === undefined || hasEnded(after) || after.stalls <= STALLS_EXPLAINED) return
  if (before !== undefined && before.stalls > STALLS_EXPLAINED) return
  if (observed.claimsWithoutRoom < STALLS_EXPLAINED) return
  const says = `${after.stalls} claims in a row have made no progress`
  say(broken('a process that waits for a place is not given up', observed.id, index, says))
}
