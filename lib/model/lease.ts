import type { EpochMs } from './clock.ts'
import { sameOwner, type Fence, type Owner, type ProcessId } from './ids.ts'

/**
 * The right to run a process now. It says that its owner is alive. The fence on the process item alone decides whether that
 * owner may *write*, so a wrong clock can cost a needless take-over but never a second writer.
 */
export type Lease = Owner & {
  readonly id: ProcessId
  readonly token: string
  readonly fence: Fence
  readonly claimedAt: EpochMs
  /** Live only while this is strictly later than now (C12). */
  readonly expiresAt: EpochMs
  /** The hard end of the owner's invocation; absent on hosts without one. */
  readonly hardAt?: EpochMs
}

/** The lease as the process item carries it from the claim on. Absent without an owner. */
export type Grant = Owner & {
  readonly token: string
  readonly claimedAt: EpochMs
  readonly until: EpochMs
  readonly hardAt?: EpochMs
}

/** The step whose body an owner runs. Of several it is the one that began first. */
export type RunningStep = {
  readonly name: string
  readonly attempt: number
  /** When this attempt began, by the owner's clock. */
  readonly since: EpochMs
  /** How many other bodies run beside it; absent if there are none. */
  readonly beside?: number
}

/** The lease item, which exists from the first renewal on. It may be older than the grant, or contain a notice alone. */
export type LeaseItem = {
  readonly fence?: Fence
  readonly token?: string
  readonly expiresAt?: EpochMs
  readonly renewedAt?: EpochMs
  /** Log number of the newest outside append that the owner should look at. */
  readonly notice?: number
  /** As the newest renewal found it; absent if no body ran then. */
  readonly step?: RunningStep
}

/** Who holds a running process, until when, and in which step: what the row and its lease item say together. */
export type LeaseHolder = Pick<Lease, 'ownerId' | 'claimedAt' | 'expiresAt' | 'hardAt'> &
  Pick<LeaseItem, 'renewedAt' | 'step'>

/** The renewed lease, and the newest entry that its owner should read. */
export type Renewal = { readonly lease: Lease; readonly notice: number }

/**
 * The lease that stands for a process: the later of the grant and the lease item, as far as the item is of the
 * current fence. An item of an older fence belongs to an owner that was overtaken, and is ignored.
 */
export function leaseOf(row: LeaseFence & { grant: Grant }, item: LeaseItem | undefined): Lease
export function leaseOf(row: LeaseFence & { grant?: Grant }, item: LeaseItem | undefined): Lease | undefined
export function leaseOf(row: LeaseFence & { grant?: Grant }, item: LeaseItem | undefined): Lease | undefined {
  const { id, fence, grant } = row
  if (grant === undefined) return undefined
  const renewedUntil = item?.fence === fence ? (item.expiresAt ?? 0) : 0
  const { until, ...rest } = grant
  return { id, fence, ...rest, expiresAt: Math.max(until, renewedUntil) }
}

/** What `leaseOf` makes of a running row, without its secrets and with the step of its newest renewal. */
export function leaseHolderOf(row: LeaseFence & { grant: Grant }, item: LeaseItem | undefined): LeaseHolder {
  const { ownerId, claimedAt, expiresAt, hardAt } = leaseOf(row, item)
  const { renewedAt, step } = item?.fence === row.fence ? item : {}
  return {
    ownerId,
    claimedAt,
    expiresAt,
    ...(hardAt === undefined ? {} : { hardAt }),
    ...(renewedAt === undefined ? {} : { renewedAt }),
    ...(step === undefined ? {} : { step }),
  }
}

type LeaseFence = { readonly id: ProcessId; readonly fence: Fence }

export function isLive(lease: Lease | undefined, now: EpochMs): lease is Lease {
  return lease !== undefined && lease.expiresAt > now
}

export function isMine(lease: Lease | Grant, me: Owner): boolean {
  return sameOwner(lease, me)
}
