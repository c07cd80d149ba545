import pMap from 'p-map'
import type { Clock, EpochMs } from '../../model/clock.ts'
import { judgeRing, type DueRow } from '../../model/due.ts'
import {
  BELL_GRACE_IDLE_MS,
  BELL_GRACE_MS,
  PAGE_ROWS,
  QUEUE_LONG_AT,
  SWEEP_EVERY_MS,
  SWEEP_ROWS_PER_SHARD,
  RING_AGAIN_AFTER_PASSES,
} from '../../model/limits.ts'
import { codeOf } from '../../model/failure.ts'
import type { ProcessRegistry } from '../../registry/port.ts'
import type { Telemetry } from '../../telemetry/port.ts'
import type { Doorbell } from './doorbell.ts'
import { bellOf } from './park-bell.ts'

/** Keys that one line of the log names. */
const KEYS_TOLD = 10
/** Shards read at once. */
const SHARDS_AT_ONCE = 4

export type SweepParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** How far ahead to look: to the next pass. Default one minute. */
  readonly everyMs?: number
  /** What earlier passes rang for, where the host keeps it between them. */
  readonly recent?: RecentBells
  /** Ring nothing while more messages than this wait. Default 1,000. */
  readonly queueLongAt?: number
}

/**
 * What the last passes rang for. A row stays due until a worker has taken it, and behind a queue that takes longer than
 * a pass: rung again each time, a backlog would feed itself. It is a hint in one host's memory and not the truth:
 * without it a row is only rung more often, and a doorbell that was lost is rung again a few passes later.
 *
 * Where nothing waits in the queue, a doorbell that came to nothing did not wait there: a worker died with it, could not
 * reach the table, or keeps it behind others of its batch. Then the next pass rings again, the one after the next if that
 * was in vain, and from there on each third: a row that nobody may claim yet costs no more than one doorbell besides.
 */
export class RecentBells {
  readonly #rung = new Map<string, { readonly at: EpochMs; readonly times: number }>()

  /** Is a doorbell for this row, as it stands, to be waited for? */
  has(row: DueRow, { now, everyMs, queueIsEmpty }: RingFacts): boolean {
    const bell = this.#rung.get(nameOf(row))
    if (bell === undefined) return false
    const passes = queueIsEmpty ? Math.min(bell.times, RING_AGAIN_AFTER_PASSES) : RING_AGAIN_AFTER_PASSES
    // Passes do not come to the millisecond: one that is a little early is the one that was meant.
    return now - bell.at < everyMs * (passes - HALF_A_PASS)
  }

