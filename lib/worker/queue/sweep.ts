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
} from '../../model/limits.ts'
import { codeOf } from '../../model/failure.ts'
import type { ProcessRegistry } from '../../registry/port.ts'
import type { Telemetry } from '../../telemetry/port.ts'
import type { Doorbell } from './doorbell.ts'
import { bellOf } from './park-bell.ts'
import type { Place, RowBell, SweepMemory } from './sweep-memory.ts'

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
  /** What the host keeps between passes. Without it nobody could go on where a pass stops, so each reads all that is due. */
  readonly memory?: SweepMemory
  /** Ring nothing while more messages than this wait. Default 1,000. */
  readonly queueLongAt?: number
}

export type SweepPass = {
  /** Rows read that are due now or before the next pass. */
  readonly due: number
  readonly rung: number
  /** How long the oldest row is due that nobody has a live lease on; 0 where none is overdue. */
  readonly oldestDueMs: number
  /** The queue was long: nothing, or not everything, was rung. The rows stay due. */
  readonly heldBack: boolean
  /** A shard had more rows than one pass reads; the next one goes on from there. */
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
  const results =
    room.left <= 0
      ? []
      : await pMap(shardsInTurn(parts), (shard) => sweepShard(parts, shard, room), {
          concurrency: SHARDS_AT_ONCE,
        })
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

/** Who comes first turns with each pass: where there are more bells than room, the first shards take it all. */
function shardsInTurn({ registry, clock, everyMs = SWEEP_EVERY_MS }: SweepParts): number[] {
  const { dueShards } = registry
  const first = Math.abs(Math.floor(clock.now() / everyMs)) % dueShards
  return Array.from({ length: dueShards }, (_, nth) => (first + nth) % dueShards)
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

type Tally = { read: number; due: number; rung: number; oldestDueMs: number }

/**
 * Goes on where the last pass stopped and, once at the end, from the top to there. A shard that fails is told and left to
 * the next pass: the others must not wait for it.
 */
async function sweepShard(parts: SweepParts, shard: number, room: Room): Promise<ShardResult> {
  const { clock, telemetry, memory, everyMs = SWEEP_EVERY_MS } = parts
  const until = clock.now() + everyMs
  const tally: Tally = { read: 0, due: 0, rung: 0, oldestDueMs: 0 }
  try {
    const from = memory?.takePlace(shard, until)
    let stopped = await readOn(parts, { shard, until, from }, room, tally)
    if (stopped === undefined && from?.dueAt !== undefined)
      stopped = await readOn(parts, { shard, until: from.dueAt, from: undefined }, room, tally)
    if (stopped !== undefined) memory?.keepPlace(shard, stopped)
    return { ...tally, truncated: stopped !== undefined && room.left > 0, failed: false }
  } catch (error) {
    const code = codeOf(error)
    telemetry.count('RunFailed', 1, { shard, code })
    telemetry.error('a shard could not be swept; the next pass looks again', error, { shard })
    return { ...tally, truncated: false, failed: true }
  }
}

type Stretch = { readonly shard: number; readonly until: EpochMs; readonly from: Place | undefined }

/** Reads and rings, page by page. Answers where it stopped; undefined at the end, and where that is the top. */
async function readOn(
  parts: SweepParts,
  { shard, until, from }: Stretch,
  room: Room,
  tally: Tally,
): Promise<Place | undefined> {
  const { registry, doorbell, clock, memory, everyMs = SWEEP_EVERY_MS } = parts
  const rowsMax = memory === undefined ? Number.POSITIVE_INFINITY : SWEEP_ROWS_PER_SHARD
  let place = from
  do {
    const cursor = place === undefined ? {} : { cursor: place.cursor }
    const page = await registry.listDue({ shard, until, limit: PAGE_ROWS, ...cursor })
    const { items, unreadable = [] } = page
    tellUnreadable(parts, unreadable)
    const judged = await judgeRows(parts, items, room.queueIsEmpty)
    const bells = judged.bells.slice(0, Math.max(0, room.left))
    room.left -= bells.length
    tally.read += items.length + unreadable.length
    tally.due += items.length
    tally.oldestDueMs = Math.max(tally.oldestDueMs, judged.oldestDueMs)
    await doorbell.ring(bells.map(({ row, delayMs }) => bellOf(row, delayMs)))
    memory?.noteRung(bells, clock.now(), everyMs)
    tally.rung += bells.length
    // Some of this page found no room: it is the one to go on with.
    if (bells.length < judged.bells.length) return place
    const dueAt = items.at(-1)?.dueAt ?? place?.dueAt
    place =
      page.cursor === undefined
        ? undefined
        : { cursor: page.cursor, until, ...(dueAt === undefined ? {} : { dueAt }) }
  } while (place !== undefined && room.left > 0 && tally.read < rowsMax)
  return place
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
    if (!verdict.ring || parts.memory?.hasRung(row, { now, everyMs, queueIsEmpty }) === true) return []
    return [{ row, delayMs: verdict.delayMs }]
  })
  return { bells, oldestDueMs }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
