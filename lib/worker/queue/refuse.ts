import {
  InvalidId,
  InvalidMessage,
  LeaseholdError,
  NoLongerRetained,
  NotSerialisable,
  PayloadTooLarge,
  RegistrationConflict,
} from '../../model/errors.ts'
import { factsOf } from '../../model/failure.ts'
import { toRegistration, type Registration, type RegistrationInput } from '../../model/registration.ts'
import type { BatchParts, Delivery } from './batch.ts'
import { claimRequest } from '../take.ts'

/**
 * Answers a message that cannot start anything. Where it names a usable id, its process is registered as failed, so
 * whoever waits for that id sees why; else the message goes to the dead-letter queue with the reason. Nothing is
 * dropped in silence, and each refusal is counted.
 */
export async function refuseStart(
  parts: BatchParts,
  delivery: Delivery,
  error: LeaseholdError,
  raw?: RegistrationInput,
): Promise<void> {
  const { telemetry } = parts.worker
  telemetry.count('Rejected', 1, { code: error.code })
  const registration = raw === undefined ? undefined : registrable(raw, error)
  if (registration === undefined) return deadLetter(parts, delivery, error)
  try {
    await registerFailed(parts, registration, error)
    telemetry.warn('a start was refused; its process is registered as failed', {
      id: registration.id,
      code: error.code,
      because: error.loggable,
    })
  } catch (failure) {
    if (!(failure instanceof LeaseholdError) || failure.next !== 'end') throw failure
    await deadLetter(
      parts,
      delivery,
      failure instanceof RegistrationConflict || failure instanceof NoLongerRetained ? failure : error,
    )
  }
}

async function deadLetter(parts: BatchParts, delivery: Delivery, error: LeaseholdError): Promise<void> {
  const { telemetry } = parts.worker
  const { messageId, body } = delivery
  await parts.deadLetters.put({ messageId, body, code: error.code, reason: error.loggable })
  telemetry.count('DeadLettered', 1, { code: error.code })
  telemetry.warn('a message went to the dead-letter queue', {
    messageId,
    code: error.code,
    because: error.loggable,
  })
}

/** Refusals whose id is no id, or another process's. */
const UNSTORABLE = [InvalidMessage, InvalidId, RegistrationConflict, NoLongerRetained]

/** The registration of a failed process; undefined where the message's id, kind or scope cannot be stored, or the id is another's. */
function registrable(raw: RegistrationInput, error: LeaseholdError): Registration | undefined {
  if (UNSTORABLE.some((Refusal) => error instanceof Refusal)) return undefined
  // An input that cannot be stored is not; what is wrong with it stands in the output.
  const input = error instanceof PayloadTooLarge || error instanceof NotSerialisable ? null : raw.input
  try {
    // An external process that was refused is not completed by anyone: it ends here, under this worker's lease.
    return toRegistration({
      ...raw,
      input,
      recovery: raw.recovery === 'external' ? 'rerun' : (raw.recovery ?? 'rerun'),
    })
  } catch (failure) {
    if (failure instanceof LeaseholdError && failure.next === 'end') return undefined
    throw failure
  }
}

/** One put that also claims, and the terminal write. A repeated message finds the end that the first one wrote. */
async function registerFailed(
  parts: BatchParts,
  registration: Registration,
  error: LeaseholdError,
): Promise<void> {
  const { registry, clock, controller, telemetry } = parts.worker
  const request = { ...claimRequest(parts.worker, { controller, execution: {} }), inCompany: true }
  const reply = await registry.start(registration, request, clock.now())
  if (reply.outcome !== 'claimed') return
  await registry.complete(
    reply.holding,
    [],
    { outcome: 'failure', error: factsOf(error, error.code) },
    clock.now(),
  )
  telemetry.count('Failed', 1, { kind: registration.kind, code: error.code })
}
