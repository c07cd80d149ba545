import { LeaseLost, LeaseholdError } from '../model/errors.ts'
import type { Lease } from '../model/lease.ts'

/** The lease ran out before a renewal came through. */
export function outOfTime(lease: Lease, cause?: unknown): LeaseLost {
  const why = cause instanceof LeaseholdError ? `: ${cause.code}` : ''
  return new LeaseLost(
    { id: lease.id, fence: lease.fence, because: `it ran out before it was renewed${why}` },
    cause,
  )
}
