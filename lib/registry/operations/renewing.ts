import type { EpochMs } from '../../model/clock.ts'
import { LeaseLost } from '../../model/errors.ts'
import type { Lease, Renewal } from '../../model/lease.ts'
import { readLeaseItem, renewal } from '../codec/lease-item.ts'
import type { Context } from './context.ts'
import type { Item } from '../store/store.ts'

/** Extends the lease to now + ttlMs. Throws `LeaseLost` where it ran out, or another owner claimed, first (C13). */
export async function renew(ctx: Context, lease: Lease, ttlMs: number, now: EpochMs): Promise<Renewal> {
  const { id, fence } = lease
  // Before the first renewal there is no lease item to say so: then only the owner knows when its lease ends.
  if (lease.expiresAt <= now) {
    throw new LeaseLost({ id, fence, because: `it ran out at ${new Date(lease.expiresAt).toISOString()}` })
  }
  const expiresAt = now + ttlMs
  const reply = await ctx.store.write(renewal(lease, expiresAt, now))
  if (!reply.applied) throw new LeaseLost({ id, fence, because: reasonOf(reply.found, lease) })
  return { lease: { ...lease, expiresAt }, poke: readLeaseItem(reply.item).poke ?? 0 }
}

function reasonOf(found: Item | undefined, lease: Lease): string {
  const item = found === undefined ? undefined : readLeaseItem(found)
  if (item?.fence !== undefined && item.fence !== lease.fence)
    return `fence ${item.fence} has been claimed since`
  return item?.token === lease.token ? 'it ran out before this renewal' : 'its token is not the holder’s'
}
