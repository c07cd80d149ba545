import { EffectRefused, LeaseholdError, StoreUnavailable } from '../model/errors.ts'
import { STAY_MS } from '../model/limits.ts'
import type { Json } from '../model/json.ts'
import type { EffectKind, Entry, Outcome } from '../model/log.ts'
import { neverAskedFor, titleOf, type EffectCall } from '../model/replay.ts'
import { CommitBuffer } from './commit-buffer.ts'
import type { RunPorts, Stop } from './controller.ts'
import { Inbox } from './inbox.ts'
import { Parking } from './parking.ts'
import { cancelledOutcome, isEnd, never, place } from './place.ts'
import { Replayer } from './replayer.ts'
import { Turns } from './turns.ts'
import { Waits, type Wait } from './waits.ts'

/**
 * One run of a process under its journal: what every effect is made of. An effect takes a position (`call`), asks for
 * its recorded outcome, and where there is none waits until it may start (`ready`), does its work, and records what it
 * came to (`record`). A run is in one of these states:
 *
 *   replaying ──all recorded outcomes delivered──► live ──every branch waits──► parked
 *       │                                           ├──too little time, no body running──► handing over
 *       └──code asks for another effect──► stopped ◄┴──lease lost, store away
 */
export class Run {
  readonly ports: RunPorts
  readonly inbox: Inbox
  readonly stopped: Promise<Stop>
  readonly #stop: (stop: Stop) => void
  readonly #turns: Turns
  readonly #replayer: Replayer
  readonly #buffer: CommitBuffer
  readonly #waits: Waits
  readonly #parking: Parking
  /** Effects between their call and their wait, body or outcome: while there are any, the run is not idle. */
  readonly #busy = new Set<EffectCall>()
  #positions = 0
  #handingOver = false
  #closed = false

