import type { RowWrite, Say } from './life-of-process.ts'
import { hasEnded } from './stored.ts'
import { broken } from './violation.ts'

/** Crashes alone never bring a process this far in any world: bodies kill their worker up to seven times, and faults end. */
const STALLS_EXPLAINED = 16

/** A full queue is no failure: a process that finds no place parks with a due time, which is no claim without progress. */
export function waitingIsNoStall({ before, after, life, index }: RowWrite, say: Say): void {
  if (after.key === undefined || hasEnded(after) || after.stalls <= STALLS_EXPLAINED) return
  if (before !== undefined && before.stalls > STALLS_EXPLAINED) return
  const says = `${after.stalls} claims in a row have made no progress`
  say(broken('a process that waits for a place is not given up', life.id, index, says))
}
