import type { LeaseholdError } from '../model/errors.ts'
import { isProcessId } from '../model/ids.ts'
import type { DeadLetters, Delivery, Redelivery } from '../queue/delivery.ts'
import type { WorkerParts } from './config.ts'
import {
  HIDE_AFTER_MS,
  HIDE_MARGIN_MS,
  DELIVERIES_BY_DEATH,
  DELIVERIES_IN_RESERVE,
  DELIVERIES_UNHURRIED,
  REDELIVERY_GROWTH,
  REDELIVERY_MAX_MS,
} from '../model/limits-redelivery.ts'
import type { EpochMs } from '../model/clock.ts'
import { VISIBILITY_PER_TIMEOUT } from '../model/limits.ts'
import type { ExecutionContext } from './execution.ts'
import type { ClaimOutcome } from './claim-and-run.ts'

export type BatchParts = {
  readonly worker: WorkerParts
  readonly deadLetters: DeadLetters
  /** Absent on hosts without a queue, which deliver again as they please. */
  readonly redelivery?: Redelivery
}

/**
 * Answers a message that cannot start anything: a dead letter with the reason. Nothing is written under the id, so it never
 * runs, and a corrected message under the same id starts. Nothing is dropped in silence, and each refusal is counted.
 */
export async function rejectStart(
  { worker: { telemetry }, deadLetters }: BatchParts,
  { id: messageId, body }: Delivery,
  error: LeaseholdError,
  asked: { readonly id?: string; readonly kind?: string } = {},
): Promise<void> {
  const { code, loggable: reason } = error
  await deadLetters.put({ messageId, body, code, reason })
  telemetry.count('Rejected', 1, { code })
  telemetry.count('DeadLettered', 1, { code })
  telemetry.warn('a message was refused; it is in the dead-letter queue', {
    messageId,
    // Any text may stand there: in a log only one that is an id.
    ...(isProcessId(asked.id) ? { id: asked.id } : {}),
    ...(isProcessId(asked.kind) ? { kind: asked.kind } : {}),
    code,
    because: reason,
  })
}

/**
 * THE MESSAGE IS A DEAD MAN'S SWITCH (C80). While a worker serves a batch, it keeps the messages hidden for a lease at a time.
 * Once the worker is gone, the queue delivers them again, and no sweep has to find their processes.
 *
 * 1. A (batch of M) claims P until 0:30, and hides M until 0:31. 2. A renews P until 0:40, and hides M until 0:41. 3. A dies.
 * 4. At 0:41 the queue delivers M to B, which finds that the lease of P has expired, and takes over.
 *
 * A request that fails costs time and nothing else: M comes too early and finds a live lease, or the sweep finds P.
 */
export class MessageKeeper {
  readonly #parts: BatchParts
  /** Messages that the queue has to deliver again if this worker dies. */
  readonly #kept: Set<string>
  readonly #hidden = new Set<string>()
  #cancelTimer: () => void = () => {}
  #isOver = false
  #hasBegun = false
  #hasWarned = false

