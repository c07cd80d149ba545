import { UnreadableItem, PayloadUnavailable, type LeaseholdError } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import { neverBegan } from '../model/holding.ts'
import { ERROR_MESSAGE_MAX_BYTES, VALUE_TRIES_MAX } from '../model/limits.ts'
import { cutText, type ErrorFacts } from '../model/log.ts'
import { undeployedBackoffMs } from '../model/recovery.ts'
import { placeOf } from '../telemetry/stacks.ts'
import type { WorkerParts } from './config.ts'
import type { Hold } from './hold.ts'
import type { SegmentOutcome } from './outcome.ts'
import { bellReaches, ringParked } from '../queue/wakeups.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'
import { setDown, type Left } from './set-down.ts'

/** Parks for people: nothing runs it until it is resumed. Or ends it, as `setDown` says. */
export async function stick(
  parts: WorkerParts,
  hold: Hold,
  { left, error, says }: { left: Left; error: LeaseholdError; says: string },
): Promise<SegmentOutcome> {
  const at = placeOf(error)
  const recorded = located(factsOf(error, error.code), at)
  const request = { wait: { for: 'resume', error: recorded }, belled: false } as const
  const down = await setDown(parts, hold, left, request)
  const facts = { at, ...segmentFacts(hold) }
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
  hold: Hold,
  error: OfValue,
  left: Left,
): Promise<SegmentOutcome> {
  const { row } = hold
  const tries = (row.wait?.for === 'worker' ? (row.wait.tries ?? 0) : 0) + 1
  // The first may be a hiccup: only what lasts rings the alarm.
  if (tries > 1 || error instanceof UnreadableItem)
    parts.telemetry.count('UnreadableItem', 1, segmentFacts(hold))
  if (error instanceof UnreadableItem || tries > VALUE_TRIES_MAX)
    return stick(parts, hold, {
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
  const down = await setDown(parts, hold, left, { wait, dueAt, belled: bellReaches(dueAt, now) })
  parts.telemetry.error('a value of it is out of reach; tried again', error, {
    ...segmentFacts(hold),
    tries,
    dueAt,
  })
  if (down.ended !== undefined) return { kind: 'ended', record: down.ended }
  await ringParked(parts, down.parked)
  return { kind: 'parked', dueAt }
}
