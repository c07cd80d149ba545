import type { LeaseholdError } from '../model/errors.ts'
import { isProcessId } from '../model/ids.ts'
import type { DeadLetters, Delivery, Redelivery } from '../queue/delivery.ts'
import type { WorkerParts } from './config.ts'

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
