import { indexJournal, type JournalIndex } from '../model/journal.ts'
import type { LogEntry } from '../model/log.ts'

/** What others have sent to a process: all that its log held when the run began, and what arrives since. */
export class Inbox {
  #log: readonly LogEntry[]
  #index: JournalIndex
  /** Signals taken by waits of this run, not yet in the log. */
  readonly #taken: Set<number>

  constructor(log: readonly LogEntry[]) {
    this.#log = log
    this.#index = indexJournal(log)
    this.#taken = new Set(this.#index.taken)
  }

  get begun(): JournalIndex['begun'] {
    return this.#index.begun
  }

  get attempts(): JournalIndex['attempts'] {
    return this.#index.attempts
  }

  get replies(): JournalIndex['replies'] {
    return this.#index.replies
  }

  get children(): JournalIndex['children'] {
    return this.#index.children
  }

  add(entries: readonly LogEntry[]): void {
    this.#log = [...this.#log, ...entries]
    this.#index = indexJournal(this.#log)
  }

  /** Takes the oldest signal of a name that no wait has taken yet: the nth signal for the nth wait (C38). */
  takeSignal(name: string): LogEntry | undefined {
    const next = this.#index.signals.get(name)?.find((signal) => !this.#taken.has(signal.seq))
    if (next !== undefined) this.#taken.add(next.seq)
    return next
  }

  /** A signal by its number, as a recorded wait refers to it. */
  signalAt(name: string, seq: number): Extract<LogEntry, { type: 'signal' }> | undefined {
    return this.#index.signals.get(name)?.find((signal) => signal.seq === seq)
  }
}
