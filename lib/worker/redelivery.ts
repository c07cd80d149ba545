import type { EpochMs } from '../model/clock.ts'
import { VISIBILITY_PER_TIMEOUT } from '../model/limits.ts'
import {
  DELIVERIES_BY_DEATH,
  DELIVERIES_IN_RESERVE,
  DELIVERIES_UNHURRIED,
  HIDE_MARGIN_MS,
  REDELIVERY_GROWTH,
  REDELIVERY_MAX_MS,
} from '../model/limits-redelivery.ts'
import type { Delivery } from '../queue/delivery.ts'
import type { BatchParts } from './delivery.ts'
import type { ExecutionContext } from './execution.ts'
import type { MessageKeeper } from './message-keeper.ts'
import type { ClaimOutcome } from './claim-and-run.ts'

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
