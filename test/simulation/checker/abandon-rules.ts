import type { History } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { hasEnded, TAG } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'a request to abandon is honoured'
/** An owner's clock may be ahead of the time by so much. */
const CLOCK_AHEAD_MAX_MS = 5 * 60_000

/** No worker claims a process that was given up. A worker that parks one leaves it due at once: the next look ends it. */
export function givenUpIsNotClaimed({ before, after, observed, fact, index }: RowWrite, say: Say): void {
  if (before === undefined) return
  if (before.abandonAsked && after.status === 'running' && after.fence !== before.fence)
    say(broken(INVARIANT, observed.id, index, 'it is claimed though it was given up'))
  const parked = before.status === 'running' && (after.status === 'waiting' || after.status === 'stuck')
  if (parked && after.abandonAsked && (after.dueAt ?? Infinity) > fact.at + CLOCK_AHEAD_MAX_MS)
    say(
      broken(
        INVARIANT,
        observed.id,
        index,
        `it was given up, and parks until ${after.dueAt ?? 'something comes'}`,
      ),
    )
  if (after.status === 'abandoned' && !after.abandonAsked && after.recovery !== 'abandon')
    say(broken(INVARIANT, observed.id, index, 'it is abandoned, and no caller gave it up'))
}

/** A request that was accepted is on record, and none that no caller made. A process with one does not stay open. */
export function abandonsAreHonoured(
  { facts }: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  expectations: ReadonlyMap<string, Expected>,
  say: Say,
): void {
  const onRecord = ({ log }: ObservedProcess): boolean => log.entries.some(([tag]) => tag === TAG.abandon)
  // Several processes may have had an id, one after the other.
  const given = new Set([...allObserved.values()].filter(onRecord).map(({ id }) => id))
  const asked = facts.filter((fact) => fact.kind === 'abandon-asked')
  const madeFor = new Set(asked.map(({ process }) => process))
  for (const fact of asked)
    if (!given.has(fact.process))
      say(broken(INVARIANT, fact.process, undefined, 'a request was accepted, and is not in its log'))
  for (const observed of allObserved.values()) {
    if (observed.row?.abandonAsked === true && !hasEnded(observed.row))
      say(
        broken(
          INVARIANT,
          observed.id,
          undefined,
          `it was given up, and is ${observed.row.status} at the end`,
        ),
      )
    const mayBe = observed.row?.parent !== undefined || expectations.get(observed.id)?.abandonAsked !== false
    if (!mayBe && !madeFor.has(observed.id) && onRecord(observed))
      say(broken(INVARIANT, observed.id, undefined, 'a request is in its log, and no caller made it'))
  }
}
