import { isEnd } from '../../model/failure.ts'
import type { ProcessId } from '../../model/ids.ts'
import { ownEntries } from '../../model/journal.ts'
import type { Json } from '../../model/json.ts'
import { STAY_MS } from '../../model/limits.ts'
import type { EffectKind, Entry, InstantKind, Outcome } from '../../model/log.ts'
import { neverAskedFor, type EffectCall } from '../../model/replay.ts'
import type { RunPorts } from '../controller.ts'
import { AtWork } from './at-work.ts'
import { Inbox } from './inbox.ts'
import { Ledger, type Recording } from './ledger.ts'
import { refuseMisuse } from '../misuse.ts'
import { Parking } from './parking.ts'
import { cancelledOutcome, never, onEnd, effectScope } from './effect-scope.ts'
import { Replayer } from './replayer.ts'
import { Sites } from './sites.ts'
import { outcomeLoader, type LoadedOutcome } from '../loaded-outcome.ts'
import { Stopping } from '../stopping.ts'
import { Turns } from './turns.ts'
import { reportUnawaited } from './unawaited.ts'
import { Waits, type PendingWait } from './waits.ts'

/**
 * One run of a process under its journal: what every effect is made of. An effect takes a position (`call`), asks for
 * its recorded outcome, and where there is none waits until it may start (`ready`), does its work, and records what it
 * came to (`record`). A run is in one of these states:
 *
 *   replaying ──all recorded outcomes delivered──► live ──every branch waits──► parked
 *       │                                           ├──too little time, no body running──► handing over
 *       └──code asks for another effect──► stopped ◄┴──lease lost, store away, journal full
 */
export class Run {
  readonly ports: RunPorts
  readonly inbox: Inbox
  /** Those that this process has started, as far as this run has come. */
  readonly children = new Map<ProcessId, { readonly behind: boolean }>()
  readonly atWork = new AtWork()
  readonly sites = new Sites()
  readonly #stopping = new Stopping()
  readonly stopped = this.#stopping.stopped
  readonly #turns: Turns
  readonly #replayer: Replayer
  readonly #ledger: Ledger
  readonly #waits: Waits
  readonly #parking: Parking
  /** Effects between their call and their wait, body or outcome: while there are any, the run is not idle. */
  readonly #busy = new Set<EffectCall>()
  /** The highest position that the log knew of when the run began. */
  readonly #known: number
  #positions = 0
  #handingOver = false
  /** `finished` by the author's code; `left` if another run continues the process. */
  #over: 'finished' | 'left' | undefined