  constructor(parts: BatchParts, deliveries: readonly Delivery[]) {
    this.#parts = parts
    this.#kept = new Set(parts.redelivery === undefined ? [] : deliveries.map(({ id }) => id))
    // Its worker died, or could not serve it: the next one may not live for long either.
    const isRedelivered = deliveries.some(({ attempt = 1 }) => attempt > 1)
    if (this.#kept.size > 0) this.#after(isRedelivered ? 0 : HIDE_AFTER_MS)
  }

  /** For a suspect, which may kill this worker at once. */
  hasten(): void {
    if (this.#hasBegun || this.#isOver || this.#kept.size === 0) return
    this.#cancelTimer()
    this.#after(0)
  }

  /** Another delivery would find nothing to do. One that is hidden for a lease only stays hidden until the batch ends. */
  served({ id }: Delivery): void {
    if (!this.#hidden.has(id)) this.#kept.delete(id)
  }

  /** Its next delivery is decided. Returns whether it is hidden for less than the queue would hide it. */
  release({ id }: Pick<Delivery, 'id'>): boolean {
    this.#kept.delete(id)
    return this.#hidden.has(id)
  }

  /** The batch ends: the host deletes what was served. */
  stop(): void {
    this.#isOver = true
    this.#cancelTimer()
  }

  #after(ms: number): void {
    this.#cancelTimer = this.#parts.worker.clock.after(ms, () => void this.#hide())
  }

  async #hide(): Promise<void> {
    const { redelivery, worker } = this.#parts
    this.#hasBegun = true
    const forMs = worker.leaseTtlMs + HIDE_MARGIN_MS
    const ids = [...this.#kept]
    for (const id of ids) this.#hidden.add(id)
    try {
      const refused = await redelivery?.hide(ids.map((id) => ({ id, forMs })))
      for (const id of refused ?? []) this.#kept.delete(id)
    } catch (error) {
      this.#warn(error)
    }
    if (!this.#isOver && this.#kept.size > 0) this.#after(worker.renewEveryMs)
  }

  #warn(error: unknown): void {
    if (this.#isOver || this.#hasWarned) return
    this.#hasWarned = true
    this.#parts.worker.telemetry.warn(
      'messages of a batch could not be kept hidden; they may come while their processes run, or late',
      { messages: this.#kept.size, error: String(error) },
    )
  }
}

/** A message that is delivered again. Without a time it comes when the queue shows it by itself. */
export type ComeAgain = { readonly afterMs?: number }

/**
 * The queue hides a message for longer than any invocation lasts, for the sake of workers that can say nothing any more. A
 * message that failed here comes again soon, for most troubles of a store are over in seconds. Undefined for the last
 * deliveries, which would all be used up in minutes.
 */
export function soonAgainMs({ worker, redelivery }: BatchParts, { attempt }: Delivery): number | undefined {
  if (redelivery === undefined || attempt === undefined) return undefined
  if (attempt > redelivery.maxAttempts - DELIVERIES_UNHURRIED) return undefined
  return Math.min(REDELIVERY_MAX_MS, worker.leaseTtlMs * REDELIVERY_GROWTH ** (attempt - 1))
}

/**
 * A message whose worker died, again and again, is replaced by a new one before its process is taken over. Deaths of workers
 * are counted by the process (C50), and must not make a dead letter of its message.
 */
export function isWorn({ attempt = 1 }: Delivery): boolean {
  return attempt > DELIVERIES_BY_DEATH
}

/**
 * Decides whether a message that was served has to come again, since its process is open and may need it. Undefined if not.
 *
 * - Another owner runs the process. A first delivery is a further wake-up, and the owner has a message of its own. A later
 *   one may be the owner's message, redelivered too early: it comes again when the lease may have expired.
 * - The run was discarded: its lease runs out.
 * - The run lost its lease. If another owner has the message, the queue no longer listens to this one.
 *
 * The last deliveries are never used up for that: the sweep finds the process.
 */
export function comesAgain(
  { worker, redelivery }: BatchParts,
  { attempt }: Delivery,
  outcome: ClaimOutcome,
  now: EpochMs,
): ComeAgain | undefined {
  if (redelivery === undefined || attempt === undefined) return undefined
  if (attempt > redelivery.maxAttempts - DELIVERIES_IN_RESERVE) return undefined
  if (outcome.kind === 'lease-lost') return {}
  if (outcome.kind === 'discarded') return { afterMs: worker.leaseTtlMs + HIDE_MARGIN_MS }
  if (outcome.kind !== 'not-claimed' || outcome.reply.outcome !== 'busy' || attempt === 1) return undefined
  const leftMs = outcome.reply.lease.expiresAt - now
  return { afterMs: Math.min(Math.max(0, leftMs), worker.leaseTtlMs) + HIDE_MARGIN_MS }
}

/** After a failure: soon, or when the queue would have shown the message if this worker had not kept it hidden. */
export function afterFailure(
  parts: BatchParts,
  delivery: Delivery,
  { execution, isHidden }: { readonly execution: ExecutionContext; readonly isHidden: boolean },
): ComeAgain {
  const { beganAt, hardAt } = execution
  const soonMs = soonAgainMs(parts, delivery)
  if (soonMs !== undefined) return { afterMs: soonMs }
  if (!isHidden || beganAt === undefined || hardAt === undefined) return {}
  return { afterMs: (hardAt - beganAt) * VISIBILITY_PER_TIMEOUT }
}

/** Lets a message come again. A request that fails costs time: the queue shows the message by itself. */
export async function redeliver(
  { worker, redelivery }: BatchParts,
  keeper: MessageKeeper,
  { id }: Delivery,
  { afterMs }: ComeAgain,
): Promise<void> {
  keeper.release({ id })
  if (afterMs === undefined) return
  try {
    await redelivery?.hide([{ id, forMs: afterMs }])
  } catch (error) {
    worker.telemetry.warn(
      'a message could not be made visible early; the queue delivers it again after its visibility timeout',
      { messageId: id, error: String(error) },
    )
  }
}
