import { AsyncLocalStorage } from 'node:async_hooks'
import { effectPromises, effectScope } from '../effects/engine/effect-scope.ts'
import type { Clock } from '../model/clock.ts'
import type { Json } from '../model/json.ts'
import { STRAYS_REPORTED_MAX } from '../model/limits-errors.ts'
import type { Telemetry } from '../telemetry/port.ts'
import { placeOf } from '../telemetry/stacks.ts'
import type { RunningStep } from '../model/lease.ts'
import type { Site } from '../model/site.ts'
import type { SegmentFacts } from '../telemetry/run-lines.ts'
import { isPromise } from '../model/realm.ts'

type StraysPorts = {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly facts: SegmentFacts
  readonly steps: { readonly current: RunningStep | undefined; readonly site: Site | undefined }
}

const running = new AsyncLocalStorage<Strays>()
/** The runs of this program, for the line that names them. A run that a test kills is never closed. */
const held = new Set<WeakRef<Strays>>()
const HELD_BEFORE_PRUNING = 256
let watching = false

/**
 * The rejections of one run that no code handles, or not yet. Each stays with its run: the worker and the runs beside it continue.
 *
 *   const refund = refundAll(context)   // rejects while the next line waits
 *   await context.step('mail', …)       // Node reports the rejection here
 *   await refund                        // and the code handles it here
 *
 * One that is still unhandled at the end of the run is reported, with the stack of the author's code. It does not decide how
 * the process ends: the code does, and by the same values in every run.
 */
export class Strays {
  readonly #ports: StraysPorts
  readonly #open = new Map<unknown, { readonly reason: unknown; readonly inStep: boolean }>()
  readonly #self = new WeakRef<Strays>(this)
  /** Set when the run has ended. */
  #closed: { readonly suspended: boolean } | undefined
  #reported = 0

  constructor(ports: StraysPorts) {
    this.#ports = ports
    watch()
    if (held.size >= HELD_BEFORE_PRUNING)
      for (const each of held) if (each.deref() === undefined) held.delete(each)
    held.add(this.#self)
  }

  get described(): { [key: string]: Json } {
    const { facts, steps } = this.#ports
    const { id, kind } = facts
    const step = steps.current
    const at = placeOf(steps.site)
    return {
      id,
      kind,
      ...(step !== undefined && { step: step.name, attempt: step.attempt }),
      ...(at !== undefined && { at }),
    }
  }

  get telemetry(): Telemetry {
    return this.#ports.telemetry
  }

  /** Calls the author's code: its rejections are this run's from here on. */
  run<T>(code: () => T): T {
    return running.run(this, code)
  }

  take(promise: unknown, reason: unknown, inStep: boolean): void {
    if (this.#closed === undefined) this.#open.set(promise, { reason, inStep })
    else if (inStep || !this.#closed.suspended) this.#report(reason)
  }

  handled(promise: unknown): boolean {
    return this.#open.delete(promise)
  }

  /**
   * `suspended`: another run executes the code again, and may handle there what it has not handled here. Only the body of a
   * step does not run again.
   */
  async close({ suspended }: { suspended: boolean }): Promise<void> {
    // Node says that a rejection is handled in the turn after that.
    if (this.#open.size > 0) await this.#ports.clock.turn()
    this.#closed = { suspended }
    held.delete(this.#self)
    for (const { reason, inStep } of this.#open.values()) if (inStep || !suspended) this.#report(reason)
    this.#open.clear()
  }

  #report(reason: unknown): void {
    const { telemetry, facts } = this.#ports
    telemetry.count('StrayRejection', 1, facts)
    this.#reported += 1
    if (this.#reported <= STRAYS_REPORTED_MAX)
      telemetry.error('the code of a process left a rejection unhandled; await the promise', reason, facts)
  }
}

/**
 * Contains the rejections of runs, and leaves each other one to the program. Node asks `process.emit` whether anything has
 * handled a rejection, and Lambda's runtime is a listener of that event which ends the worker. Listeners cannot stop each
 * other, so the question itself is answered here for the rejections of runs.
 */
function watch(): void {
  if (watching) return
  watching = true
  const emit = process.emit.bind(process) as (event: string | symbol, ...args: unknown[]) => boolean
  process.emit = ((event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'unhandledRejection') {
      const [reason, promise] = args
      // Node calls this in the context of the code that rejected.
      const run = running.getStore()
      if (run === undefined) nameHeld('a rejection outside of all runs may end this worker', reason)
      else if (!isEffect(promise)) run.take(promise, reason, effectScope.getStore()?.inStep === true)
      if (run !== undefined) return true
    }
    if (event === 'rejectionHandled' && (isEffect(args[0]) || ofARun(args[0]))) return true
    return emit(event, ...args)
  }) as typeof process.emit
  let named = false
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    named = true
    if (origin === 'uncaughtException') nameHeld('an error that no code caught may end this worker', error)
  })
  process.on('exit', (code) => {
    // Its stack has the code that asked for the exit.
    if (!named) nameHeld('the worker exits while it holds processes', new Error(`exit code ${code}`))
  })
}

/** Its failure is in the journal, and the code may await it or not. */
function isEffect(promise: unknown): boolean {
  return isPromise(promise) && effectPromises.has(promise)
}

function ofARun(promise: unknown): boolean {
  for (const each of held) if (each.deref()?.handled(promise) === true) return true
  return false
}

/** One line for each telemetry, which runs of a program usually share. */
function nameHeld(message: string, error: unknown): void {
  const runs = [...held].map((each) => each.deref()).filter((run) => run !== undefined)
  const own = running.getStore()
  for (const [telemetry, of] of Map.groupBy(runs, (run) => run.telemetry)) {
    const thrownBy = own?.telemetry === telemetry ? own.described : {}
    telemetry.error(message, error, { ...thrownBy, held: of.map((run) => run.described) })
  }
}
