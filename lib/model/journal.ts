import type { EpochMs } from './clock.ts'
import type { Entry, LogEntry } from './log.ts'
import type { ErrorFacts } from './recorded-error.ts'

type EntryOf<Type extends Entry['type']> = Extract<LogEntry, { type: Type }>

/**
 * The entries of a log that a run looks up, indexed by position, name or id. The replayer handles outcomes of effects
 * itself. The index grows with the log: thousands of signals may arrive while a process runs.
 */
export class JournalIndex {
  /** Effects that began, by position. */
  readonly begun = new Map<number, EntryOf<'begin'>>()
  /** Failed attempts of steps, by position, in order. */
  readonly attempts = new Map<number, EntryOf<'attempt'>[]>()
  /** Signals by name, in the order in which they came. */
  readonly signals = new Map<string, EntryOf<'signal'>[]>()
  readonly signalAt = new Map<number, EntryOf<'signal'>>()
  /** The first reply to each callback, by its position. */
  readonly replies = new Map<number, EntryOf<'reply'>>()
  /** The first end of each child. */
  readonly children = new Map<string, EntryOf<'child'>>()
  /** Numbers of the signals that earlier waits have taken. */
  readonly taken = new Set<number>()

  constructor(log: readonly LogEntry[] = []) {
    this.add(log)
  }

  add(log: readonly LogEntry[]): void {
    for (const entry of log) this.#add(entry)
  }

  #add(entry: LogEntry): void {
    if (entry.type === 'begin') this.begun.set(entry.position, entry)
    if (entry.type === 'attempt') push(this.attempts, entry.position, entry)
    if (entry.type === 'signal') {
      push(this.signals, entry.name, entry)
      this.signalAt.set(entry.seq, entry)
    }
    if (entry.type === 'reply' && !this.replies.has(entry.position)) this.replies.set(entry.position, entry)
    if (entry.type === 'child' && !this.children.has(entry.id)) this.children.set(entry.id, entry)
    if (entry.type === 'effect' && entry.effect === 'signal') {
      const seq = takenBy(entry)
      if (seq !== undefined) this.taken.add(seq)
    }
  }
}

/** Names of the signals in a part of a log that no wait in it has taken, each once. A signal stands before its taking. */
export function unreadSignals(part: readonly LogEntry[]): readonly string[] {
  const { signals, taken } = new JournalIndex(part)
  return [...signals].flatMap(([name, all]) => (all.some(({ seq }) => !taken.has(seq)) ? [name] : []))
}

/** A step whose newest attempt failed and that is tried again at `dueAt`. */
export type FailingStep = {
  readonly name: string
  /** Failed attempts, as far as the part of the log goes back. */
  readonly attempts: number
  readonly error: ErrorFacts
  readonly at: EpochMs
  readonly dueAt: EpochMs
}

/** Of the steps in a part of a log that have failed and have no outcome yet, the one that failed last. */
export function failingStep(part: readonly LogEntry[]): FailingStep | undefined {
  const { attempts } = new JournalIndex(part)
  const done = new Set(part.flatMap((entry) => (entry.type === 'effect' ? [entry.position] : [])))
  const open = [...attempts].flatMap(([position, all]) => (done.has(position) ? [] : [all]))
  const newest = open.toSorted((a, b) => (b.at(-1)?.seq ?? 0) - (a.at(-1)?.seq ?? 0))[0]
  const last = newest?.at(-1)
  if (newest === undefined || last === undefined) return undefined
  const { name, error, at, dueAt } = last
  return { name, attempts: newest.length, error, at, dueAt }
}

/** How many entries of a log come from the process's own code, and the highest position among them. */
export function ownEntries(log: readonly LogEntry[]): { readonly count: number; readonly last: number } {
  const own = log.flatMap((entry) =>
    entry.type === 'effect' || entry.type === 'begin' || entry.type === 'attempt' ? [entry.position] : [],
  )
  return { count: own.length, last: own.reduce((last, position) => Math.max(last, position), -1) }
}

/** The number of the signal that a recorded wait took; undefined if it took none. */
function takenBy(entry: EntryOf<'effect'>): number | undefined {
  const { outcome } = entry
  if (outcome.took !== undefined) return outcome.took
  if (!outcome.ok || outcome.value === undefined || !('value' in outcome.value)) return undefined
  return typeof outcome.value.value === 'number' ? outcome.value.value : undefined
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
