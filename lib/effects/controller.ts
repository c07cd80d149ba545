import type { EffectsWait } from '../model/arrivals.ts'
import type { Chance, Clock, EpochMs } from '../model/clock.ts'
import type { LeaseholdError, RegistrationConflict } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { Concurrency } from '../model/registration.ts'
import type { Entry, LogEntry, Payload } from '../model/log.ts'
import type { Output } from '../model/record.ts'
import type { FenceCheck } from '../model/fence-check.ts'
import type { Site } from '../model/site.ts'
import type { ChildOptions, ProcessContext } from './context.ts'
import type { ChildDefinition, EventSchemas } from './context.ts'

/** Where a durable controller records outcomes: under the owner's fence, so a stale owner's calls throw `LeaseLost`. */
export interface Journal {
  commit(entries: readonly Entry[]): Promise<void>
  /** Stores a value out of line where it is too big to ride in the log. Throws `PayloadTooLarge`. */
  keep(value: Json, what: string): Promise<Payload>
  load(payload: Payload): Promise<Json>
  /**
   * Gives the process up until one of its waits ends. `false`: an arrival came meanwhile, nothing was written, and the
   * listener has got the arrivals.
   */
  park(
    entries: readonly Entry[],
    wait: Omit<EffectsWait, 'for'> & { readonly dueAt: EpochMs | undefined },
  ): Promise<boolean>
  /** Appends entries and registers a child in one write. Throws `InvalidInput` and its kin where the child is refused. */
  startChild(entries: readonly Entry[], child: ChildStart): Promise<ChildStartResult>
  /** The output of a child that has ended. */
  childOutput(id: ProcessId): Promise<Output>
  /** Makes a callback's token known, before anyone can come back with it. */
  openCallback(position: number, token: string): Promise<void>
  lastHeartbeat(position: number): Promise<EpochMs | undefined>
  /** Entries that others append during the run: signals, replies, children's ends. */
  onArrival(listener: (entries: readonly LogEntry[]) => void): void
  fence(): FenceCheck
}

/** How the start of a child came out: refused where its parent was asked to cancel, or its id is another process's. */
export type ChildStartResult = 'started' | 'cancelled' | RegistrationConflict

export type ChildStart = {
  readonly id: ProcessId
  readonly definition: ChildDefinition
  readonly input: Json
  readonly options: ChildOptions
  /** Where the code starts it. */
  readonly site: Site | undefined
}

/** `of`: as many as there may be. `dueAt`: when the next begins, if there is one. */
type FailedAttempt = {
  readonly step: string
  readonly attempt: number
  readonly of: number
  readonly dueAt?: EpochMs | undefined
}

/** `entry`: its number in the log. */
type RefusedSignal = { readonly signal: string; readonly entry: number }

/** What one run of a process gives its effects. */
export type RunPorts = {
  readonly id: ProcessId
  readonly kind: string
  readonly attempt: number
  /** Of the definition that the process was started with. */
  readonly version: string | undefined
  /** The limit on the process's time; 0 where it has none. */
  readonly timeoutMs: number
  /** The key that the process has a place under. */
  readonly concurrency?: Concurrency | undefined
  /** All entries recorded before this run. */
  readonly log: readonly LogEntry[]
  readonly events: EventSchemas
  readonly journal: Journal
  readonly clock: Clock
  readonly chance: Chance
  readonly abortSignal: AbortSignal
  /** Fires if the run can continue in no section: its lease is lost, or its host wants the worker back. */
  readonly haltSignal: AbortSignal
  /** Fires at the end of the run, for bodies that still run then. */
  readonly overSignal: AbortSignal
  /** Throws `LeaseLost` if the lease has expired: a worker that stood still may have nothing to write, and late timers. */
  readonly expectHeld: () => void
  /** False once too little of the invocation is left to begin another effect. */
  readonly mayBegin: () => boolean
  readonly remainingMs: () => number | undefined
  /** Runs an attempt's body, and measures it for traces and for the watch of the run. */
  readonly traceStep: (
    step: { readonly name: string; readonly attempt: number; readonly site: Site | undefined },
    body: () => Promise<unknown>,
  ) => Promise<unknown>
  readonly say: (message: string, facts?: { readonly [key: string]: Json }) => void
  readonly warn: (message: string, facts: { readonly [key: string]: Json }, error?: unknown) => void
  /** One line and one count for a signal that the schema of its wait refused. */
  readonly sayRefused: (signal: RefusedSignal, error: LeaseholdError, wait: Site | undefined) => void
  /** A place in the author's code as `file:line:column`. Undefined if the stack does not lead there. */
  readonly placeOf: (site: Site | undefined) => string | undefined
  /** One line for an attempt of a step that failed, with the error that the author's code threw, or the place of the step. */
  readonly sayFailed: (thrown: unknown, attempt: FailedAttempt, step: Site | undefined) => void
}

/** Why effects will not continue in this run, though the author's code still waits for one. */
export type RunStop =
  /** Too little time is left, and no body is running: park, and continue in another invocation. */
  | { readonly kind: 'hand-over' }
  /** Every branch waits, and the process is parked already. */
  | { readonly kind: 'parked'; readonly dueAt: EpochMs | undefined }
  /** The run cannot continue here; the error's `next` decides about the process. */
  | { readonly kind: 'error'; readonly error: LeaseholdError }

/** The effects of one run. */
export interface RunEffects {
  readonly context: ProcessContext
  /**
   * Settles when the effects stop before the author's code does. Effects that the code still awaits stay unsettled: rejecting
   * would let its `catch` or `finally` see a failure that never happened.
   */
  readonly stopped: Promise<RunStop>
  /**
   * Ends the scope once the author's code has returned, thrown or been stopped: later effects are refused. Answers the
   * outcomes that are not written yet, to ride with the last write. Throws `NonDeterminism` where the code returned
   * although its journal holds effects that it never asked for.
   */
  close(how: 'finished' | 'stopped'): Promise<readonly Entry[]>
  /**
   * After `close('stopped')`: what the run was in the middle of, by name. Another run would do it a second time, since no
   * entry holds it. Empty where the run stopped between two effects.
   */
  interrupted(): readonly string[]
}

/** How effects are made durable, or not: the worker runs the same code on any of these. */
export interface EffectController {
  readonly name: string
  /** A durable controller is refused a registry that is not (`DurabilityMismatch`). */
  readonly durable: boolean
  begin(run: RunPorts): RunEffects
}
