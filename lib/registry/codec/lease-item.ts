import type { EpochMs } from '../../model/clock.ts'
import type { Fence, ProcessId, Seq } from '../../model/ids.ts'
import type { Grant, Lease, LeaseItem, RunningStep } from '../../model/lease.ts'
import { LEASE_ITEM_KEPT_MS } from '../../model/limits.ts'
import { expireAtSeconds } from './plans.ts'
import { TTL } from './rows.ts'
import { leaseKey, nameOf } from './keys.ts'
import { instant, needed, optional, readFields, struct, text, whole, type Fields } from './shape.ts'
import type { Guard, Item, Write } from '../store/store.ts'

// The lease item is small and in no index, so that a renewal costs one write unit whatever the process carries.

const RUNNING_STEP: Fields<RunningStep> = {
  name: needed('n', text),
  attempt: needed('k', whole),
  since: needed('at', instant),
  beside: optional('b', whole),
}
const LEASE_ITEM: Fields<LeaseItem> = {
  fence: optional('f', whole),
  token: optional('t', text),
  expiresAt: optional('e', instant),
  renewedAt: optional('rn', instant),
  notice: optional('p', whole),
  step: optional('s', struct(RUNNING_STEP)),
}
const { fence: FENCE, token: TOKEN, expiresAt: EXPIRES_AT, renewedAt: RENEWED_AT } = LEASE_ITEM
const { notice: NOTICE, step: STEP } = LEASE_ITEM
const OWNER = 'o'
const ATTEMPT_ID = 'i'

/** Throws `UnreadableItem`. */
export function readLeaseItem(item: Item): LeaseItem {
  return readFields(LEASE_ITEM, item, { key: nameOf(item), path: '' })
}

/**
 * RENEWING (C13): the lease item is not there yet, or belongs to an owner that was overtaken, or is this owner's
 * and unexpired. It is never of a newer fence: a take-over puts its own fence here, so the next renewal of an overtaken
 * owner is refused, however slow its clock. Sent again after a lost reply, a renewal finds its own values and writes them again.
 */
export function renewal(lease: Lease, until: EpochMs, now: EpochMs, step: RunningStep | undefined): Write {
  return {
    do: 'update',
    key: leaseKey(lease.id),
    change: {
      set: {
        [FENCE.attr]: lease.fence,
        [TOKEN.attr]: lease.token,
        [OWNER]: lease.ownerId,
        [ATTEMPT_ID]: lease.attemptId,
        [EXPIRES_AT.attr]: until,
        [RENEWED_AT.attr]: now,
        [TTL]: expireAtSeconds(until, LEASE_ITEM_KEPT_MS),
        ...(step === undefined ? {} : { [STEP.attr]: STEP.shape.write(step) }),
      },
      ...(step === undefined ? { remove: [STEP.attr] } : {}),
    },
    when: {
      any: [
        { attr: FENCE.attr, absent: true },
        { attr: FENCE.attr, below: lease.fence },
        {
          all: [
            { attr: FENCE.attr, is: lease.fence },
            { attr: TOKEN.attr, is: lease.token },
            { attr: OWNER, is: lease.ownerId },
            { attr: ATTEMPT_ID, is: lease.attemptId },
            { attr: EXPIRES_AT.attr, above: now },
          ],
        },
      ],
    },
  }
}

/**
 * NO LIVE OWNER: the lease of the fence that was read has expired, or no lease item of that fence was ever written. Every
 * write that overrules an owner contains this guard, so a renewal between its read and its write wins.
 */
function noLiveOwner(readFence: Fence, now: EpochMs): Guard {
  return {
    any: [
      { attr: FENCE.attr, absent: true },
      { attr: FENCE.attr, below: readFence },
      {
        all: [
          { attr: FENCE.attr, is: readFence },
          { attr: EXPIRES_AT.attr, atMost: now },
        ],
      },
    ],
  }
}

/** Replaces an expired lease with a new owner's. */
export function takeoverLease(
  id: ProcessId,
  fence: { read: Fence; next: Fence },
  grant: Grant,
  now: EpochMs,
): Write {
  return {
    do: 'put',
    item: {
      ...leaseKey(id),
      [FENCE.attr]: fence.next,
      [TOKEN.attr]: grant.token,
      [OWNER]: grant.ownerId,
      [ATTEMPT_ID]: grant.attemptId,
      [EXPIRES_AT.attr]: grant.until,
      [TTL]: expireAtSeconds(grant.until, LEASE_ITEM_KEPT_MS),
    },
    when: noLiveOwner(fence.read, now),
  }
}

/** Leaves a fence that no owner has, so that the last owner's next renewal fails. */
export function closeLease(id: ProcessId, fence: { read: Fence; next: Fence }, now: EpochMs): Write {
  return {
    do: 'put',
    item: {
      ...leaseKey(id),
      [FENCE.attr]: fence.next,
      [EXPIRES_AT.attr]: now,
      [TTL]: expireAtSeconds(now, LEASE_ITEM_KEPT_MS),
    },
    when: noLiveOwner(fence.read, now),
  }
}

/**
 * Notifies the owner, through its next renewal, that a client appended entry `seq`. The number never falls:
 *   1. A signal is entry 5, and its notice is slow. 2. The owner reads entry 5 in the reply to its own commit, entry 6. 3. A cancel
 *   is entry 7, and its notice is written. 4. The slow notice would write 5, and hide entry 7 from the owner until its step ends.
 */
export function noticeOwner(id: ProcessId, seq: Seq, now: EpochMs): Write {
  return {
    do: 'update',
    key: leaseKey(id),
    change: { set: { [NOTICE.attr]: seq, [TTL]: expireAtSeconds(now, LEASE_ITEM_KEPT_MS) } },
    when: {
      any: [
        { attr: NOTICE.attr, absent: true },
        { attr: NOTICE.attr, below: seq },
      ],
    },
  }
}
