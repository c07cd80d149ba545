import type { StoreFact } from '../history.ts'
import type { ProcessLife, Say } from './life-of-process.ts'
import { broken } from './violation.ts'
import { readLease, type StoredLease } from './stored.ts'

/** Every accepted write of a lease item: its fence never falls, and only a live lease of the one who holds it is renewed. */
export function leaseIsRenewed(life: ProcessLife, fact: StoreFact, index: number, say: Say): void {
  const [before, after] = [readLease(fact.before), readLease(fact.after)]
  if (fact.after === undefined || after.fence === undefined) return
  if (before.fence !== undefined && after.fence < before.fence)
    say(
      broken('the lease belongs to one', life.id, index, `its fence fell: ${before.fence} → ${after.fence}`),
    )
  const renewed = after.renewedAt !== undefined && after.renewedAt !== before.renewedAt
  if (!renewed || fact.tx !== undefined) return
  const claimant = life.claimants.get(after.fence)
  // A renewal that was slow may come after the next claim of the same life.
  if (fact.by !== undefined && fact.by === claimant)
    life.heldUntil.set(fact.by, Math.max(life.heldUntil.get(fact.by) ?? 0, after.expiresAt ?? 0))
  if (fact.by !== undefined && claimant !== undefined && claimant !== fact.by)
    say(broken('the lease belongs to one', life.id, index, `${fact.by} renewed the lease of ${claimant}`))
  if (untilBefore(life, before, after.fence) <= (after.renewedAt ?? 0))
    say(
      broken(
        'a lease that is over is not renewed',
        life.id,
        index,
        'renewed after its own clock said it was over',
      ),
    )
  if (before.fence === after.fence && before.token !== undefined && before.token !== after.token)
    say(broken('the lease belongs to one', life.id, index, 'its token changed under one fence'))
}

/** When the lease of this fence was over: by its item, or before the first renewal by what the claim gave. */
function untilBefore({ row }: ProcessLife, before: StoredLease, fence: number): number {
  const renewed = before.fence === fence ? before.expiresAt : undefined
  const granted = row?.fence === fence ? row.grantedUntil : undefined
  return renewed ?? granted ?? Infinity
}
