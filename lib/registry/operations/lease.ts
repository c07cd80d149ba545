import type { EpochMs } from '../../model/clock.ts'
import { LeaseLost } from '../../model/errors.ts'
import {
  leaseHolderOf,
  type LeaseHolder,
  type Lease,
  type Renewal,
  type RunningStep,
} from '../../model/lease.ts'
import type { ProcessRecord } from '../../model/record.ts'
import { leaseKey, processKey } from '../codec/keys.ts'
import { readLeaseItem, renewal } from '../codec/lease-item.ts'
import type { Context } from './context.ts'
import type { Item } from '../store/store.ts'
import { ROW } from '../codec/rows.ts'
import type { FenceCheck } from '../../model/fence-check.ts'
import { TABLE } from '../table.ts'

/** See `ProcessRegistry.renew` (C13). */
export async function renew(
  ctx: Context,
  lease: Lease,
  ttlMs: number,
  now: EpochMs,
  step?: RunningStep,
): Promise<Renewal> {
  const { id, fence } = lease
  // Before the first renewal there is no lease item to say so: then only the owner knows when its lease ends.
  if (lease.expiresAt <= now) {
    throw new LeaseLost({ id, fence, because: `it ran out at ${new Date(lease.expiresAt).toISOString()}` })
  }
  const expiresAt = now + ttlMs
  const reply = await ctx.store.write(renewal(lease, expiresAt, now, step))
  if (!reply.applied) throw new LeaseLost({ id, fence, because: reasonOf(reply.found, lease) })
  return { lease: { ...lease, expiresAt }, notice: readLeaseItem(reply.item).notice ?? 0 }
}

/** See `ProcessRegistry.heldBy` (C72). */
export async function holderOf(ctx: Context, record: ProcessRecord): Promise<LeaseHolder | undefined> {
  if (record.status !== 'running') return undefined
  const item = await ctx.store.get(leaseKey(record.id))
  return leaseHolderOf(record, item === undefined ? undefined : readLeaseItem(item))
}

function reasonOf(found: Item | undefined, lease: Lease): string {
  const item = found === undefined ? undefined : readLeaseItem(found)
  if (item?.fence !== undefined && item.fence !== lease.fence)
    return `fence ${item.fence} has been claimed since`
  return item?.token === lease.token ? 'it ran out before this renewal' : 'its token is not the holder’s'
}

/**
 * FENCE: the process is still run under this lease's fence (C57). In DynamoDB's own terms, and not the store's, since it
 * goes into a transaction that the author sends. One that was parked or has ended meanwhile is refused too.
 */
export function fenceCheck({ tableName }: Context, { id, fence }: Lease): FenceCheck {
  const { pk, sk } = processKey(id)
  return {
    TableName: tableName,
    Key: { [TABLE.partitionKey.name]: pk, [TABLE.sortKey.name]: sk },
    ConditionExpression: '#leaseholdFence = :leaseholdFence AND #leaseholdStatus = :leaseholdStatus',
    ExpressionAttributeNames: { '#leaseholdFence': ROW.fence.attr, '#leaseholdStatus': ROW.status.attr },
    ExpressionAttributeValues: { ':leaseholdFence': fence, ':leaseholdStatus': 'running' },
  }
}
