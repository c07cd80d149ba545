import pMap from 'p-map'
import { InvalidMessage, LeaseholdError, UnknownKind, UnreadableItem } from '../model/errors.ts'
import { CLOCKS_DIFFER_MAX_MS } from '../model/limits.ts'
import { codeOf } from '../model/failure.ts'
import { isProcessId, type ProcessId } from '../model/ids.ts'
import { isEnded } from '../model/record.ts'
import type { Registration } from '../model/registration.ts'
import { validateStart, expectToken } from '../effects/validate-start.ts'
import type { Facts } from '../telemetry/port.ts'
import type { WorkerParts } from './config.ts'
import { readMessage, type LookMessage, type StartMessage } from '../queue/messages.ts'
import { wakeupOf, sendWakeupAt } from '../queue/wakeups.ts'
import type { Delivery } from '../queue/delivery.ts'
import {
  rejectStart,
  type BatchParts,
  MessageKeeper,
  afterFailure,
  comesAgain,
  isWorn,
  redeliver,
  soonAgainMs,
  type ComeAgain,
} from './delivery.ts'
import { segmentRun, type ExecutionContext, type SegmentRun } from './execution.ts'
import { startAndRun, claimAndRun, type Suspects, type ClaimOutcome } from './claim-and-run.ts'

type BatchRun = SegmentRun & { readonly suspects: Suspects; readonly keeper: MessageKeeper }

/**
 * Serves a batch of start messages and wake-ups, at most `concurrency` at a time. The answer names the messages to
 * deliver again: those whose start or wake-up may not be durable, and those whose process may still need them. Every other
 * message is done: the table has the process, and the sweep finds one that no worker continues.
 */
export async function serveBatch(
  parts: BatchParts,
  deliveries: readonly Delivery[],
  execution: ExecutionContext,
): Promise<readonly string[]> {
  // A suspect in a batch with others would have to wait until they are done, and hold them up meanwhile.
  const leaves = deliveries.length > 1 && parts.worker.doorbell.queues.includes('isolation')
  const keeper = new MessageKeeper(parts, deliveries)
  const run: BatchRun = {
    ...segmentRun(parts.worker.controller, execution),
    suspects: leaves ? 'leave' : 'run',
    keeper,
  }
  try {
    const again = await pMap(deliveries, (delivery) => serveOne(parts, delivery, run), {
      concurrency: parts.worker.concurrency,
    })
    return again.filter((messageId) => messageId !== undefined)
  } finally {
    keeper.stop()
  }
}

/** Answers the message's id where it has to be delivered again. One message never harms another of its batch. */
async function serveOne(parts: BatchParts, delivery: Delivery, run: BatchRun): Promise<string | undefined> {
  const { keeper, execution } = run
  const message = parseMessage(delivery.body)
  let again: ComeAgain | undefined
  try {
    again = await serveMessage(parts, message, delivery, run)
  } catch (error) {
    sayFailed(parts, { message, delivery, error })
    again = afterFailure(parts, delivery, { execution, isHidden: keeper.release(delivery) })
  }
  if (again === undefined) {
    keeper.served(delivery)
    return undefined
  }
  await redeliver(parts, keeper, delivery, again)
  return delivery.id
}

function sayFailed(
  { worker: { telemetry } }: BatchParts,
  { message, delivery, error }: { message: ParsedMessage; delivery: Delivery; error: unknown },
): void {
  const code = codeOf(error)
  telemetry.count('RunFailed', 1, { code })
  if (error instanceof UnreadableItem) telemetry.count('UnreadableItem', 1, { code })
  telemetry.error('a message could not be served; it will be delivered again', error, {
    ...factsOf(message, delivery),
    receives: delivery.attempt ?? 1,
  })
}

/** By which a line names a message. Any text may stand in its id and kind: in a log only one that is good. */
function factsOf(message: ParsedMessage, { id: messageId }: Delivery): Facts {
  if (message instanceof InvalidMessage) return { messageId }
  const kind = message.type === 'start' && isProcessId(message.kind) ? { kind: message.kind } : {}
  return { messageId, ...(isProcessId(message.id) && { id: message.id }), ...kind }
}

async function serveMessage(
  parts: BatchParts,
  message: ParsedMessage,
  delivery: Delivery,
  run: BatchRun,
): Promise<ComeAgain | undefined> {
  if (message instanceof InvalidMessage) {
    await rejectStart(parts, delivery, message)
    return undefined
  }
  if (message.type === 'look') return serveLook(parts, message, delivery, run)
  return serveStart(parts, message, delivery, run)
}

