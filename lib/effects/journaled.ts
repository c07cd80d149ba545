import {
  EffectRefused,
  LeaseholdError,
  PayloadTooLarge,
  StepFailed,
  StoreUnavailable,
} from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Entry, Outcome } from '../model/log.ts'
import { neverAskedFor, titleOf, type EffectCall } from '../model/replay.ts'
import { CommitBuffer } from './commit-buffer.ts'
import type { ProcessContext, StepContext } from './context.ts'
import { contextOf, inStepBody } from './ambient.ts'
import type { EffectController, EffectScope, RunPorts, Stop } from './controller.ts'
import { Replayer } from './replayer.ts'
import { toJson } from './serialise.ts'
import { Turns } from './turns.ts'

/**
 * The durable controller: an effect whose outcome is in the log is not run again, any other is run and recorded under
 * the owner's fence. Effects are matched by the order in which the code asks for them, and by name.
 */
export class JournaledEffectController implements EffectController {
  readonly name = 'JournaledEffectController'
  readonly durable: boolean

  /** `durable: false` journals without the promise: for tests and simulation on a registry in memory. */
  constructor(options: { durable: boolean } = { durable: true }) {
    this.durable = options.durable
  }

  begin(run: RunPorts): EffectScope {
    return new JournaledScope(run)
  }
}

/** What a body came to, with what only the run that ran it knows: its value in hand, the error it threw. */
type Ran = { readonly outcome: Outcome; readonly json?: Json; readonly cause?: unknown }

class JournaledScope implements EffectScope {
  readonly context: ProcessContext
  readonly stopped: Promise<Stop>
  readonly #run: RunPorts
  readonly #stop: (stop: Stop) => void
  readonly #turns: Turns
  readonly #replayer: Replayer
  readonly #buffer: CommitBuffer
  readonly #bodies = new Set<EffectCall>()
  #positions = 0
  #handingOver = false
  #closed = false

  constructor(run: RunPorts) {
    this.#run = run
    const { promise, resolve } = Promise.withResolvers<Stop>()
    this.stopped = promise
    this.#stop = resolve
    this.#turns = new Turns(run.clock)
    const onFailure = (error: unknown): void => this.#fail(error)
    this.#replayer = new Replayer(run.log, { turns: this.#turns, clock: run.clock, onMismatch: onFailure })
    this.#buffer = new CommitBuffer({
      commit: (entries) => run.journal.commit(entries),
      clock: run.clock,
      onFailure,
    })
    this.context = contextOf(run, {
      step: (name, body) => this.#step(name, body),
      replaying: () => !this.#replayer.over,
    })
  }

  async close(how: 'finished' | 'stopped'): Promise<readonly Entry[]> {
    this.#closed = true
    const skipped = this.#replayer.stop()
    const left = await this.#buffer.drain()
    if (how === 'finished' && skipped !== undefined && !this.context.cancelled)
      throw neverAskedFor(skipped, 'the end of the run')
    if (how === 'finished' && this.#bodies.size > 0) {
      // Their outcomes come too late to be recorded; what they did outside is done, and nobody waited for it.
      this.#run.say('the run ended while effects were running that it did not await', {
        effects: [...this.#bodies].map(titleOf),
      })
    }
    return left
  }

  async #step<T extends Json | void>(name: string, body: (step: StepContext) => Promise<T> | T): Promise<T> {
    const call = this.#call('step', name)
    const recorded = this.#replayer.recorded(call)
    if (recorded !== undefined) return (await this.#settled(call, await recorded)) as T
    await this.#replayer.finished(call)
    await this.#mayStart(call)
    this.#bodies.add(call)
    const ran = await this.#runBody(call, body)
    this.#bodies.delete(call)
    await this.#record(call, ran.outcome)
    this.#handOverWhenIdle()
    return (await this.#settled(call, ran.outcome, ran)) as T
  }

  #call(effect: 'step', name: string): EffectCall {
    const because = this.#closed
      ? 'the run has ended'
      : inStepBody.getStore() === undefined
        ? undefined
        : 'it was asked for inside the body of a step'
    if (because !== undefined)
      throw new EffectRefused({ effect: `${effect} ${JSON.stringify(name)}`, because })
    return { position: this.#positions++, effect, name }
  }

  /**
   * Settles when a body may start: all outcomes before it are durable, for its doings can be seen from outside. Where
   * the run cannot begin anything more it never settles, and the run stops instead.
   */
  async #mayStart(call: EffectCall): Promise<void> {
    if (this.context.cancelled) throw this.#run.abortSignal.reason
    if (!this.#run.mayBegin()) {
      this.#handingOver = true
      this.#handOverWhenIdle()
      await never()
    }
    try {
      await this.#buffer.flush()
    } catch (error) {
      this.#fail(error)
      await never()
    }
    if (this.#closed) throw new EffectRefused({ effect: titleOf(call), because: 'the run has ended' })
  }

  async #runBody(call: EffectCall, body: (step: StepContext) => unknown): Promise<Ran> {
    const step: StepContext = {
      idempotencyKey: `${this.#run.id}/${call.position}`,
      abortSignal: this.#run.abortSignal,
    }
    let json: Json | undefined
    try {
      const value = await inStepBody.run(call, async () => body(step))
      json = value === undefined ? undefined : toJson(value, `the value of ${titleOf(call)}`)
    } catch (error) {
      return { outcome: { ok: false, error: factsOf(error, 'step_failed') }, cause: error }
    }
    return json === undefined ? { outcome: { ok: true } } : this.#keep(call, json)
  }

  async #keep(call: EffectCall, json: Json): Promise<Ran> {
    try {
      return {
        outcome: { ok: true, value: await this.#run.journal.keep(json, `the value of ${titleOf(call)}`) },
        json,
      }
    } catch (error) {
      if (error instanceof PayloadTooLarge)
        return { outcome: { ok: false, error: factsOf(error, error.code) }, cause: error }
      // A store that does not take the value says nothing about the step: the run stops, and the step runs again.
      this.#fail(error)
      return never()
    }
  }

  /** Puts the outcome in the log's next write, in the turn in which the code sees it: both have one order. */
  async #record(call: EffectCall, outcome: Outcome): Promise<void> {
    // Nothing is recorded after the end, or by an owner that lost its lease: the code that waits here is over.
    if (this.#closed) await never()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turns.take(() => {
      if (this.#closed) return
      this.#buffer.hold({ type: 'effect', at: this.#run.clock.now(), ...call, outcome })
      resolve()
    })
    await promise
  }

  async #settled(call: EffectCall, outcome: Outcome, ran?: Ran): Promise<Json | undefined> {
    if (!outcome.ok) throw new StepFailed({ name: call.name, error: outcome.error }, ran?.cause)
    if (outcome.value === undefined) return undefined
    // A copy: what the author does to it must not change what is about to be written.
    return ran?.json === undefined ? this.#run.journal.load(outcome.value) : structuredClone(ran.json)
  }

  #handOverWhenIdle(): void {
    if (this.#handingOver && this.#bodies.size === 0) this.#stop({ kind: 'hand-over' })
  }

  #fail(error: unknown): void {
    const known =
      error instanceof LeaseholdError
        ? error
        : new StoreUnavailable({ operation: 'commit', tries: 1, reason: String(error) }, error)
    this.#stop({ kind: 'error', error: known })
  }
}

/**
 * What the author's code waits for when a run stops before the code does. The run is ended by an answer (`stopped`),
 * not by an error thrown into the code: its `catch` would take a hand-over for a failure, its `finally` for an end.
 */
function never(): Promise<never> {
  return new Promise(() => {})
}
