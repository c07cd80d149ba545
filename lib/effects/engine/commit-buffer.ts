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
  #discarded = false

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

  /**
   * Takes what is held, with `entry` at its end, into a write of the caller's own: it is the buffer's write until it is done.
   * Nothing is written where all was discarded before its turn came.
   */
  async writeWith(entry: Entry, write: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    while (this.#writing !== undefined) await (this.#next ?? this.#writing)
    if (this.#discarded) return
    this.#held.push(entry)
    await this.#write(write)
  }

  /**
   * Takes what is held into a write of the caller's own that may come to nothing, and answers whether it was made. It is the
   * buffer's write until that is known: what it took stands before all that comes meanwhile, whether it is made or not.
   *
   * 1. A park is sent with outcome 7. 2. Its answer is slow, a sleep is over: the code goes on, and 8 is to be written with a
   * child at once. 3. The park is refused, for a signal came. 4. Were 8 written, and 7 after it, no run could replay that log.
   */
  async tryWrite(write: (entries: readonly Entry[]) => Promise<boolean>): Promise<boolean> {
    while (this.#writing !== undefined) await (this.#next ?? this.#writing)
    let made = false
    await this.#write(async (entries) => {
      made = await write(entries)
      if (!made) this.#putBack(entries)
    })
    return made
  }

  /** Forgets what is held, and writes nothing more. */
  discard(): void {
    this.#discarded = true
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

  #putBack(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    this.#held = [...entries, ...this.#held]
    this.#startTimer()
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