async function serveStart(
  parts: BatchParts,
  message: StartMessage,
  delivery: Delivery,
  run: BatchRun,
): Promise<ComeAgain | undefined> {
  const { v: _version, type: _type, completionToken, ...raw } = message
  const { attempt = 1, firstSentAt } = delivery
  // A wake-up may have been sent with a delay, and a message that comes back was hidden: neither says how long the queue is.
  if (firstSentAt !== undefined && attempt === 1)
    parts.worker.telemetry.measure('QueueAge', Math.max(0, parts.worker.clock.now() - firstSentAt), {
      messageId: delivery.id,
    })
  try {
    const registration = await validateStart(parts.worker, raw)
    expectToken(registration, completionToken)
    if (registration.recovery === 'external') {
      await registerExternal(parts.worker, registration, completionToken)
      return undefined
    }
    const suspects = isWorn(delivery) ? 'leave' : run.suspects
    const outcome = await startAndRun(parts.worker, registration, run, suspects)
    if (outcome.kind === 'no-time') await registerForLater(parts.worker, registration)
    else await finishDelivery(parts.worker, registration.id, outcome)
    return comesAgain(parts, delivery, outcome, parts.worker.clock.now())
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.next !== 'end') throw error
    // A worker of the deploy before may have got it: one of the next knows the kind.
    if (error instanceof UnknownKind && soonAgainMs(parts, delivery) !== undefined) throw error
    await rejectStart(parts, delivery, error, raw)
  }
  return undefined
}

async function serveLook(
  parts: BatchParts,
  message: LookMessage,
  delivery: Delivery,
  run: BatchRun,
): Promise<ComeAgain | undefined> {
  const { id, alone = false } = message
  if (!isProcessId(id)) {
    await rejectStart(parts, delivery, new InvalidMessage({ reason: 'a wake-up without a valid id' }))
    return undefined
  }
  if (alone) run.keeper.hasten()
  const suspects = alone ? 'expect' : run.suspects
  const outcome = await claimAndRun(parts.worker, id, run, isWorn(delivery) ? 'leave' : suspects)
  if (outcome.kind === 'no-time') await resendWakeup(parts.worker, id, 0)
  else await finishDelivery(parts.worker, id, outcome)
  return comesAgain(parts, delivery, outcome, parts.worker.clock.now())
}

/** With too little of the invocation left to run anything, the intent is recorded and another invocation is woken. */
async function registerForLater(parts: WorkerParts, registration: Registration): Promise<void> {
  await parts.registry.register(registration, { now: parts.clock.now(), wakeupScheduled: true })
  await sendWakeupAt(parts, registration, Math.max(parts.clock.now(), registration.startAt ?? 0))
}

async function registerExternal(
  parts: WorkerParts,
  registration: Registration,
  completionToken: string | undefined,
): Promise<void> {
  const token = completionToken === undefined ? {} : { completionToken }
  await parts.registry.register(registration, { now: parts.clock.now(), wakeupScheduled: false, ...token })
}

/** What is left to do for a message whose process was looked at. */
async function finishDelivery(parts: WorkerParts, id: ProcessId, outcome: ClaimOutcome): Promise<void> {
  if (outcome.kind !== 'not-claimed') return
  const { reply } = outcome
  if (reply.outcome === 'unknown') {
    parts.telemetry.count('Rejected', 1, { code: 'unknown_process' })
    parts.telemetry.warn('a wake-up for a process that does not exist was dropped', { id })
    return
  }
  if (reply.outcome === 'suspect') {
    parts.telemetry.count('SuspectMoved', 1, { id })
    await resendWakeup(parts, id, 0)
    return
  }
  if (reply.outcome !== 'not-due' || reply.dueAt === undefined) return
  // The wake-up came early, by clocks that differ: send one more wake-up for the rest. One that comes earlier than clocks differ
  // was sent for a time before, and the row has another one for this time. Sent again, it would come back at each park.
  const now = parts.clock.now()
  const leftMs = reply.dueAt - now
  if (leftMs > 0 && leftMs <= CLOCKS_DIFFER_MAX_MS) await resendWakeup(parts, id, leftMs)
}

/** A wake-up names the process only. Its row says which queue and which group the next wake-up belongs to. One read. */
async function resendWakeup(parts: WorkerParts, id: ProcessId, delayMs: number): Promise<void> {
  const record = await parts.registry.get(id)
  if (record !== undefined && !isEnded(record)) await parts.doorbell.ring([wakeupOf(record, delayMs)])
}

type ParsedMessage = ReturnType<typeof readMessage> | InvalidMessage

function parseMessage(body: string): ParsedMessage {
  try {
    return readMessage(body)
  } catch (error) {
    if (error instanceof InvalidMessage) return error
    throw error
  }
}
