import type { EpochMs } from '../../model/clock.ts'
import { TOMBSTONE_MS } from '../../model/limits.ts'
import type { Limits } from '../../model/registration.ts'
import { rowKeptUntil } from '../../model/retention.ts'

/** The second from which DynamoDB may delete an ended process: the one place that knows TTL counts in seconds. */
export function expireAtSeconds(endedAt: EpochMs, keptMs: number): number {
  return Math.ceil((endedAt + keptMs) / 1_000)
}

/** The second from which DynamoDB may delete the row of an ended process: its id is known as used until then. */
export function rowExpiresAtSeconds(ended: { endedAt: EpochMs; limits?: Limits }): number {
  return expireAtSeconds(rowKeptUntil(ended), 0)
}

/** Whether a row that expires then can no longer be read. */
export const isOverAt = (expiresAtSeconds: number, now: EpochMs): boolean =>
  expiresAtSeconds * 1_000 - TOMBSTONE_MS <= now
