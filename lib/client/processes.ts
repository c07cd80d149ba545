import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ChildDefinition } from '../effects/context.ts'
import type { Duration } from '../model/duration.ts'
import type { LeaseholdError } from '../model/errors.ts'
import type { Seq } from '../model/ids.ts'
import type { Json, JsonCheck, Refused } from '../model/json.ts'
import type { FailingStep } from '../model/journal.ts'
import type { LeaseHolder } from '../model/lease.ts'
import type { LogEntry } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { Output, ProcessRow } from '../model/record.ts'
import type { RegistrationInput, StartOption } from '../model/registration.ts'
import type { ListedProcess, ListQuery, Page } from '../registry/port.ts'

/** Fields of the row that a reader may see. A new field is shown only after an engineer adds it here. */
export const PUBLIC_FIELDS = [
  'id',
  'kind',
  'status',
  'recovery',
  'scope',
  'provenance',
  'limits',
  'parent',
  'startAt',
  'concurrency',
  'urgent',
  'version',
  'events',
  'input',
  'fence',
  'seq',
  'stalls',
  'wait',
  'dueAt',
  'cancel',
  'abandon',
  'children',
  'output',
  'retriedBy',
  'createdAt',
  'startedAt',
  'endedAt',
] as const satisfies readonly (keyof ProcessRow)[]

/**
 * A process as readers see it: the record without the fields that only owners use (tokens, hashes, the tail of the log).
 * Of an input or output that is stored apart it has the size only; `result` loads an output.
 */
export type ProcessView = Pick<ProcessRow, (typeof PUBLIC_FIELDS)[number]> & {
  /** Of a running process, if `get` was asked to include it (C72). */
  readonly lease?: LeaseHolder
  /**
   * Of an open process, from `get`: names of signals that no wait of it has taken, each once. Only the newest entries are
   * looked at, those that the row itself holds.
   */
  readonly unread?: readonly string[]
  /** Of an open process, from `get`: the step that failed last and is tried again, with its error. As far back as `unread`. */
  readonly failing?: FailingStep
}

/** `include: 'lease'` costs a second read, and only for a running process. */
export type GetOptions = { readonly include?: 'lease' }

/** The options of a start besides its input. The definition has the others. */
export type StartOptions = Pick<RegistrationInput, StartOption> & {
  readonly id: string
  /** For recovery `external`, which needs one: the secret that will complete it, 16 to 256 characters. Kept as a hash only. */
  readonly completionToken?: string
}

/** One of many starts. */
export type StartOf<Definition extends ChildDefinition> = StartOptions & {
  readonly input: StandardSchemaV1.InferInput<Definition['input']>
}

/** The result of one of many starts. `created` is false if the same registration was stored before. */
export type StartReply =
  | { readonly id: string; readonly ok: true; readonly created: boolean; readonly process: ProcessView }
  | { readonly id: string; readonly ok: false; readonly error: LeaseholdError }

/** An output whose value has the type that its definition's schema makes. */
export type OutputOf<Definition extends ChildDefinition> =
  | { readonly outcome: 'success'; readonly value: StandardSchemaV1.InferOutput<Definition['output']> }
  | Exclude<Output, { outcome: 'success' }>

export type ResultOptions = { readonly timeout?: Duration }
export type FollowOptions = {
  /** Entries above this number. Default 0: all of them. */
  readonly after?: Seq
  /** The longest time without an entry. Default: no limit. */
  readonly timeout?: Duration
  /** Ends the iteration by throwing its reason. */
  readonly signal?: AbortSignal
}
export type RetryOptions = {
  /** Of the new process. Default: the old id and `.retry`, so that asking twice starts one. */
  readonly id?: string
  /** For recovery `external`, which needs one: the secret of the new process. The old one's is kept nowhere. */
  readonly completionToken?: string
}

/** A signal to send. Without a payload it carries null. */
export type SignalToSend<Payload = Json> = {
  readonly name: string
  readonly payload?: Payload
  readonly key: string
} & JsonCheck<Payload, { readonly payload: Refused<'JSON cannot hold this value'> }>

/** The end of an external process, as reported by the system that did its work. */
export type ExternalOutput<Value = Json> =
  | { readonly outcome: 'success'; readonly value: Value }
  | { readonly outcome: 'failure'; readonly error: ErrorFacts }

