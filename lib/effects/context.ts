import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EpochMs } from '../model/clock.ts'
import type { Duration } from '../model/duration.ts'
import type { ProcessId } from '../model/ids.ts'
import type { Json, JsonCheck, JsonSchema, Refused, StepValue } from '../model/json.ts'
import type { ChildOption, Limits, OnParentEnd, Recovery, RegistrationInput } from '../model/registration.ts'
import type { RetryPolicy } from '../model/retry.ts'
import type { FenceForms } from './fence.ts'
import type { ParallelOptions, ParallelTasks, Results, SettledResults } from './tasks.ts'

/**
 * What a process can do durably. Code between these calls runs again on every re-run, so it must be deterministic:
 * time, chance, the network and the disk belong inside steps. An effect's recorded outcome is what every re-run gets.
 *
 * Outside `shield` every effect throws `ProcessCancelled` once the process was asked to cancel, and `ProcessTimedOut` after
 * its timeout. Every effect throws `EffectRefused` inside a step's body or after the run has ended, and `InvalidInput` on a
 * name that is not 1 to 256 characters. An effect that the code does not await does not delay the end: its
 * later outcome is not recorded.
 *
 * A process leaves at most 100,000 entries in its journal (outcomes, beginnings of waits, failed attempts); one that asks
 * for more ends failed with `journal_full`.
 */
export interface ProcessContext {
  readonly id: ProcessId
  readonly kind: string
  /**
   * The `version` of the definition that the process was started with; undefined if it had none. The same on every run, so
   * code may branch on it: for processes that a bad deploy has started.
   */
  readonly version: string | undefined
  /** 1 on the first execution, one more at each claim. Differs on each run: for logs only. */
  readonly attempt: number

  /**
   * Runs `body` and records its outcome. A body whose outcome is recorded never runs again. A body that was running when its
   * worker died runs again, so it must be idempotent: use its `idempotencyKey`. With `semantics: 'at-most-once'` the step
   * throws `StepInterrupted` instead. The value must be plain JSON or undefined. Each replay returns the same value. A type
   * that JSON cannot hold (a `Date`, a `Map`, a `bigint`, a function) is a type error.
   *
   * The outcome is durable before the next effect's body starts, before the process parks and before it ends.
   *
   * Throws `StepFailed` when the body throws and no attempt is left, or its value cannot be kept (its `error.code` is
   * then `not_serialisable` or `payload_too_large`).
   *
   *     const charge = await context.step('charge', ({ idempotencyKey }) => payments.charge(order, idempotencyKey), {
   *       retry: { maxAttempts: 5 },
   *       timeout: { seconds: 20 },
   *     })
   */
  step<T extends StepValue>(
    name: string,
    body: ((step: StepContext) => PromiseLike<T> | T) & JsonCheck<T>,
    options?: StepOptions,
  ): Promise<T>

  /** Waits, for up to ten years, holding no Lambda past a few seconds. Never early (C37). */
  sleep(duration: Duration, name?: string): Promise<void>
  /** Waits until an instant; one in the past ends the wait at once. */
  sleepUntil(at: EpochMs | Date, name?: string): Promise<void>

  /**
   * Waits for a signal of this name. The nth signal reaches the nth wait, sent before, while or after the process began
   * to wait (C38). `schema` runs once, when the wait takes the signal: its output is recorded, and each run gets that. A
   * signal that it refuses is used up and reported, and the wait continues (C73). Throws `WaitTimedOut`, and `InvalidInput`
   * if JSON cannot hold the output of `schema`.
   */
  signal<Schema extends StandardSchemaV1 = StandardSchemaV1<Json, Json>>(
    name: string,
    options?: { readonly schema?: JsonSchema<Schema>; readonly timeout?: Duration },
  ): Promise<StandardSchemaV1.InferOutput<Schema>>

  /**
   * A token to hand to another system, which completes or fails it through the client, once. Give it away in a step,
   * then wait for `result()`. Throws `WaitTimedOut` if no reply came within `timeout`, or no heartbeat within
   * `heartbeatTimeout`. Throws `StepFailed` if the other system reported a failure. `schema` runs once, when the wait takes the
   * reply.
   */
  callback<Schema extends StandardSchemaV1 = StandardSchemaV1<Json, Json>>(
    name: string,
    options?: {
      readonly schema?: JsonSchema<Schema>
      readonly timeout?: Duration
      readonly heartbeatTimeout?: Duration
    },
  ): Promise<Callback<StandardSchemaV1.InferOutput<Schema>>>

