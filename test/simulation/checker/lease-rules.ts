import type { StoreFact } from '../history.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { broken } from './violation.ts'
import { readLease, type StoredLease } from './stored.ts'

/** Every accepted write of a lease item: its fence never falls, and only a live lease of the one who holds it is renewed. */
export function leaseIsRenewed(observed: ObservedProcess, fact: StoreFact, index: number, say: Say): void {
  const [before, after] = [readLease(fact.before), readLease(fact.after)]
  if (fact.after === undefined || after.fence === undefined) return
  if (before.fence !== undefined && after.fence < before.fence)
    say(
      broken(
        'only the holder renews a lease',
        observed.id,
        index,
        `its fence fell: ${before.fence} → ${after.fence}`,
      ),
    )
  const renewed = after.renewedAt !== undefined && after.renewedAt !== before.renewedAt
  if (!renewed || fact.tx !== undefined) return
  const claimant = observed.claimants.get(after.fence)
  // A renewal that was slow may come after the next claim of the same host process.
  if (fact.by !== undefined && fact.by === claimant)
    observed.heldUntil.set(fact.by, Math.max(observed.heldUntil.get(fact.by) ?? 0, after.expiresAt ?? 0))
  if (fact.by !== undefined && claimant !== undefined && claimant !== fact.by)
    say(
      broken(
        'only the holder renews a lease',
        observed.id,
        index,
        `${fact.by} renewed the lease of ${claimant}`,
      ),
    )
  if (untilBefore(observed, before, after.fence) <= (after.renewedAt ?? 0))
    say(
      broken(
        'an expired lease is not renewed',
        observed.id,
        index,
        'renewed after its own clock said it was over',
      ),
    )
  if (before.fence === after.fence && before.token !== undefined && before.token !== after.token)
    say(broken('only the holder renews a lease', observed.id, index, 'its token changed under one fence'))
}

/** When the lease of this fence was over: by its item, or before the first renewal by what the claim gave. */
function untilBefore({ row }: ObservedProcess, before: StoredLease, fence: number): number {
  const renewed = before.fence === fence ? before.expiresAt : undefined
  const granted = row?.fence === fence ? row.grantedUntil : undefined
  return renewed ?? granted ?? Infinity
}