  constructor(ports: RunPorts) {
    this.ports = ports
    const { promise, resolve } = Promise.withResolvers<Stop>()
    this.stopped = promise
    this.#stop = resolve
    this.inbox = new Inbox(ports.log)
    this.#turns = new Turns(ports.clock)
    this.#waits = new Waits(ports.clock)
    const onFailure = (error: unknown): void => this.fail(error)
    this.#replayer = new Replayer(ports.log, {
      turns: this.#turns,
      clock: ports.clock,
      onMismatch: onFailure,
    })
    this.#buffer = new CommitBuffer({
      commit: (entries) => ports.journal.commit(entries),
      clock: ports.clock,
      onFailure,
    })
    this.#parking = new Parking({
      clock: ports.clock,
      journal: ports.journal,
      buffer: this.#buffer,
      waits: this.#waits,
      activity: () => `${this.#positions}/${this.#turns.passed}/${this.#busy.size}`,
      idle: () =>
        !this.#closed && !this.replaying && !this.#handingOver && !this.#turns.busy && this.#busy.size === 0,
      onParked: (dueAt) => this.#parked(dueAt),
      onFailure,
    })
    ports.journal.onArrival((entries) => {
      this.inbox.add(entries)
      if (!this.#closed) this.#waits.look()
    })
    ports.abortSignal.addEventListener('abort', () => this.#onAbort(), { once: true })
  }

  get replaying(): boolean {
    return !this.#replayer.over
  }

  /** Asked to cancel, or out of time, and not in a section that goes on all the same. */
  get cancelled(): boolean {
    return isEnd(this.ports.abortSignal.reason) && place.getStore()?.shielded !== true
  }

  /** Takes the next position. Throws `EffectRefused` inside a step's body and after the end. */
  call(effect: EffectKind, name: string): EffectCall {
    this.refuseMisuse(effect, name)
    return { position: this.#positions++, effect, name }
  }

  refuseMisuse(effect: EffectKind, name: string): void {
    const because = this.#closed
      ? 'the run has ended'
      : place.getStore()?.inStep === true
        ? 'it was asked for inside the body of a step'
        : undefined
    if (because !== undefined)
      throw new EffectRefused({ effect: `${effect} ${JSON.stringify(name)}`, because })
  }

  recorded(call: EffectCall): Promise<Outcome> | undefined {
    return this.#replayer.recorded(call)
  }

  /** An effect that answers at once: its recorded value, or one that is made and recorded now. */
  instant(effect: EffectKind, name: string, make: () => Json): Json {
    const call = this.call(effect, name)
    const outcome = this.#replayer.instant(call)
    if (outcome !== undefined)
      return outcome.ok && outcome.value !== undefined && 'value' in outcome.value
        ? outcome.value.value
        : null
    const value = make()
    this.note({
      type: 'effect',
      at: this.ports.clock.now(),
      ...call,
      outcome: { ok: true, value: { value } },
    })
    return value
  }

  /** Is this effect recorded at the next position? The position is not taken. */
  recordedNext(effect: EffectKind, name: string): boolean {
    return this.#replayer.holds({ position: this.#positions, effect, name })
  }

  /**
   * Settles when an effect may start, and answers undefined; or answers the outcome of one that may not, since the
   * process was asked to cancel. That refusal is recorded as any outcome is: a re-run must be refused at the same place.
   */
  async ready(call: EffectCall): Promise<Outcome | undefined> {
    this.#busy.add(call)
    await this.#replayer.finished(call)
    if (this.cancelled) return cancelledOutcome(this.ports.abortSignal.reason)
    if (this.ports.mayBegin()) return undefined
    this.#busy.delete(call)
    this.#handingOver = true
    this.#handOverWhenIdle()
    return never()
  }

  /** All outcomes so far are durable: what comes next can be seen from outside. */
  async durable(): Promise<void> {
    try {
      await this.#buffer.flush()
    } catch (error) {
      this.fail(error)
      await never()
    }
    if (this.#closed) await never()
  }

  /** Adds an entry that is no outcome to the next write. */
  note(entry: Entry): void {
    if (!this.#closed) this.#buffer.hold(entry)
  }

  /** Puts the outcome in the log's next write, in the turn in which the code sees it: both have one order. */
  async record(
    call: EffectCall,
    outcome: Outcome,
    write?: (entries: readonly Entry[]) => Promise<void>,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turns.take(async () => {
      // Nothing is recorded after the end, or by an owner that lost its lease: the code that waits here is over.
      if (this.#closed) return
      const entry: Entry = { type: 'effect', at: this.ports.clock.now(), ...call, outcome }
      if (write === undefined) this.#buffer.hold(entry)
      else if (!(await this.#wrote(entry, write))) return
      this.#busy.delete(call)
      resolve()
    })
    await promise
    this.#handOverWhenIdle()
  }

  /** Waits for something from outside or for a time, and records what came. */
  async wait(wait: Omit<Wait, 'shielded'>, options: { begin: boolean }): Promise<Outcome> {
    const { call } = wait
    const dueAt = wait.dueAt()
    // A wait that is over in this run need not be remembered: after a crash it starts anew, and so is never too short.
    const lasts = dueAt !== undefined && dueAt - this.ports.clock.now() > STAY_MS
    if (options.begin && lasts && !this.inbox.begun.has(call.position)) {
      this.note({ type: 'begin', at: this.ports.clock.now(), ...call, dueAt })
    }
    const waiting = this.#waits.add({ ...wait, shielded: place.getStore()?.shielded === true })
    this.#busy.delete(call)
    this.#parking.consider()
    const outcome = await waiting
    this.#busy.add(call)
    return outcome
  }

  fail(error: unknown): void {
    const known =
      error instanceof LeaseholdError
        ? error
        : new StoreUnavailable({ operation: 'commit', tries: 1, reason: String(error) }, error)
    this.#stop({ kind: 'error', error: known })
  }

  async close(how: 'finished' | 'stopped'): Promise<readonly Entry[]> {
    this.#closed = true
    this.#waits.stop()
    const skipped = this.#replayer.stop()
    const left = await this.#buffer.drain()
    if (how === 'stopped') return left
    if (skipped !== undefined && !isEnd(this.ports.abortSignal.reason))
      throw neverAskedFor(skipped, 'the end of the run')
    if (this.#busy.size > 0) {
      // Their outcomes come too late to be recorded; what they did outside is done, and nobody waited for it.
      this.ports.say('the run ended while effects were running that it did not await', {
        effects: [...this.#busy].map(titleOf),
      })
    }
    return left
  }

  async #wrote(entry: Entry, write: (entries: readonly Entry[]) => Promise<void>): Promise<boolean> {
    try {
      await this.#buffer.writeWith(entry, write)
      return true
    } catch (error) {
      this.fail(error)
      return false
    }
  }

  #parked(dueAt: number | undefined): void {
    this.#closed = true
    this.#waits.stop()
    this.#stop({ kind: 'parked', dueAt })
  }

  #onAbort(): void {
    if (!this.#closed && isEnd(this.ports.abortSignal.reason))
      this.#waits.cancel(cancelledOutcome(this.ports.abortSignal.reason))
  }

  #handOverWhenIdle(): void {
    if (this.#handingOver && this.#busy.size === 0) this.#stop({ kind: 'hand-over' })
    else this.#parking.consider()
  }
}
