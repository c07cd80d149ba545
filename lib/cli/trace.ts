import type { EpochMs } from '../model/clock.ts'
import type { LogEntry } from '../model/log.ts'

/** An effect of a process over its time. */
export type Span = {
  readonly position: number
  readonly effect: string
  readonly name: string
  /** When the log first speaks of it; before that, the entry before. */
  readonly from: EpochMs
  /** Absent while it is open. */
  readonly to?: EpochMs
  readonly failedAttempts: number
  readonly ok?: boolean
}

/**
 * The effects of a log in the order of the code, each from its beginning to its outcome. The log has no beginning of most
 * steps: such a step begins at the entry before it, so effects side by side look longer than they were.
 */
export function spansOf(entries: readonly LogEntry[]): Span[] {
  const spans = new Map<number, Span>()
  let before: EpochMs | undefined
  for (const entry of entries) {
    const at = entry.at
    if (entry.type === 'begin' || entry.type === 'attempt' || entry.type === 'effect') {
      const effect = entry.type === 'attempt' ? 'step' : entry.effect
      const { position, name } = entry
      const from = entry.type === 'begin' ? at : (before ?? at)
      const span = spans.get(position) ?? { position, effect, name, from, failedAttempts: 0 }
      if (entry.type === 'effect') spans.set(position, { ...span, to: at, ok: entry.outcome.ok })
      else if (entry.type === 'attempt')
        spans.set(position, { ...span, failedAttempts: span.failedAttempts + 1 })
      else spans.set(position, span)
    }
    before = at
  }
  return [...spans.values()].toSorted((a, b) => a.position - b.position)
}
