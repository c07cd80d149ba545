import { WAITS_SHOWN } from './limits.ts'
import { ARRIVALS, type ArrivalEntry, type ArrivalKind } from './log.ts'
import { titleOf } from './replay.ts'
import type { Wait } from './record.ts'

export type EffectsWait = Extract<Wait, { for: 'effects' }>

/** By what each kind of arrival finds its wait, wherever in the code the wait stands. */
export function takenBy(entry: ArrivalEntry): { readonly kind: ArrivalKind; readonly what: string | number } {
  switch (entry.type) {
    case 'signal':
      return { kind: 'signal', what: entry.name }
    case 'reply':
      return { kind: 'reply', what: entry.position }
    case 'child':
      return { kind: 'child', what: entry.id }
  }
}

/** The title of the wait that takes an arrival. A reply names a position, and its wait a name: no title tells them. */
export function takenAs(entry: ArrivalEntry): string | undefined {
  const { kind, what } = takenBy(entry)
  return typeof what === 'string' ? titleOf({ effect: kind, name: what }) : undefined
}

/**
 * What a row says that parks for waits: the titles of the first of them, and the kinds of arrivals that those do not tell:
 * replies, and what waits beyond them take. Any arrival of such a kind wakes the process.
 */
export function parkedFor(on: readonly string[], beyond: readonly ArrivalKind[]): EffectsWait {
  const anyOf = ARRIVALS.filter(
    (kind) => beyond.includes(kind) || (kind === 'reply' && on.some((title) => isOf(kind, title))),
  )
  const told = anyOf.length === 0 && on.length < WAITS_SHOWN
  return { for: 'effects', on, ...(told ? {} : { anyOf }) }
}

/**
 * Does a process that is parked like this take the arrival now? Any other process finds it in the log when it continues.
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
