import { UnreadableItem, PayloadUnavailable, type LeaseholdError } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import { neverBegan } from '../model/ownership.ts'
import { ERROR_MESSAGE_MAX_BYTES, VALUE_TRIES_MAX } from '../model/limits.ts'
import { cutText } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import { undeployedBackoffMs } from '../model/recovery.ts'
import { wakeupReaches, sendWakeupAfterPark } from '../queue/wakeups.ts'
import { placeOf } from '../telemetry/stacks.ts'
import type { SegmentOutcome } from './execution.ts'
import type { RunEffects } from '../effects/controller.ts'
import type { ParkRequest } from '../model/ownership.ts'
import type { Entry } from '../model/log.ts'
import type { ProcessRecord, TerminalRecord } from '../model/record.ts'
import { interruptedEvidence } from '../model/recovery.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'

/** What a run leaves: the scope of one that is to be closed, or the last entries of one whose code has come to its end. */
export type RunRemainder = { readonly scope?: RunEffects | undefined; readonly entries?: readonly Entry[] }

type SetDownResult =
  | { readonly ended: TerminalRecord }
  | { readonly ended?: undefined; readonly parked: ProcessRecord | undefined }

/**
 * Whatever stops a run while its owner still holds the process ends here: this is the one place that decides what the stop
 * leaves (C62). The process is parked as `request` says, and another run continues it. If the stop interrupts something
 * that no entry holds, that run would do it a second time:
 *
 * - Recovery `rerun`: bodies run again, as they do after a crash. One that may run once has its beginning on record, and
 *   raises `StepInterrupted` instead.
 * - Recovery `abandon`: no other run may do that, so the process ends abandoned, with evidence.
 */
export async function setDown(
  parts: WorkerParts,
  owned: OwnedProcess,
  { scope, entries: left = [] }: RunRemainder,
  request: ParkRequest,
): Promise<SetDownResult> {
  if (scope === undefined) return { parked: await owned.park(left, request) }
  const entries = await scope.close('stopped')
  // Code that was just given an outcome asks for its next effect in the turn after, and is at rest then.
  await parts.clock.turn()
  const interrupted = scope.interrupted()
  if (owned.row.recovery !== 'abandon' || interrupted.length === 0)
    return { parked: await owned.park(entries, request) }
  const evidence = interruptedEvidence(owned.row, owned.lease, parts.clock.now())
  parts.telemetry.warn('ended abandoned: its run was stopped in a body that must not run twice', {
    ...segmentFacts(owned),
    interrupted: interrupted.join(', '),
  })
  return { ended: await owned.complete(entries, { outcome: 'abandoned', evidence }) }
}

/** Parks for people: nothing runs it until it is resumed. Or ends it, as `setDown` says. */
export async function markStuck(
  parts: WorkerParts,
  owned: OwnedProcess,
  { left, error, says }: { left: RunRemainder; error: LeaseholdError; says: string },
): Promise<SegmentOutcome> {
  const at = placeOf(error)
  const recorded = located(factsOf(error, error.code), at)
  const request = { wait: { for: 'resume', error: recorded }, wakeupScheduled: false } as const
  const down = await setDown(parts, owned, left, request)
  const facts = { at, ...segmentFacts(owned) }
  parts.telemetry.error(down.ended === undefined ? says : 'the process cannot continue', error, facts)
  return down.ended === undefined ? { kind: 'stuck', error } : { kind: 'ended', record: down.ended }
}

/** A stuck process waits for people, who read its record and not the log of that moment. */
function located(error: ErrorFacts, at: string | undefined): ErrorFacts {
  if (at === undefined) return error
  return { ...error, message: cutText(`${error.message} (at ${at})`, ERROR_MESSAGE_MAX_BYTES) }
}

type OfValue = UnreadableItem | PayloadUnavailable

export function isOfValue(error: LeaseholdError): error is OfValue {
  return error instanceof PayloadUnavailable || (error instanceof UnreadableItem && error.isValue)
}

/**
 * A value of the process could be neither read nor stored, and its item could: so the process itself says so, and no try
 * counts as the death of a worker. What is gone or damaged takes people: it is stuck. If the place for values failed, another
 * run tries again after 1 min, 2 min, 4 min …; after `VALUE_TRIES_MAX` of them the process is stuck too.
 */
export async function setAside(
  parts: WorkerParts,
  owned: OwnedProcess,
  error: OfValue,
  left: RunRemainder,
): Promise<SegmentOutcome> {
  const { row } = owned
  const tries = (row.wait?.for === 'worker' ? (row.wait.tries ?? 0) : 0) + 1
  // The first may be a hiccup: only what lasts fires the alarm.
  if (tries > 1 || error instanceof UnreadableItem)
    parts.telemetry.count('UnreadableItem', 1, segmentFacts(owned))
  if (error instanceof UnreadableItem || tries > VALUE_TRIES_MAX)
    return markStuck(parts, owned, {
      left,
      error,
      says: 'stuck until it is resumed: a value of it is out of reach',
    })
  const now = parts.clock.now()
  const dueAt = now + undeployedBackoffMs(tries)
  const unbegun = left.scope === undefined && left.entries === undefined && neverBegan(row)
  const wait = {
    for: 'worker',
    ...(unbegun && { unbegun }),
    tries,
    error: factsOf(error, error.code),
  } as const
  const down = await setDown(parts, owned, left, {
    wait,
    dueAt,
    wakeupScheduled: wakeupReaches(parts.doorbell, dueAt, now),
  })
  parts.telemetry.error('a value of the process could not be read or stored; it is tried again', error, {
    ...segmentFacts(owned),
    tries,
    dueAt,
  })
  if (down.ended !== undefined) return { kind: 'ended', record: down.ended }
  await sendWakeupAfterPark(parts, down.parked)
  return { kind: 'parked', dueAt }
}
