import { JournalIndex } from '../../model/journal.ts'
import type { LogEntry, Outcome } from '../../model/log.ts'
import type { EffectCall } from '../../model/replay.ts'

type InboxSignal = Extract<LogEntry, { type: 'signal' }>

/** What others have sent to a process: all that its log held when the run began, and what arrives since. */
export class Inbox {
  readonly #index = new JournalIndex()
  /** By name, how many of the signals are taken for good, from the first on: those are not looked at again. */
  readonly #passed = new Map<string, number>()
  /** Signals that waits have taken: earlier ones by the log, those of this run not yet in it. */
  readonly #taken: Set<number>

  constructor(log: readonly LogEntry[]) {
    this.#index.add(log)
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

  /** The effect without an outcome that began, or whose attempt failed, at a position. */
  openAt(position: number): EffectCall | undefined {
    const begun = this.begun.get(position)
    if (begun !== undefined) return { position, effect: begun.effect, name: begun.name }
    const failed = this.attempts.get(position)?.at(-1)
    return failed === undefined ? undefined : { position, effect: 'step', name: failed.name }
  }

  add(entries: readonly LogEntry[]): void {
    this.#index.add(entries)
  }

  /** Takes the oldest signal of a name that no wait has taken yet: the nth signal for the nth wait (C38). */
  takeSignal(name: string): InboxSignal | undefined {
    const signals = this.#index.signals.get(name) ?? []
    let passed = this.#passed.get(name) ?? 0
    while (passed < signals.length && this.#taken.has(signals[passed]?.seq ?? 0)) passed += 1
    this.#passed.set(name, passed)
    const next = signals[passed]
    if (next !== undefined) this.#taken.add(next.seq)
    return next
  }

  /** Names of signals that no wait has taken, `most` at most. */
  unreadNames(most: number): readonly string[] {
    const names: string[] = []
    for (const [name, signals] of this.#index.signals) {
      if (names.length === most) break
      if (signals.some(({ seq }) => !this.#taken.has(seq))) names.push(name)
    }
    return names
  }

  /** The signal that a wait's outcome refers to by its number. */
  signalTaken({ value }: Extract<Outcome, { ok: true }>): InboxSignal | undefined {
    const seq = value !== undefined && 'value' in value ? value.value : undefined
    return typeof seq === 'number' ? this.signalAt(seq) : undefined
  }

  /** A signal by its number, as a recorded wait refers to it. */
  signalAt(seq: number): InboxSignal | undefined {
    return this.#index.signalAt.get(seq)
  }
}