  note(bells: readonly RowBell[], now: EpochMs, everyMs: number): void {
    for (const [name, { at }] of this.#rung)
      if (now - at >= 2 * everyMs * RING_AGAIN_AFTER_PASSES) this.#rung.delete(name)
    for (const { row, delayMs } of bells) {
      const name = nameOf(row)
      this.#rung.set(name, { at: now + delayMs, times: (this.#rung.get(name)?.times ?? 0) + 1 })
    }
  }
}

const HALF_A_PASS = 0.5

/** What a pass knows of the queue before it rings. */
type RingFacts = { readonly now: EpochMs; readonly everyMs: number; readonly queueIsEmpty: boolean }
type RowBell = { readonly row: DueRow; readonly delayMs: number }

/** A claim or a park changes fence or due time, and the row is another to ring for. */
function nameOf(row: DueRow): string {
  return `${row.id}#${row.fence}#${row.dueAt}`
}

export type SweepPass = {
  /** Rows read that are due now or before the next pass. */
  readonly due: number
  readonly rung: number
  /** How long the oldest row is due that nobody has a live lease on; 0 where none is overdue. */
  readonly oldestDueMs: number
  /** The queue was long: nothing, or not everything, was rung. The rows stay due. */
  readonly heldBack: boolean
  /** A shard had more rows than one pass reads; the next one goes on. */
  readonly truncated: boolean
  /** Shards that could not be read or rung; the next pass tries again. */
  readonly failedShards: number
}

/**
 * One pass of the recovery sweep: reads what is due from the due index, shard by shard, and rings for what no doorbell
 * will wake. It reads what is due, not what exists, writes nothing, and may run any number of times at once.
 */
export async function sweep(parts: SweepParts): Promise<SweepPass> {
  const { doorbell, telemetry, queueLongAt = QUEUE_LONG_AT } = parts
  const backlog = await doorbell.backlog()
  const room = { left: queueLongAt - backlog, queueIsEmpty: backlog === 0 }
  const shards = Array.from({ length: parts.registry.dueShards }, (_, shard) => shard)
  const results =
    room.left <= 0
      ? []
      : await pMap(shards, (shard) => sweepShard(parts, shard, room), { concurrency: SHARDS_AT_ONCE })
  const pass = {
    due: sum(results, (result) => result.due),
    rung: sum(results, (result) => result.rung),
    oldestDueMs: Math.max(0, ...results.map((result) => result.oldestDueMs)),
    heldBack: room.left <= 0,
    truncated: results.some((result) => result.truncated),
    failedShards: results.filter((result) => result.failed).length,
  }
  telemetry.count('SweepDue', pass.due)
  telemetry.count('SweepRung', pass.rung)
  // A pass that was held back read nothing, and a zero would say that all is well.
  if (results.length > 0) telemetry.measure('OldestDue', pass.oldestDueMs)
  if (pass.heldBack) telemetry.count('SweepHeldBack')
  if (pass.truncated) telemetry.count('SweepTruncated')
  return pass
}

/** For all shards of a pass: how many bells it may still ring, and whether anything waited before it. */
type Room = { left: number; readonly queueIsEmpty: boolean }

type ShardResult = {
  readonly due: number
  readonly rung: number
  readonly oldestDueMs: number
  readonly truncated: boolean
  readonly failed: boolean
}

/** A shard that fails is told and left to the next pass: the others must not wait for it. */
async function sweepShard(parts: SweepParts, shard: number, room: Room): Promise<ShardResult> {
  const { registry, doorbell, clock, telemetry, everyMs = SWEEP_EVERY_MS } = parts
  const until = clock.now() + everyMs
  let [due, rung, oldestDueMs] = [0, 0, 0]
  let cursor: string | undefined
  try {
    do {
      const page = await registry.listDue({
        shard,
        until,
        limit: PAGE_ROWS,
        ...(cursor === undefined ? {} : { cursor }),
      })
      tellUnreadable(parts, page.unreadable ?? [])
      const judged = await judgeRows(parts, page.items, room.queueIsEmpty)
      oldestDueMs = Math.max(oldestDueMs, judged.oldestDueMs)
      const bells = judged.bells.slice(0, Math.max(0, room.left))
      room.left -= bells.length
      due += page.items.length
      await doorbell.ring(bells.map(({ row, delayMs }) => bellOf(row, delayMs)))
      parts.recent?.note(bells, clock.now(), everyMs)
      rung += bells.length
      cursor = page.cursor
    } while (cursor !== undefined && room.left > 0 && due < SWEEP_ROWS_PER_SHARD)
    return { due, rung, oldestDueMs, truncated: cursor !== undefined && room.left > 0, failed: false }
  } catch (error) {
    const code = codeOf(error)
    telemetry.count('RunFailed', 1, { shard, code })
    telemetry.error('a shard could not be swept; the next pass looks again', error, { shard })
    return { due, rung, oldestDueMs, truncated: false, failed: true }
  }
}

/** Nothing is rung for what cannot be read, and nobody else would say so. */
function tellUnreadable({ telemetry }: SweepParts, keys: readonly string[]): void {
  if (keys.length === 0) return
  telemetry.count('UnreadableItem', keys.length)
  telemetry.warn('due rows cannot be read; the others are rung for', { keys: keys.slice(0, KEYS_TOLD) })
}

type Judged = { readonly bells: readonly RowBell[]; readonly oldestDueMs: number }

/** Rings for rows of a page, soonest first. Leases are looked up only for running rows, whose grant is over. */
async function judgeRows(parts: SweepParts, rows: readonly DueRow[], queueIsEmpty: boolean): Promise<Judged> {
  const { registry, clock, everyMs = SWEEP_EVERY_MS } = parts
  const now = clock.now()
  const graceMs = queueIsEmpty ? BELL_GRACE_IDLE_MS : BELL_GRACE_MS
  const running = rows.filter((row) => row.status === 'running' && row.dueAt <= now)
  const liveUntil = running.length === 0 ? undefined : await registry.leasedUntil(running)
  let oldestDueMs = 0
  const bells = rows.flatMap((row) => {
    const verdict = judgeRing(row, liveUntil?.get(row.id), {
      now,
      lookAheadMs: everyMs,
      graceMs,
    })
    if (verdict.ring || verdict.because !== 'leased') oldestDueMs = Math.max(oldestDueMs, now - row.dueAt)
    if (!verdict.ring || parts.recent?.has(row, { now, everyMs, queueIsEmpty }) === true) return []
    return [{ row, delayMs: verdict.delayMs }]
  })
  return { bells, oldestDueMs }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
