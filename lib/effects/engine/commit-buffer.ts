import type { Clock } from '../../model/clock.ts'
import { COMMIT_HOLD_MS } from '../../model/limits.ts'
import type { Entry } from '../../model/log.ts'

/**
 * Deferred and group commit. An outcome must be durable before anything else the process does can be seen, not sooner:
 * so it is held for company until the next effect's body is about to start, the process parks or returns, and never
 * longer than COMMIT_HOLD_MS. Outcomes that arrive while a write is in flight go into the next one together.
 * N sequential steps and a return make N writes this way, not 2N.
 */
export class CommitBuffer {
  readonly #commit: (entries: readonly Entry[]) => Promise<void>
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  #held: Entry[] = []
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined

  constructor(ports: {
    commit: (entries: readonly Entry[]) => Promise<void>
    clock: Clock
    /** Told of a write that failed with nobody waiting for it. */
    onFailure: (error: unknown) => void
  }) {
    this.#commit = ports.commit
    this.#clock = ports.clock
    this.#onFailure = ports.onFailure
  }

  hold(entry: Entry): void {
    this.#held.push(entry)
    this.#startTimer()
  }

  /** Settles once all that was held when it was called is durable. */
  flush(): Promise<void> {
    if (this.#held.length === 0) return this.#writing ?? Promise.resolve()
    if (this.#writing === undefined) return this.#write()
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined
      return this.#held.length === 0 ? undefined : this.#write()
    })
    return this.#next
  }

  /** Takes what is held, with `entry` at its end, into a write of the caller's own: it is the buffer's write until it is done. */
  async writeWith(entry: Entry, write: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    while (this.#writing !== undefined) await (this.#next ?? this.#writing)
    this.#held.push(entry)
    await this.#write(write)
  }

  /**
   * Takes what is held into a write of the caller's own that may come to nothing: it answers whether it wrote. Until then
   * nothing else is written, and where it did not, what it took goes before all that came meanwhile: a replay gives outcomes
   * in the order of the log.
   */
  async writeOrKeep(write: (entries: readonly Entry[]) => Promise<boolean>): Promise<boolean> {
    while (this.#writing !== undefined) await (this.#next ?? this.#writing)
    this.#stopTimer()
    const entries = this.#held
    this.#held = []
    const over = Promise.withResolvers<void>()
    this.#writing = over.promise
    try {
      const written = await write(entries)
      if (!written) this.#putBack(entries)
      return written
    } finally {
      this.#writing = undefined
      over.resolve()
    }
  }

  /** Forgets what is held. */
  discard(): void {
    this.#stopTimer()
    this.#held = []
  }

  /** Waits for the write in flight, and hands over what is still held, to ride with the run's last write. */
  async drain(): Promise<readonly Entry[]> {
    this.#stopTimer()
    while (this.#writing !== undefined) await (this.#next ?? this.#writing)
    const left = this.#held
    this.#held = []
    return left
  }

  #write(write = this.#commit): Promise<void> {
    this.#stopTimer()
    const entries = this.#held
    this.#held = []
    this.#writing = write(entries).finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  #putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#held = [...entries, ...this.#held]
    this.#startTimer()
  }

  #startTimer(): void {
    this.#cancelTimer ??= this.#clock.after(COMMIT_HOLD_MS, () => {
      this.#cancelTimer = undefined
      this.flush().catch(this.#onFailure)
    })
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
