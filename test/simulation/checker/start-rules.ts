import type { CodeFact, HostFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { TAG, type StoredEntry } from './stored.ts'
import { broken } from './violation.ts'

// What a start may say besides its input: when the process may begin, where it is listed, and which queue its wake-up goes to.

const EARLY = 'nothing begins before its start time'
/** Effects that answer at once: code that is refused all others may have asked for them. */
const INSTANT = new Set<unknown>(['n', 'x', 'u', 'p'])

function isDone([tag, , , effect, , form]: StoredEntry): boolean {
  return tag === TAG.begun || tag === TAG.failed || (tag === TAG.effect && form !== 0 && !INSTANT.has(effect))
}

/**
 * A worker that claims a process before its start time, by its own clock, writes nothing that the code of the process did.
 * One that was asked to cancel is claimed early, for its end: all that its code asks for is refused.
 */
export function startsInTime({ before, after, observed, index }: RowWrite, say: Say): void {
  if (after.status === 'running' && (after.claimedAt ?? 0) >= (after.startAt ?? 0)) observed.isStarted = true
  if (observed.isStarted) return
  if (before?.startAt === undefined || before.status !== 'running') return
  const earlyMs = before.startAt - (before.claimedAt ?? before.startAt)
  if (earlyMs <= 0 || !observed.log.entries.slice(before.seq).some(isDone)) return
  say(broken(EARLY, observed.id, index, `what it did is recorded under a claim that was ${earlyMs} ms early`))
}

/** The same of a body, which may run before anything is recorded. */
export function bodyIsNotEarly(
  { row, id, isStarted }: ObservedProcess,
  { effect, by }: Extract<CodeFact, { kind: 'body' }>,
  index: number,
  say: Say,
): void {
  if (row?.startAt === undefined || row.status !== 'running' || isStarted) return
  const earlyMs = row.startAt - (row.claimedAt ?? row.startAt)
  if (earlyMs > 0) say(broken(EARLY, id, index, `${by} runs ${effect} under a claim ${earlyMs} ms early`))
}

/** A process is listed under its kind, and one with a scope under that too. */
export function isListedInItsGroup({ after, observed, index }: RowWrite, say: Say): void {
  const { kind, scope, listedIn, scopedIn } = after
  const isOfScope =
    scope === undefined ? scopedIn === undefined : scopedIn?.startsWith(`s#${scope}#`) === true
  if (listedIn?.startsWith(`k#${kind}#`) === true && isOfScope) return
  const says = `it is of ${kind} and ${scope}, and is in ${listedIn} and ${scopedIn}`
  say(broken('a process is listed in its group', observed.id, index, says))
}

/**
 * An urgent process is woken on the queue of the urgent ones, and no other is. The exception is a process whose owner
 * died: the sweep wakes it past the backlog of its own queue (C68). A caller who sends a signal or an answer never sees
 * the row, so its wake-up goes with the ordinary ones.
 */
export function wakeupIsOfItsQueue(
  { row, id, log, claimedAtFact }: ObservedProcess,
  { by, queue }: Extract<HostFact, { kind: 'woke' }>,
  index: number,
  say: Say,
): void {
  if (row === undefined || queue === undefined || queue === 'isolation') return
  const urgently = queue === 'urgent'
  if (urgently === row.urgent || (urgently && by.startsWith('sweep') && row.fence > 0)) return
  const hasArrivals = log.entries.some(([tag]) => tag === TAG.signal || tag === TAG.answer)
  if (!urgently && hasArrivals && !claimedAtFact.has(by)) return
  const says = `${by} sends its wake-up on the ${queue} queue`
  say(broken('a wake-up goes to the queue of its process', id, index, says))
}
