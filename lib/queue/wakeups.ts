import type { Clock, EpochMs } from '../model/clock.ts'
import type { ProcessId } from '../model/ids.ts'
import type { ProcessRecord, Status } from '../model/record.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { Wakeup, Doorbell } from './doorbell.ts'

/** What sending takes. */
export type WakeupPorts = { readonly doorbell: Doorbell; readonly telemetry: Telemetry }
type ParkPorts = WakeupPorts & { readonly clock: Clock }

/** True if the doorbell can carry the wait; a later time is found by the sweep, shortly before it comes. */
export function wakeupReaches(
  { maxDelayMs }: Pick<Doorbell, 'maxDelayMs'>,
  dueAt: EpochMs,
  now: EpochMs,
): boolean {
  return dueAt - now <= maxDelayMs
}

/**
 * Wakes a process that was just parked, if a wake-up reaches its due time or if the row says that one is on its way.
 * The row counts even if the clock was set back since, because the sweep relies on it. One that comes early is sent once
 * more.
 */
export async function sendWakeupAt(parts: ParkPorts, row: WakeupTarget, dueAt: EpochMs): Promise<void> {
  const now = parts.clock.now()
  if (row.wakeupScheduled !== true && !wakeupReaches(parts.doorbell, dueAt, now)) return
  await sendWakeup(parts, row, Math.min(Math.max(0, dueAt - now), parts.doorbell.maxDelayMs))
}

/** Wakes what a park left: at the time it asked for, or now, where a request came in that its owner had not seen. */
export async function sendWakeupAfterPark(
  parts: ParkPorts,
  record: ProcessRecord | undefined,
): Promise<void> {
  if (record?.status === 'waiting' && record.dueAt !== undefined)
    await sendWakeupAt(parts, record, record.dueAt)
}

/** Wakes a process that something was asked of; the owner of a running one got a notice instead. Answers the record. */
export async function wakeUnlessRunning(parts: WakeupPorts, record: ProcessRecord): Promise<ProcessRecord> {
  if (record.status !== 'running') await sendWakeup(parts, record)
  return record
}

/**
 * Wakes a row that is written, and due. So a wake-up that cannot be sent costs a sweep and nothing else: it is
 * told, not thrown.
 */
export async function sendWakeup(parts: WakeupPorts, row: WakeupTarget, delayMs = 0): Promise<void> {
  await sendWakeups(parts, [wakeupOf(row, delayMs)])
}

/**
 * The row of a wake-up. Its group on a fair queue is its scope, or else its kind, as far as they are at hand. A running
 * row is woken once its lease has expired, so it is a suspect.
 */
export type WakeupTarget = {
  readonly id: ProcessId
  readonly urgent?: boolean
  readonly kind?: string
  readonly scope?: string
  readonly wakeupScheduled?: boolean
  readonly suspect?: boolean
  readonly status?: Status
}

export function wakeupOf(row: WakeupTarget, delayMs: number): Wakeup {
  const group = row.scope ?? row.kind
  return {
    id: row.id,
    delayMs,
    ...(row.urgent === true ? { urgent: true } : {}),
    ...(row.suspect === true || row.status === 'running' ? { alone: true } : {}),
    ...(group === undefined ? {} : { group }),
  }
}

/** The same for several rows, in as few messages as they fit in. */
export async function sendWakeups(parts: WakeupPorts, wakeups: readonly Wakeup[]): Promise<void> {
  if (wakeups.length === 0) return
  try {
    await parts.doorbell.ring(wakeups)
  } catch (error) {
    const [first] = wakeups
    parts.telemetry.error('a wake-up was not sent; the sweep will find the process', error, {
      id: first?.id,
      delayMs: first?.delayMs,
      wakeups: wakeups.length,
    })
  }
}