  constructor(ports: RunPorts) {
    this.ports = ports
    this.inbox = new Inbox(ports.log)
    this.#turns = new Turns(ports.clock)
    const { clock, journal } = ports
    const { count, last } = ownEntries(ports.log)
    this.#known = last
    const onFailure = this.fail
    const shared = { onFailure, turns: this.#turns, load: outcomeLoader(journal, this.inbox, onFailure) }
    this.#waits = new Waits({ clock, onFailure, onRest: () => this.#parking.consider() })
    this.#replayer = new Replayer({ ...shared, run: ports, inbox: this.inbox, onMismatch: onFailure })
    this.#ledger = new Ledger({ ...shared, run: ports, entries: count, atWork: this.atWork })
    this.#parking = new Parking({
      clock,
      journal,
      buffer: this.#ledger.buffer,
      waits: this.#waits,
      activity: () => `${this.#positions}/${this.#turns.passed}/${this.#busy.size}`,
      idle: () => this.#idle,
      onParked: (dueAt) => this.#parked(dueAt),
      onFailure,
    })
    journal.onArrival((entries) => {
      this.inbox.add(entries)
      if (this.#over === undefined) this.#waits.arrived(entries)
    })
    onEnd(ports.abortSignal, (outcome) => {
      if (this.#over === undefined) this.#waits.cancel(outcome)
    })
  }

  /** What code is left here is to wait for what never comes: its `catch` must not see an end that is none. */
  get left(): boolean {
    return this.#over === 'left'
  }

  get replaying(): boolean {
    return !this.#replayer.over
  }

  /** Asked to cancel, or out of time, and not in a shielded section. */
  get cancelled(): boolean {
    return isEnd(this.ports.abortSignal.reason) && effectScope.getStore()?.shielded !== true
  }

  /** Takes the next position. Throws as `refuseMisuse`. */
  call(effect: EffectKind, name: string): EffectCall {
    this.refuseMisuse(effect, name)
    return this.sites.kept({ position: this.#positions++, effect, name })
  }

  refuseMisuse(effect: EffectKind, name: string): void {
    refuseMisuse(effect, name, this.#over === undefined ? undefined : this.ports)
  }

  recorded(call: EffectCall): Promise<LoadedOutcome> | undefined {
    return this.#replayer.recorded(call)
  }

  /** An effect that returns at once: its recorded value, or one that is made and recorded now. */
  instant(effect: InstantKind, name: string, make: () => Json): Json {
    const call = this.call(effect, name)
    const outcome = this.#replayer.instant(call)
    if (outcome !== undefined)
      return outcome.ok && outcome.value !== undefined && 'value' in outcome.value
        ? outcome.value.value
        : null
    // It cannot wait, so code that asks for these without end has to be thrown out of its loop.
    if (this.#ledger.full) throw this.#ledger.overflow()
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

  /** True where an earlier run has come to the next position, or past it: an effect there has begun, or ended. */
  get beenHere(): boolean {
    return this.#known >= this.#positions
  }

  /**
   * Settles when an effect may start, and answers undefined; or answers the outcome of one that may not, since the
   * process was asked to cancel. That refusal is recorded as any outcome is: a re-run must be refused at the same place.
   */
  async ready(call: EffectCall): Promise<Outcome | undefined> {
    this.#busy.add(call)
    await this.#replayer.finished(call)
    if (this.#over !== undefined) return never()
    if (this.#ledger.full) {
      this.#ledger.overflow()
      return never()
    }
    if (this.cancelled) return cancelledOutcome(this.ports.abortSignal.reason)
    if (this.ports.mayBegin()) return undefined
    this.#busy.delete(call)
    this.#handingOver = true
    this.#handOverWhenIdle()
    return never()
  }

  /** All outcomes so far are durable, and the process is still this run's: what comes next can be seen from outside. */
  async durable(): Promise<void> {
    try {
      await this.#turns.pace.next()
      await this.#parking.decided
      await this.#ledger.buffer.flush()
      this.ports.expectHeld()
    } catch (error) {
      this.fail(error)
      await never()
    }
    if (this.#over !== undefined || this.ports.haltSignal.aborted) await never()
  }

  /** What the run is in the middle of. Code that was stopped for what it asked has nothing of its own left to do. */
  interrupted = (): readonly string[] => this.atWork.names({ codeToo: this.#stopping.failure === undefined })

  note(entry: Entry): void {
    this.#ledger.note(entry)
  }

  /** Puts the outcome in the log's next write, in the turn in which the code sees it: both have one order. */
  async record(call: EffectCall, outcome: Outcome, recording?: Recording): Promise<LoadedOutcome> {
    const loaded = await this.#ledger.record(call, outcome, recording)
    this.#busy.delete(call)
    this.#handOverWhenIdle()
    return loaded
  }

  /** Waits for something from outside or for a time. */
  async wait(wait: Omit<PendingWait, 'shielded'>, options: { begin: boolean }): Promise<Outcome> {
    const { call } = wait
    if (this.cancelled) return cancelledOutcome(this.ports.abortSignal.reason)
    const dueAt = wait.dueAt()
    // A wait that ends in this run need not be recorded: after a crash it starts anew, and so is never too short.
    const lasts = dueAt !== undefined && dueAt - this.ports.clock.now() > STAY_MS
    if (options.begin && lasts && !this.inbox.begun.has(call.position)) {
      this.note({ type: 'begin', at: this.ports.clock.now(), ...call, dueAt })
    }
    const waiting = this.#waits.add({ ...wait, shielded: effectScope.getStore()?.shielded === true })
    this.#busy.delete(call)
    this.#handOverWhenIdle()
    const outcome = await waiting
    this.#busy.add(call)
    return outcome
  }

  readonly fail = (error: unknown): void => this.#stopping.fail(error)

  async close(how: 'finished' | 'stopped'): Promise<readonly Entry[]> {
    this.#over = how === 'finished' ? 'finished' : 'left'
    const open = { busy: [...this.#busy], waits: this.#waits.calls }
    this.#waits.stop()
    const skipped = this.#replayer.stop()
    await this.#parking.decided
    const left = await this.#ledger.close()
    if (how === 'stopped') return left
    // Code may continue for a moment after its run has failed. Its return is not the end of the process.
    if (this.#stopping.failure !== undefined) throw this.#stopping.failure
    if (skipped !== undefined && !isEnd(this.ports.abortSignal.reason))
      throw neverAskedFor(skipped, 'the end of the run')
    reportUnawaited(this.ports, this, open)
    return left
  }

  get #idle(): boolean {
    return (
      this.#over === undefined &&
      !this.replaying &&
      !this.#handingOver &&
      !this.#turns.busy &&
      this.#busy.size === 0
    )
  }

  #parked(dueAt: number | undefined): void {
    this.#over = 'left'
    this.#waits.stop()
    this.#ledger.discard()
    this.#stopping.stop({ kind: 'parked', dueAt })
  }

  #handOverWhenIdle(): void {
    if (this.#handingOver && this.#busy.size === 0) this.#stopping.stop({ kind: 'hand-over' })
    else this.#parking.consider()
  }
}