/**
 * The client interface: starts, reads, signals and cancels processes. There are two clients: `ProcessClient` on the table and
 * the queue, and `HttpProcessClient` over the API. One suite of tests holds both to the same results.
 *
 * Every call may be repeated: starts are idempotent by their id, signals and replies by their key or token, cancels by
 * themselves. All of them may throw `StoreUnavailable` and `Contended`; over HTTP also `Throttled`, `RequestFailed`,
 * `Unauthenticated` and `Forbidden`.
 */
export interface Processes {
  /** Registers a process and wakes it. Throws `InvalidId`, `InvalidInput`, `PayloadTooLarge`, `RegistrationConflict`. */
  start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options: StartOptions,
  ): Promise<ProcessView>

  /** Many starts of one kind, each answered by itself: one that is refused stops no other. Replies are in the order asked. */
  startMany<Definition extends ChildDefinition>(
    definition: Definition,
    starts: readonly StartOf<Definition>[],
  ): Promise<readonly StartReply[]>

  /** Undefined if no process has the id. */
  get(id: string, options?: GetOptions): Promise<ProcessView | undefined>

  /**
   * A page, newest first, of a kind or a scope. Without either it is of all kinds that are deployed with the API, or that the
   * direct client was given. Throws `InvalidInput` on a cursor of another query.
   */
  list(query: ListQuery): Promise<Page<ListedProcess>>

  /** Waits for the end of a process and returns its output. Throws `UnknownProcess`, and `WaitTimedOut` after `timeout`. */
  result(id: string, options?: ResultOptions): Promise<Output>
  /** The same, with the value as its worker recorded it, typed by the definition. Throws `InvalidInput` on another kind's. */
  result<Definition extends ChildDefinition>(
    definition: Definition,
    id: string,
    options?: ResultOptions,
  ): Promise<OutputOf<Definition>>

  /** Each entry of the log as it comes, until the process has ended. Throws `UnknownProcess`, `WaitTimedOut`. */
  events(id: string, options?: FollowOptions): AsyncGenerator<LogEntry, void, undefined>

  /**
   * The first entry after `after` that `matches`, past or to come (C28). Throws `UnknownProcess`, and `WaitTimedOut`
   * after `timeout`, or as soon as the process has ended without it.
   */
  waitFor(
    id: string,
    matches: (entry: LogEntry) => boolean,
    options?: { readonly after?: Seq; readonly timeout?: Duration },
  ): Promise<LogEntry>

  /** Sends a signal; `key` makes it count once (C38). Throws `UnknownProcess`, `ProcessEnded`, `KeyConflict`, `SignalRefused`. */
  signal<Payload>(id: string, signal: SignalToSend<Payload>): Promise<{ fresh: boolean }>

  /** Completes a callback. Its token is the proof of the right. Throws as `signal`. */
  completeCallback(token: string): Promise<{ fresh: boolean }>
  completeCallback<Value>(token: string, value: Value & JsonCheck<Value>): Promise<{ fresh: boolean }>
  /** Fails a callback: its process sees a `StepFailed` with the error's class, code and message. */
  failCallback(token: string, error: unknown): Promise<{ fresh: boolean }>
  /** Reports that the work behind a callback continues. Changes nothing in the process. Throws `SignalRefused`. */
  heartbeat(token: string): Promise<void>

  /** Ends an external process. Its token is the proof of the right. Throws `CompletionRefused`, `InvalidInput`, `CompletionConflict`, `UnknownProcess`. */
  completeExternal<Value>(
    id: string,
    token: string,
    output: ExternalOutput<Value & JsonCheck<Value>>,
  ): Promise<ProcessView>

  /**
   * Asks a process to cancel. The same again is the same request; one with another reason is in the log as well, and the
   * first one counts. Throws `UnknownProcess`, `ProcessEnded`.
   */
  cancel(id: string, reason?: string): Promise<ProcessView>
  /** Asks that a process be given up as abandoned once it has no live lease. Throws as `cancel`. */
  abandon(id: string, reason?: string): Promise<ProcessView>
  /** Lets a stuck process continue, after a deploy of code that replays its journal. Throws `SignalRefused` if it is not stuck. */
  resume(id: string): Promise<ProcessView>
  /**
   * Retries from the start: an ended process begins again as a new one, with the same input and `provenance.retryOf`. Every step
   * runs again under a new idempotency key, those too that the old one has recorded: a charge is made a second time. Throws
   * `UnknownProcess`, and `ProcessOpen` if it has not ended.
   */
  retry(id: string, options?: RetryOptions): Promise<ProcessView>
}
