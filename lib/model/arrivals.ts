import { WAITS_SHOWN } from './limits.ts'
import { ARRIVALS, type ArrivalEntry, type ArrivalKind } from './log.ts'
import { titleOf } from './replay.ts'
import type { Wait } from './record.ts'

type EffectsWait = Extract<Wait, { for: 'effects' }>

/** The title of the wait that takes an arrival. A reply names a position, and its wait a name: no title tells them. */
export function takenAs(entry: ArrivalEntry): string | undefined {
  if (entry.type === 'signal') return titleOf({ effect: 'signal', name: entry.name })
  return entry.type === 'child' ? titleOf({ effect: 'child', name: entry.id }) : undefined
}

/**
 * What a row that parks for these waits says of them. The first titles are shown. `anyOf` lists the kinds of arrivals that
 * a title does not tell: replies, and waits beyond those shown. Any arrival of such a kind wakes the process.
 */
export function waitFor(titles: readonly string[]): EffectsWait {
  const on = titles.slice(0, WAITS_SHOWN)
  const untold = [...titles.slice(WAITS_SHOWN), ...on.filter((title) => isOf('reply', title))]
  const anyOf = ARRIVALS.filter((kind) => untold.some((title) => isOf(kind, title)))
  const told = anyOf.length === 0 && on.length < WAITS_SHOWN
  return { for: 'effects', on, ...(told ? {} : { anyOf }) }
}

/**
 * Does a process that is parked like this take the arrival now? Others find it in the log when they go on.
 * A row with as many titles as are shown and no `anyOf` may come from a worker that did not write it: it takes any.
 */
export function awaits(wait: Wait, entry: ArrivalEntry): boolean {
  if (wait.for !== 'effects') return false
  const { on, anyOf } = wait
  if (anyOf === undefined && on.length >= WAITS_SHOWN) return true
  const title = takenAs(entry)
  if (anyOf?.includes(entry.type) === true) return true
  return title === undefined ? on.some((each) => isOf(entry.type, each)) : on.includes(title)
}

function isOf(kind: ArrivalKind, title: string): boolean {
  return title.startsWith(`${kind} `)
}
