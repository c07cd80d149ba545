import type { Fact, History } from '../history.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import type { StoredProcess } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'a list is whole and in order'
/** An index shows a write after this at the latest. */
const LAG_MAX_MS = 4 * 60_000
/** A caller's clock, and that of the worker that ended the process, may each be off by five minutes. */
const CLOCKS_OFF_MS = 10 * 60_000

type Listed = Extract<Fact, { kind: 'listed' }>

/**
 * A list that was read page by page has each process of its group once, the newest first, with a status that it had. A process
 * that the index must have shown all the while is not missing.
 */
export function listsAreWhole(
  { facts }: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  say: Say,
): void {
  for (const [index, fact] of facts.entries())
    if (fact.kind === 'listed') isWhole(fact, index, allObserved, say)
}

function isWhole(
  fact: Listed,
  index: number,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  say: Say,
): void {
  const { items, group, status: wanted, beganAt, at } = fact
  const wrong = (id: string, says: string): void => say(broken(INVARIANT, id, index, says))
  const seen = new Set<string>()
  for (const [nth, { id, status, createdAt }] of items.entries()) {
    const observed = [...allObserved.values()].find(
      (each) => each.id === id && each.row?.createdAt === createdAt,
    )
    if (seen.has(id)) wrong(id, 'it is listed twice')
    seen.add(id)
    if (createdAt > (items[nth - 1]?.createdAt ?? Infinity)) wrong(id, 'it is listed after an older one')
    if (!isIn(group, observed?.row)) wrong(id, `it is listed in ${group}, created at ${createdAt}`)
    if (wanted !== undefined && status !== wanted) wrong(id, `it is listed as ${status}, not ${wanted}`)
    if (observed !== undefined && !statusesWithin(observed, beganAt - LAG_MAX_MS, at).includes(status))
      wrong(id, `it is listed as ${status}, which it was not`)
  }
  for (const observed of allObserved.values()) {
    const { row } = observed
    if (row === undefined || !isIn(group, row) || seen.has(observed.id) || mayBeGone(row, at)) continue
    const [first] = observed.statuses
    if (first === undefined || first.at > beganAt - LAG_MAX_MS) continue
    const had = statusesWithin(observed, beganAt - LAG_MAX_MS, at)
    if (wanted === undefined || had.every((status) => status === wanted))
      wrong(observed.id, 'it is not listed')
  }
}

function isIn(group: string, row: StoredProcess | undefined): boolean {
  return [row?.listedIn, row?.scopedIn].some((partition) => partition?.startsWith(group) === true)
}

/** Is it no longer kept, by a caller's clock? */
function mayBeGone({ endedAt = Infinity, retentionMs = Infinity }: StoredProcess, at: number): boolean {
  return endedAt + retentionMs - CLOCKS_OFF_MS <= at
}

/** What a process was at any time in between. */
function statusesWithin({ statuses }: ObservedProcess, from: number, to: number): readonly string[] {
  return statuses.flatMap(({ status, at }, nth) =>
    at <= to && (statuses[nth + 1]?.at ?? Infinity) >= from ? [status] : [],
  )
}
