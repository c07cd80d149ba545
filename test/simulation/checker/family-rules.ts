import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'
import type { SlotsBook } from './slot-rules.ts'
import { hasEnded, map, TAG } from './stored.ts'

type AllObserved = ReadonlyMap<string, ObservedProcess>

/**
 * The moment in which an ended process has notified all its dependents: all whom its end concerns must have been told by then, since
 * nothing will look at it again.
 */
export function everyoneWasTold(write: RowWrite, allObserved: AllObserved, slots: SlotsBook, say: Say): void {
  const { before, after, observed, index } = write
  if (before?.pendingNotifications !== true || after.pendingNotifications) return
  for (const id of childrenOf(observed)) {
    const child = allObserved.get(id)?.row
    if (child === undefined || hasEnded(child)) continue
    const asked = { cancel: child.cancelAsked, abandon: child.abandonAsked, leave: true }[
      child.parent?.onEnd ?? 'leave'
    ]
    if (asked !== true)
      say(
        broken(
          'an end notifies parent, children and waiters',
          observed.id,
          index,
          `its child ${id} continues and was not told`,
        ),
      )
  }
  const parent = after.parent === undefined ? undefined : allObserved.get(after.parent.id)
  if (parent?.row !== undefined && !hasEnded(parent.row) && !toldOf(parent, observed.id, after.status))
    say(
      broken(
        'an end notifies parent, children and waiters',
        observed.id,
        index,
        `its parent ${parent.id} is open and was not told`,
      ),
    )
  if (slots.has(observed.id))
    say(
      broken(
        'an end notifies parent, children and waiters',
        observed.id,
        index,
        'it still has a place under its concurrency key',
      ),
    )
}

/** A child stands in its parent's log from its first moment, and what the log says of its end is so. */
export function childrenAreKnown(allObserved: AllObserved, say: Say): void {
  for (const observed of allObserved.values()) {
    const parent = observed.row?.parent === undefined ? undefined : allObserved.get(observed.row.parent.id)
    if (parent !== undefined && !startedIn(parent, observed.id))
      say(broken('a child is known to its parent', observed.id, undefined, `${parent.id} has no start of it`))
    for (const [tag, , id, status] of observed.log.entries) {
      if (tag !== TAG.childEnded) continue
      const child = allObserved.get(String(id))?.row
      if (child !== undefined && child.status !== status)
        say(
          broken(
            'an end notifies parent, children and waiters',
            observed.id,
            undefined,
            `it was told that ${String(id)} is ${String(status)}, which is ${child.status}`,
          ),
        )
    }
  }
}

function toldOf(parent: ObservedProcess, child: string, status: string): boolean {
  return parent.log.entries.some(
    ([tag, , id, said]) => tag === TAG.childEnded && id === child && said === status,
  )
}

function startedIn(parent: ObservedProcess, child: string): boolean {
  return startsOf(parent).has(child)
}

/** Those that were registered for it, and those that stood already: an earlier process of its id had started them. */
export function childrenOf(observed: ObservedProcess): ReadonlySet<string> {
  return new Set([...observed.children, ...startsOf(observed)])
}

function startsOf({ log }: ObservedProcess): Set<string> {
  const starts = log.entries.filter(
    ([tag, , , effect, , form]) => tag === TAG.effect && effect === START && form === 1,
  )
  return new Set(starts.map(([, , , , , , value]) => String(map(value)?.['id'])))
}

const START = 'c'
