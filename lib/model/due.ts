import { createHash } from 'node:crypto'
import type { EpochMs } from './clock.ts'
import { ProcessTimedOut } from './errors.ts'
import type { Fence, ProcessId } from './ids.ts'
import { WAKEUP_GRACE_MS, DUE_SHARDS } from './limits.ts'
import type { Lease } from './lease.ts'
import type { LogEntry } from './log.ts'
import { isTerminal, type ProcessRow, type Status, type Wait } from './record.ts'

/** What the due index says of a row, and all that a sweep reads of it. */
export type DueRow = {
  readonly id: ProcessId
  readonly kind: string
  readonly status: Status
  readonly fence: Fence
  readonly dueAt: EpochMs
  readonly wakeupScheduled: boolean
  /** Its wake-ups go to the queue of the urgent ones. */
  readonly urgent?: boolean
}

/** Which shard of the due index a process is in: by its id, so all its rows meet in one. */
export function dueShard(id: ProcessId, shards: number = DUE_SHARDS): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % shards
}

export type WakeupDecision =
  | { readonly wake: true; readonly delayMs: number }
  | { readonly wake: false; readonly because: 'leased' | 'wakeupScheduled' | 'later' }

/**
 * Shall the sweep wake this row, and with what delay? It looks ahead to the next pass, so a timer fires to the
 * second though a pass comes once a minute. A row that a wake-up was sent for is left alone until it is overdue.
 * The sweep wakes a running row only after its lease expires, never ahead: most owners end or renew first.
 */
export function decideWakeup(
  row: DueRow,
  liveUntil: EpochMs | undefined,
  facts: { now: EpochMs; lookAheadMs: number; maxDelayMs?: number; graceMs?: number },
): WakeupDecision {
  const { now, lookAheadMs, maxDelayMs = lookAheadMs, graceMs = WAKEUP_GRACE_MS } = facts
  if (row.status === 'running') {
    if (liveUntil !== undefined && liveUntil > now) return { wake: false, because: 'leased' }
    return row.dueAt <= now ? { wake: true, delayMs: 0 } : { wake: false, because: 'later' }
  }
  if (row.wakeupScheduled && row.dueAt + graceMs > now) return { wake: false, because: 'wakeupScheduled' }
  if (row.dueAt > now + Math.min(lookAheadMs, maxDelayMs)) return { wake: false, because: 'later' }
  return { wake: true, delayMs: Math.max(0, row.dueAt - now) }
}

/** When the whole process has to have ended; undefined where it may take as long as it likes. */
export function deadlineOf(row: {
  createdAt: EpochMs
  startAt?: EpochMs
  limits?: { timeoutMs?: number }
}): EpochMs | undefined {
  const timeoutMs = row.limits?.timeoutMs
  return timeoutMs === undefined ? undefined : Math.max(row.createdAt, row.startAt ?? 0) + timeoutMs
}

/**
 * True if an earlier owner worked past the process's deadline, with no cancel request before that. For that owner the time was
 * up, and what it recorded followed from it. So it is up for each later owner, whose clock may be minutes behind (C71).
 */
export function timedOutBefore(row: Parameters<typeof deadlineOf>[0], log: readonly LogEntry[]): boolean {
  const deadline = deadlineOf(row) ?? Number.POSITIVE_INFINITY
  const first = log.find(({ type, at }) => type === 'cancel' || (OWNERS.includes(type) && at >= deadline))
  return first !== undefined && first.type !== 'cancel'
}

/** The reason of a run that is out of time. */
export function timeoutOf({ id, limits }: Pick<ProcessRow, 'id' | 'limits'>): ProcessTimedOut {
  return new ProcessTimedOut({ id, timeoutMs: limits?.timeoutMs ?? 0 })
}

/** Entries that owners write by their clocks. */
const OWNERS: readonly LogEntry['type'][] = ['effect', 'begin', 'attempt']

/** What keeps an open process from being forgotten; `breach` where nothing does (C52). */
export type WakeSource = 'leased' | 'due' | 'outside-event' | 'ended' | 'breach'

const NAMED_EVENTS: readonly string[] = ['external', 'effects', 'slot']

/** Of a record, or of its image in the table's stream. */
type WakeFields = { readonly status: Status; readonly dueAt?: EpochMs; readonly wait?: Pick<Wait, 'for'> }

export function wakeSourceOf(record: WakeFields, lease: Lease | undefined, now: EpochMs): WakeSource {
  if (isTerminal(record.status)) return 'ended'
  if (record.status === 'stuck') return 'outside-event'
  if (record.dueAt !== undefined) return 'due'
  const { wait } = record
  if (record.status === 'waiting' && wait !== undefined && NAMED_EVENTS.includes(wait.for))
    return 'outside-event'
  return lease !== undefined && lease.expiresAt > now ? 'leased' : 'breach'
}
