import type { EpochMs } from './clock.ts'
import type { Lease, LeaseItem, RunningStep } from './lease.ts'
import {
  CLOCKS_DIFFER_MAX_MS,
  STALL_BACKOFF_MAX_MS,
  STALL_BACKOFF_MS,
  UNDEPLOYED_BACKOFF_MS,
} from './limits.ts'
import type { LastStep, LogEntry } from './log.ts'
import type { Evidence, ProcessRecord } from './record.ts'

/**
 * Proof of death: once an invocation's hard end is past, with a margin for clocks that differ, its owner cannot be
 * running, whatever its last renewal said. An owner without a hard end is never proven dead this way.
 */
export function deadlinePassed(lease: { hardAt?: EpochMs }, now: EpochMs): boolean {
  return lease.hardAt !== undefined && now >= lease.hardAt + CLOCKS_DIFFER_MAX_MS
}

/**
 * How long a suspect rests if its worker dies once more, given the workers that died while they ran it alone: not at all,
 * 1 s, 2 s, 4 s … to 15 min. No jitter is needed: rows stall one by one, not in step.
 */
export function stallBackoffMs(stalls: number): number {
  if (stalls < 1) return 0
  return Math.min(STALL_BACKOFF_MS * 2 ** Math.min(stalls - 1, 30), STALL_BACKOFF_MAX_MS)
}

/** How long a row rests whose definition is not deployed: 1 min, 2 min, 4 min … to 15 min. A deploy heals it. */
export function undeployedBackoffMs(tries: number): number {
  return Math.min(UNDEPLOYED_BACKOFF_MS * 2 ** Math.min(tries - 1, 10), STALL_BACKOFF_MAX_MS)
}

/**
 * How long a row rests that found the queue of its concurrency key full: up to 1 min, 2 min, 4 min … 15 min, and at least
 * half of that. Thousands may find it full in the same minute, and must not ask again in the same one.
 */
export function slotFullBackoffMs(tries: number, random: number): number {
  return Math.ceil((undeployedBackoffMs(tries) * (1 + random)) / 2)
}

/** What the log tells of the owner before this one, for a process that is ended because claims made no progress. */
export function exhaustedEvidence(
  record: ProcessRecord,
  log: readonly LogEntry[],
  writtenBy: string,
): Evidence {
  const takeover = log.findLast((entry) => entry.type === 'takeover')
  const step = takeover?.step
  return {
    lastOwner: takeover?.from ?? '',
    lastFence: record.fence - 1,
    writtenBy,
    because: 'attempts-exhausted',
    claims: record.fence,
    ...(step === undefined ? {} : { step }),
  }
}

/** What an owner writes of itself that is stopped in the middle of what must not be done twice. */
export function interruptedEvidence(record: ProcessRecord, lease: Lease, now: EpochMs): Evidence {
  const owner = `${lease.ownerId}/${lease.attemptId}`
  return {
    lastOwner: owner,
    lastFence: lease.fence,
    lastSeenAt: now,
    ...(lease.hardAt === undefined ? {} : { hardAt: lease.hardAt }),
    writtenBy: owner,
    because: 'interrupted',
    claims: record.fence,
  }
}

/** What is known of an owner that is gone, for the record of the end that is written in its stead. */
export function evidenceOf(
  record: ProcessRecord,
  lease: Lease,
  facts: { item: LeaseItem | undefined; writtenBy: string; because: Evidence['because'] },
): Evidence {
  const { renewedAt, step } = facts.item?.fence === lease.fence ? facts.item : {}
  return {
    lastOwner: `${lease.ownerId}/${lease.attemptId}`,
    lastFence: lease.fence,
    lastSeenAt: renewedAt ?? lease.claimedAt,
    leaseExpiredAt: lease.expiresAt,
    ...(lease.hardAt === undefined ? {} : { hardAt: lease.hardAt }),
    writtenBy: facts.writtenBy,
    because: facts.because,
    claims: record.fence,
    ...(step === undefined ? {} : { step: lastStep(step) }),
  }
}

/** A step as it stands in a record: how many ran beside it is no longer of use. */
export function lastStep({ name, attempt, since }: RunningStep): LastStep {
  return { name, attempt, since }
}
