import type { ProcessLife, RowWrite, Say } from './life-of-process.ts'
import { broken } from './violation.ts'
import type { SlotsBook } from './slot-rules.ts'
import { hasEnded, map, TAG } from './stored.ts'

type Lives = ReadonlyMap<string, ProcessLife>

/**
 * The moment in which an ended process owes nothing any more: all whom its end concerns must have been told by then, since
 * nothing will look at it again.
 */
export function everyoneWasTold(write: RowWrite, lives: Lives, slots: SlotsBook, say: Say): void {
  const { before, after, life, index } = write
  if (before?.owes !== true || after.owes) return
  for (const id of childrenOf(life)) {
    const child = lives.get(id)?.row
    if (child === undefined || hasEnded(child)) continue
    const asked = { cancel: child.cancelAsked, abandon: child.abandonAsked, leave: true }[
      child.parent?.onEnd ?? 'leave'
    ]
    if (asked !== true)
      say(broken('an end is told', life.id, index, `its child ${id} goes on and was not told`))
  }
  const parent = after.parent === undefined ? undefined : lives.get(after.parent.id)
  if (parent?.row !== undefined && !hasEnded(parent.row) && !toldOf(parent, life.id, after.status))
    say(broken('an end is told', life.id, index, `its parent ${parent.id} is open and was not told`))
  if (slots.has(life.id))
    say(broken('an end is told', life.id, index, 'it still has a place under its concurrency key'))
}

/** A child stands in its parent's log from its first moment, and what the log says of its end is so. */
export function childrenAreKnown(lives: Lives, say: Say): void {
  for (const life of lives.values()) {
    const parent = life.row?.parent === undefined ? undefined : lives.get(life.row.parent.id)
    if (parent !== undefined && !startedIn(parent, life.id))
      say(broken('a child is known to its parent', life.id, undefined, `${parent.id} has no start of it`))
    for (const [tag, , id, status] of life.log.entries) {
      if (tag !== TAG.childEnded) continue
      const child = lives.get(String(id))?.row
      if (child !== undefined && child.status !== status)
        say(
          broken(
            'an end is told',
            life.id,
            undefined,
            `it was told that ${String(id)} is ${String(status)}, which is ${child.status}`,
          ),
        )
    }
  }
}

function toldOf(parent: ProcessLife, child: string, status: string): boolean {
  return parent.log.entries.some(
    ([tag, , id, said]) => tag === TAG.childEnded && id === child && said === status,
  )
}

function startedIn(parent: ProcessLife, child: string): boolean {
  return startsOf(parent).has(child)
}

/** Those that were registered for it, and those that stood already: an earlier process of its id had started them. */
export function childrenOf(life: ProcessLife): ReadonlySet<string> {
  return new Set([...life.children, ...startsOf(life)])
}

function startsOf({ log }: ProcessLife): Set<string> {
  const starts = log.entries.filter(
    ([tag, , , effect, , form]) => tag === TAG.effect && effect === START && form === 1,
  )
  return new Set(starts.map(([, , , , , , value]) => String(map(value)?.['id'])))
}

const START = 'c'
