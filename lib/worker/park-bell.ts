import type { EpochMs } from '../model/clock.ts'
import type { ProcessId } from '../model/ids.ts'
import { DOORBELL_DELAY_MAX_MS } from '../model/limits.ts'
import type { WorkerParts } from './config.ts'

/** True where a doorbell can carry the wait; a later time is found by the sweep, shortly before it comes. */
export function bellReaches(dueAt: EpochMs, now: EpochMs): boolean {
  return dueAt - now <= DOORBELL_DELAY_MAX_MS
}

/**
 * Rings for a process that was just parked. The park is durable and due, so a doorbell that cannot be sent costs a
 * sweep and nothing else: it is told, not thrown.
 */
export async function ringAfterPark(parts: WorkerParts, id: ProcessId, dueAt: EpochMs): Promise<void> {
  const now = parts.clock.now()
  if (!bellReaches(dueAt, now)) return
  try {
    await parts.doorbell.ring([{ id, delayMs: Math.max(0, dueAt - now) }])
  } catch (error) {
    parts.telemetry.error('a doorbell was not sent; the sweep will find the process', error, { id, dueAt })
  }
}