  /**
   * Starts a child without waiting for it. Its id is made from this process's and the effect's place, unless one is given.
   * Throws `StepFailed` if the child is refused: another process has its id, its input or options are not valid, or it could
   * begin only after this process has ended. That is so if both need the one place of a concurrency key.
   */
  start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options?: ChildOptions,
  ): Promise<Child<Definition>>
  /**
   * Waits for the output of a child that this process has started. Throws `ChildFailed` if it failed, timed out, was
   * cancelled or was abandoned, and `EffectRefused` on any other process. The value is the one that the child's worker recorded.
   */
  result<Definition extends ChildDefinition>(
    child: Child<Definition>,
  ): Promise<StandardSchemaV1.InferOutput<Definition['output']>>
  /** `start` and `result` in one. */
  run<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options?: ChildOptions,
  ): Promise<StandardSchemaV1.InferOutput<Definition['output']>>

  /**
   * Runs tasks side by side, at most `concurrency` at a time, and returns their values in order. The first failure is
   * thrown at once (`onFailure: 'throw'`, the default), and no further task begins. With `'settle'` all tasks run.
   * Tasks of different types give a tuple, and a record of tasks a record of values.
   *
   *     const [stock, price] = await context.all([
   *       () => context.step('stock', () => shop.stock(sku)),
   *       () => context.step('price', () => shop.price(sku)),
   *     ])
   */
  all<Tasks extends ParallelTasks>(
    tasks: Tasks,
    options: ParallelOptions & { readonly onFailure: 'settle' },
  ): Promise<SettledResults<Tasks>>
  all<Tasks extends ParallelTasks>(tasks: Tasks, options?: ParallelOptions): Promise<Results<Tasks>>
  /** As `all`, with one task for each item. */
  map<Item, T>(
    items: readonly Item[],
    task: (item: Item, index: number) => Promise<T>,
    options: ParallelOptions & { readonly onFailure: 'settle' },
  ): Promise<PromiseSettledResult<T>[]>
  map<Item, T>(
    items: readonly Item[],
    task: (item: Item, index: number) => Promise<T>,
    options?: ParallelOptions,
  ): Promise<T[]>

  /**
   * Appends an event to the log, where clients follow it. The recorded payload is the output of the schema that the definition
   * declares for it. Throws `InvalidInput` if that schema refuses the payload (C27).
   */
  emit<T>(type: string, payload: T & EventPayload<T>): Promise<void>

  /** The time of the first run that asked, on every run. */
  now(): EpochMs
  /** In [0, 1), the same on every run. */
  random(): number
  /** A UUID, the same on every run. */
  uuid(): string
  /**
   * For changing code under running processes: true in a process that comes here for the first time, false in one whose
   * journal was already past this point when the change was deployed. Keep both branches until no old process is open.
   */
  patched(name: string): boolean

  /** Runs clean-up that must finish: effects in it continue after a cancel request. */
  shield<T>(section: () => Promise<T>): Promise<T>
  /** Fires when the process is asked to cancel (`ProcessCancelled`), its time is up (`ProcessTimedOut`) or its lease is lost (`LeaseLost`). */
  readonly abortSignal: AbortSignal
  /**
   * True after a caller asked to cancel, also on a re-run after that, from its first line on. So it may differ between two
   * runs at the same place: use it only to stop sooner. Decide by the errors of effects, which are the same on every run.
   */
  readonly cancelled: boolean
  /** Milliseconds left of this invocation; undefined on hosts without a deadline. Differs on each run: for logs only. */
  remainingMs(): number | undefined
  /** Writes a line to the host's log; silent while recorded effects are being replayed. */
  log(message: string): void
  log<T extends object | undefined>(message: string, facts: T & JsonCheck<T>): void
}

/** What a step's body gets. */
export type StepContext = {
  /**
   * The same for every execution of this step in this process, and for no other step. Give it to the systems that you call:
   * then a body that runs again after a crash does its work once.
   */
  readonly idempotencyKey: string
  /**
   * Fires as the context's own signal does (inside `shield` not for a cancel), at the attempt's timeout, and with `LeaseLost` if
   * the run ends before the body does.
   */
  readonly abortSignal: AbortSignal
  /** 1 on the first attempt of this step that is recorded, one more after each recorded failure. */
  readonly attempt: number
  /**
   * A condition for a DynamoDB transaction of your own: it holds only while this run is the process's owner, so a
   * worker that was overtaken cannot make that write either (C57). Put it into `TransactItems`. It has plain values, for
   * the document client; `fence({ marshalled: true })` has attribute values, for the low-level client.
   *
   *     await documents.send(new TransactWriteCommand({ TransactItems: [{ ConditionCheck: fence() }, { Put: … }] }))
   */
  readonly fence: FenceForms
}

export type StepOptions = {
  /** Default: one attempt. */
  readonly retry?: RetryPolicy
  /** How long one attempt may take: then its signal fires, and it counts as failed with `step_timed_out`. */
  readonly timeout?: Duration
  /** Default `at-least-once`. */
  readonly semantics?: 'at-least-once' | 'at-most-once'
}

/** An event has a payload: JSON, and not undefined. */
type EventPayload<T> = unknown extends T
  ? unknown
  : undefined extends T
    ? Refused<'an event has a payload: JSON cannot hold undefined'>
    : JsonCheck<T>

export type Callback<T> = {
  /** A secret: any system that has it can answer. */
  readonly token: string
  result(): Promise<T>
}

/** The options of a start by a client: docs/guide/execution-options.md describes them. */
export type ChildOptions = Pick<RegistrationInput, ChildOption> & {
  readonly id?: string
  /** What happens to the child if it is still open when this process ends. Default `cancel`. */
  readonly onParentEnd?: OnParentEnd
}

/** A started child. Plain data, so it may be kept in a step's value. */
export type Child<Definition extends ChildDefinition = ChildDefinition> = {
  readonly id: ProcessId
  readonly kind: string
  /** For the type of its result only. */
  readonly definition?: Definition
}

/** Event types a process may emit, each with the schema of its payload. */
export type EventSchemas = { readonly [type: string]: StandardSchemaV1 }

/** What a parent needs to know of a child: how it is named and what goes in and out. */
export type ChildDefinition = {
  readonly kind: string
  readonly input: StandardSchemaV1
  readonly output: StandardSchemaV1
  readonly recovery?: Recovery
  readonly limits?: Limits
  readonly version?: string
  readonly events?: EventSchemas
}
