import type { ProcessId } from '../model/ids.ts'
import type { Json } from '../model/json.ts'

/** What a step's body gets. */
export type StepContext = {
  /**
   * The same for every execution of this step in this process, and for no other: give it to the systems you call, so
   * that a body that runs again after a crash does its work once.
   */
  readonly idempotencyKey: string
  /** Fires when the process is asked to cancel (`ProcessCancelled`) or has lost its lease (`LeaseLost`). */
  readonly abortSignal: AbortSignal
}

/**
 * What a process can do durably. Code between these calls runs again on every re-run, so it must be deterministic:
 * time, chance, the network and the disk belong inside steps.
 */
export interface ProcessContext {
  readonly id: ProcessId
  readonly kind: string
  /** 1 on the first execution, one more at each claim. */
  readonly attempt: number
  /**
   * Runs `body` and records what it came to: once recorded it never runs again, and every re-run gets the recorded
   * outcome (C34). A body that was running when its worker died runs again, so it must be idempotent: use
   * `idempotencyKey`. The value must be plain JSON or undefined; what is returned is what a replay would return.
   *
   * The outcome is durable before the next effect's body starts, before the process parks and before it ends.
   *
   * Throws `StepFailed` when the body throws or its value cannot be kept (its `error.code` is then `not_serialisable`
   * or `payload_too_large`); that is recorded too. Throws `ProcessCancelled` once the process was asked to cancel, and
   * `EffectRefused` inside another step's body or after the run has ended.
   *
   *     const charge = await context.step('charge', ({ idempotencyKey }) => payments.charge(order, idempotencyKey))
   */
  step<T extends Json | void>(name: string, body: (step: StepContext) => Promise<T> | T): Promise<T>
  /** Fires when the process is asked to cancel (its reason is a `ProcessCancelled`) or has lost its lease (`LeaseLost`). */
  readonly abortSignal: AbortSignal
  /** True once someone asked to cancel, also on a re-run after that. */
  readonly cancelled: boolean
  /** Milliseconds left of this invocation; undefined on hosts without a deadline. Differs on each run: for logs only. */
  remainingMs(): number | undefined
  /** Writes a line to the host's log; silent while recorded effects are being replayed. */
  log(message: string, facts?: { readonly [key: string]: Json }): void
}
