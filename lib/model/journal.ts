import type { Entry, LogEntry } from './log.ts'

type Of<Type extends Entry['type']> = Extract<LogEntry, { type: Type }>

/** What a run needs to find in a log, by what it looks for. Outcomes of effects are the replay's own matter. */
export type JournalIndex = {
  /** Effects that began, by position. */
  readonly begun: ReadonlyMap<number, Of<'begin'>>
  /** Failed attempts of steps, by position, in order. */
  readonly attempts: ReadonlyMap<number, readonly Of<'attempt'>[]>
  /** Signals by name, in the order in which they came. */
  readonly signals: ReadonlyMap<string, readonly Of<'signal'>[]>
  /** The first reply to each callback, by its position. */
  readonly replies: ReadonlyMap<number, Of<'reply'>>
  /** The first end of each child. */
  readonly children: ReadonlyMap<string, Of<'child'>>
  /** Numbers of the signals that earlier waits have taken. */
  readonly taken: ReadonlySet<number>
}

/** Sorts a log's entries for look-up. */
export function indexJournal(log: readonly LogEntry[]): JournalIndex {
  const begun = new Map<number, Of<'begin'>>()
  const attempts = new Map<number, Of<'attempt'>[]>()
  const signals = new Map<string, Of<'signal'>[]>()
  const replies = new Map<number, Of<'reply'>>()
  const children = new Map<string, Of<'child'>>()
  const taken = new Set<number>()
  for (const entry of log) {
    if (entry.type === 'begin') begun.set(entry.position, entry)
    if (entry.type === 'attempt') push(attempts, entry.position, entry)
    if (entry.type === 'signal') push(signals, entry.name, entry)
    if (entry.type === 'reply' && !replies.has(entry.position)) replies.set(entry.position, entry)
    if (entry.type === 'child' && !children.has(entry.id)) children.set(entry.id, entry)
    if (entry.type === 'effect' && entry.effect === 'signal') {
      const seq = takenBy(entry)
      if (seq !== undefined) taken.add(seq)
    }
  }
  return { begun, attempts, signals, replies, children, taken }
}

/** The number of the signal that a recorded wait took; undefined where the wait failed. */
export function takenBy(entry: Of<'effect'>): number | undefined {
  const { outcome } = entry
  if (!outcome.ok || outcome.value === undefined || !('value' in outcome.value)) return undefined
  return typeof outcome.value.value === 'number' ? outcome.value.value : undefined
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
