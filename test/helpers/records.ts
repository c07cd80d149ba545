import type { ClaimRequest } from '../../lib/model/claim.ts'
import type { Ownership, RunningRecord } from '../../lib/model/ownership.ts'
import type { ProcessId } from '../../lib/model/ids.ts'
import type { Grant } from '../../lib/model/lease.ts'
import type { ProcessRecord, Status, StoredOutput, Wait } from '../../lib/model/record.ts'

export const T = 1_764_000_000_000
export const ID = 'order-7' as ProcessId

/** A claim at T for 30 s. */
export const GRANT: Grant = {
  ownerId: 'host-a',
  attemptId: 'run-a',
  token: 'token-a',
  claimedAt: T,
  until: T + 30_000,
}
const OUTPUT: StoredOutput = { outcome: 'success', value: { value: 1 } }
const WAIT: Wait = { for: 'worker' }

/** What each status has of its own, unless told otherwise. */
const OWN = {
  pending: { dueAt: T },
  running: { grant: GRANT, dueAt: GRANT.until, startedAt: T },
  waiting: { wait: WAIT, dueAt: T },
  stuck: { wait: WAIT },
  completed: { output: OUTPUT, endedAt: T },
  failed: { output: OUTPUT, endedAt: T },
  cancelled: { output: OUTPUT, endedAt: T },
  abandoned: { output: OUTPUT, endedAt: T },
} as const

/** A record in the given status, with everything else as plain as can be. */
export function aRecord(more: { status: Status } & Partial<ProcessRecord>): ProcessRecord {
  return {
    id: ID,
    kind: 'orders.charge',
    recovery: 'rerun',
    hash: 'h',
    input: { value: null },
    fence: 1,
    commit: 0,
    seq: 0,
    tail: [],
    stalls: 1,
    createdAt: T,
    ...OWN[more.status],
    ...more,
  } as ProcessRecord
}

export function aRunning(more: Partial<RunningRecord> = {}): RunningRecord {
  return aRecord({ ...more, status: 'running' }) as RunningRecord
}

export function anOwnership(more: Partial<RunningRecord> = {}): Ownership {
  const row = aRunning(more)
  const { until, ...grant } = row.grant
  return { row, lease: { id: row.id, fence: row.fence, ...grant, expiresAt: until } }
}

export function aClaim(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { ownerId: 'host-b', attemptId: 'run-b', token: 'token-b', ttlMs: 30_000, ...more }
}
