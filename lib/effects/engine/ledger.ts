import { JournalFull } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import { JOURNAL_ENTRIES_MAX } from '../../model/limits.ts'
import type { Entry, Outcome } from '../../model/log.ts'
import type { EffectCall } from '../../model/replay.ts'
import type { AtWork } from './at-work.ts'
import { CommitBuffer } from './commit-buffer.ts'
import type { RunPorts } from '../controller.ts'
import type { LoadedOutcome } from '../loaded-outcome.ts'
import type { Turns } from './turns.ts'

export type Recording = {
  /** The value in hand, which need not be loaded then. */
  readonly json?: Json | undefined
  /** A write of the effect's own, at once, with all that is held and the outcome at its end. Answers what was written. */
  readonly write?: ((entries: readonly Entry[]) => Promise<Outcome>) | undefined
}

type LedgerPorts = {
  readonly run: Pick<RunPorts, 'id' | 'clock' | 'journal'>
  readonly turns: Turns
  readonly atWork: AtWork
  /** Entries of the process's own code that the log had when the run began. */
  readonly entries: number
  /** Gets the value of an outcome; undefined where it could not, which it has reported then. Never rejects. */
  readonly load: (call: EffectCall, outcome: Outcome) => Promise<LoadedOutcome | undefined>
  readonly onFailure: (error: unknown) => void
}

/** What a run adds to its log: each outcome in the turn in which the code sees it, so that both have one order. */
export class Ledger {
  readonly buffer: CommitBuffer
  readonly #ports: LedgerPorts
  #entries: number
  #closed = false

  constructor(ports: LedgerPorts) {
    this.#ports = ports
    this.#entries = ports.entries
    const { clock, journal } = ports.run
    this.buffer = new CommitBuffer({
      commit: (entries) => journal.commit(entries),
      clock,
      onFailure: ports.onFailure,
    })
  }

  /** As many entries as one journal may hold. */
  get full(): boolean {
    return this.#entries >= JOURNAL_ENTRIES_MAX
  }

  /** Ends the run for that, and answers why. */
  overflow(): JournalFull {
    const error = new JournalFull({ id: this.#ports.run.id, entries: this.#entries })
    this.#ports.onFailure(error)
    return error
  }

  /** Adds an entry to the next write, without waiting for it. */
  note(entry: Entry): void {
    if (this.#closed) return
    this.#entries += 1
    this.buffer.hold(entry)
    if (entry.type === 'attempt') this.#ports.atWork.recorded(entry.position)
  }

  /** Records an outcome, and delivers it to the code. Never settles if the run has ended or stopped. */
  record(call: EffectCall, outcome: Outcome, recording: Recording = {}): Promise<LoadedOutcome> {
    const { promise, resolve } = Promise.withResolvers<LoadedOutcome>()
    this.#ports.turns.take(async () => {
      // Nothing is recorded after the end, or by an owner that lost its lease: the code that waits here never continues.
      if (this.#closed) return
      const written = await this.#write(call, outcome, recording)
      if (written === undefined) return
      const { json } = recording
      const loaded = json === undefined ? await this.#ports.load(call, written) : { outcome: written, json }
      if (loaded !== undefined) resolve(loaded)
    })
    return promise
  }

  /** Records nothing more, and hands over what is still held, to ride with the run's last write. */
  close(): Promise<readonly Entry[]> {
    this.#closed = true
    return this.buffer.drain()
  }

  /** Records nothing more, and forgets what is held: the process is another's, who will come to the same by itself. */
  discard(): void {
    this.#closed = true
    this.buffer.discard()
  }

  async #write(call: EffectCall, outcome: Outcome, { write }: Recording): Promise<Outcome | undefined> {
    const entry: Entry = { type: 'effect', at: this.#ports.run.clock.now(), ...call, outcome }
    this.#entries += 1
    if (write === undefined) {
      this.buffer.hold(entry)
      this.#ports.atWork.recorded(call.position)
      return outcome
    }
    let written: Outcome | undefined
    try {
      await this.buffer.writeWith(entry, async (entries) => {
        written = await write(entries)
      })
    } catch (error) {
      this.#ports.onFailure(error)
    }
    return written
  }
}
