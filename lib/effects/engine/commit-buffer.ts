import type { Clock } from '../../model/clock.ts'
import { COMMIT_HOLD_MS } from '../../model/limits.ts'
import type { Entry } from '../../model/log.ts'

/**
 * Deferred and group commit. An outcome must be durable before the next visible act of the process, and not sooner. So the
 * buffer holds it, to write several at once, until the next effect's body is about to start or the process parks or returns.
 * It never holds an outcome longer than COMMIT_HOLD_MS. Outcomes that arrive while a write is in flight go into the next one
 * together.
 * N sequential steps and a return make N writes this way, not 2N.
 */
export class CommitBuffer {
  readonly #commit: (entries: readonly Entry[]) => Promise<void>
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  #held: Entry[] = []
  /** How many entries were ever held, and how many of them, from the first on, are durable, or left to another writer. */
  #count = 0
  #done = 0
  #writing: Promise<unknown> | undefined
  #failure: unknown
  #cancelTimer: (() => void) | undefined
  #discarded = false

  constructor(ports: {
    commit: (entries: readonly Entry[]) => Promise<void>
    clock: Clock
    /** Called with the error of a write that no caller awaits. */
    onFailure: (error: unknown) => void
  }) {
    this.#commit = ports.commit
    this.#clock = ports.clock
    this.#onFailure = ports.onFailure
  }

  hold(entry: Entry): void {
    this.#held.push(entry)
    this.#count += 1
    this.#startTimer()
  }

  /**
   * Settles when all entries held at the call are durable, by whichever write: each write that begins takes the held entries
   * along.
   *
   * 1. A write is in flight. 2. The start of a child waits for it, to write next. 3. A step that may run once notes that it
   * begins, and waits for that here. 4. The child's write has the note. Until that is done the body must not begin.
   */
  async flush(): Promise<void> {
    const upTo = this.#count
    while (this.#done < upTo) {
      if (this.#writing !== undefined) await this.#writing
      else if (this.#held.length > 0) await this.#write(this.#commit)
      else throw this.#failure
    }
  }

  /**
   * Takes what is held, with `entry` at its end, into a write of the caller's own: it is the buffer's write until it is done.
   * Nothing is written where all was discarded before its turn came.
   */
  async writeWith(entry: Entry, write: (entries: readonly Entry[]) => Promise<void>): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    if (this.#discarded) return
    this.#held.push(entry)
    this.#count += 1
    await this.#write(write)
  }

  /**
   * Takes the held entries into a write of the caller's own that may be refused, and returns whether it was applied. It is the
   * buffer's write until then: its entries stay before all that are added meanwhile, applied or not.
   *
   * 1. A park is sent with outcome 7. 2. Its reply is slow, and a sleep ends: the code continues, and 8 is to be written with a
   * child at once. 3. The park is refused, for a signal came. 4. If 8 were written, and 7 after it, no run could replay that log.
   */
  async tryWrite(write: (entries: readonly Entry[]) => Promise<boolean>): Promise<boolean> {
    while (this.#writing !== undefined) await this.#writing
    let made = false
    await this.#write(async (entries) => {
      made = await write(entries)
      return made
    })
    return made
  }

  /** Forgets what is held, and writes nothing more. */
  discard(): void {
    this.#discarded = true
    this.#stopTimer()
    this.#held = []
    this.#done = this.#count
  }

  /** Waits for the write in flight, and hands over what is still held, to ride with the run's last write. */
  async drain(): Promise<readonly Entry[]> {
    this.#stopTimer()
    while (this.#writing !== undefined) await this.#writing
    const left = this.#held
    this.discard()
    return left
  }

  #write(write: (entries: readonly Entry[]) => Promise<boolean | void>): Promise<unknown> {
    this.#stopTimer()
    const entries = this.#held
    this.#held = []
    this.#writing = this.#written(entries, write).finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #written(
    entries: readonly Entry[],
    write: (entries: readonly Entry[]) => Promise<boolean | void>,
  ): Promise<void> {
    try {
      if ((await write(entries)) !== false) this.#done += entries.length
      else this.#putBack(entries)
    } catch (error) {
      this.#failure = error
      throw error
    }
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
