import type { Clock, EpochMs } from '../model/clock.ts'
import { decideWakeup, type DueRow } from '../model/due.ts'
import {
  WAKEUP_GRACE_IDLE_MS,
  WAKEUP_GRACE_MS,
  PAGE_ROWS,
  SWEEP_EVERY_MS,
  SWEEP_ROWS_PER_SHARD,
} from '../model/limits.ts'
import { codeOf } from '../model/failure.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { Doorbell } from '../queue/doorbell.ts'
import { wakeupOf } from '../queue/wakeups.ts'
import type { Lane, SweepPosition, RowWakeup, SweepMemory } from './memory.ts'
import { isRecovery, ShardRoom, type Room, type Rooms } from './room.ts'

/** Keys that one line of the log names. */
const KEYS_TOLD = 10

export type SweepParts = {
  readonly registry: ProcessRegistry
  readonly doorbell: Doorbell
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** How far ahead to look: to the next pass. Default one minute. */
  readonly everyMs?: number
  /** The memory that the host keeps between passes. Without it no pass can continue another, so each reads all due rows. */
  readonly memory?: SweepMemory
  /** A queue where more messages than this wait is long. Default 1,000. */
  readonly queueLongAt?: number
}

/** `notes`: what the host keeps, or else what this pass keeps, so that its two lanes wake each row once. */
export type PassParts = SweepParts & { readonly rooms: Rooms; readonly notes: SweepMemory }

export type ShardResult = {
  readonly due: number
  readonly sent: number
  readonly oldestDueMs: number
  readonly truncated: boolean
  readonly failed: boolean
}

/** What a pass came across in a shard. `due`: ids, since two lanes may read the same rows. */
class Tally {
  readonly room = new ShardRoom()
  readonly due = new Set<string>()
  sent = 0
  oldestDueMs = 0

  result(ended: { truncated: boolean; failed: boolean }): ShardResult {
    const { due, sent, oldestDueMs } = this
    return { due: due.size, sent, oldestDueMs, ...ended }
  }
}

/**
 * Continues where the last pass stopped and, from the end, from the top to there. If a queue had no room for its rows, the
 * pass looks ahead for rows that need not wait. A failing shard is reported and left to the next pass: the other shards must
 * not wait for it.
 */
export async function sweepShard(parts: PassParts, shard: number): Promise<ShardResult> {
  const { clock, telemetry, memory, notes, everyMs = SWEEP_EVERY_MS } = parts
  const until = clock.now() + everyMs
  const tally = new Tally()
  const lane = async (name: Lane): Promise<LaneStop> => {
    const from = notes.takePlace(shard, name, until)
    const stretch = { shard, until, from, lane: name, rowsMax: rowsMaxOf(parts), read: 0 }
    let stop = await readOn(parts, stretch, tally)
    if (stop.because === 'end' && name === 'all' && from?.dueAt !== undefined)
      stop = await readOn(parts, { ...stretch, until: from.dueAt, from: undefined, read: stop.read }, tally)
    if (stop.place !== undefined) memory?.keepPlace(shard, name, stop.place)
    return stop
  }
  try {
    const stop = await lane('all')
    const ahead = stop.because === 'full' ? await lane('ahead') : undefined
    return tally.result({ truncated: stop.because === 'rows' || ahead?.because === 'rows', failed: false })
  } catch (error) {
    const code = codeOf(error)
    telemetry.count('RunFailed', 1, { shard, code })
    telemetry.error('a shard could not be swept; the next pass looks again', error, { shard })
    return tally.result({ truncated: false, failed: true })
  }
}

function rowsMaxOf({ memory }: SweepParts): number {
  return memory === undefined ? Number.POSITIVE_INFINITY : SWEEP_ROWS_PER_SHARD
}

type Stretch = {
  readonly shard: number
  readonly until: EpochMs
  readonly from: SweepPosition | undefined
  readonly lane: Lane
  readonly rowsMax: number
  /** Rows that the lane has read before. */
  readonly read: number
}

/** `rows`: as many as a pass reads. `full`: some rows found no room. `place`: where to continue; undefined is the top. */
type LaneStop = {
  readonly because: 'end' | 'rows' | 'full'
  readonly place: SweepPosition | undefined
  readonly read: number
}

/** Reads and sends wake-ups, page by page. */
async function readOn(parts: PassParts, stretch: Stretch, tally: Tally): Promise<LaneStop> {
  const { registry, doorbell, clock, notes, everyMs = SWEEP_EVERY_MS } = parts
  const { shard, until, lane, rowsMax } = stretch
  let { from: place, read } = stretch
  // The place of the first row without room: the next pass continues from there.
  let full: { readonly place: SweepPosition | undefined } | undefined
  do {
    const page = await registry.listDue({ shard, until, limit: PAGE_ROWS, ...cursorOf(place) })
    const { items, unreadable = [] } = page
    reportUnreadable(parts, unreadable)
    const judged = await judgeRows(parts, items)
    const wanted = judged.wakeups.filter(
      ({ row, room }) => lane === 'all' || isRecovery(row) || room.left > 0,
    )
    const wakeups = wanted.filter(({ row, room }) => tally.room.take(room, row))
    const unserved = wanted.find((wakeup) => !wakeups.includes(wakeup))
    if (unserved !== undefined) full ??= { place: await placeBefore(parts, stretch, place, items, unserved) }
    read += items.length + unreadable.length
    for (const { id } of items) tally.due.add(id)
    tally.oldestDueMs = Math.max(tally.oldestDueMs, judged.oldestDueMs)
    await doorbell.ring(
      wakeups.map(({ row, delayMs, room }) =>
        wakeupOf(room.queue === 'urgent' ? { ...row, urgent: true } : row, delayMs),
      ),
    )
    notes.noteSent(wakeups, clock.now(), everyMs)
    tally.sent += wakeups.length
    if (full !== undefined && lane === 'all') break
    const dueAt = items.at(-1)?.dueAt ?? place?.dueAt
    place =
      page.cursor === undefined
        ? undefined
        : { cursor: page.cursor, until, ...(dueAt === undefined ? {} : { dueAt }) }
  } while (place !== undefined && read < rowsMax)
  if (full !== undefined) return { because: 'full', place: full.place, read }
  return { because: place === undefined ? 'end' : 'rows', place, read }
}

/**
 * The place right before this row of a page. From the page's own position the next pass would begin with rows that have
 * their wake-ups, and after three passes wake them again. With little room none of the other rows would get its turn.
 */
async function placeBefore(
  { registry }: PassParts,
  { shard, until }: Stretch,
  place: SweepPosition | undefined,
  items: readonly DueRow[],
  { row }: RowWakeup,
): Promise<SweepPosition | undefined> {
  const served = items.indexOf(row)
  const last = items[served - 1]
  if (last === undefined) return place
  const { cursor } = await registry.listDue({ shard, until, limit: served, ...cursorOf(place) })
  return cursor === undefined ? place : { cursor, until, dueAt: last.dueAt }
}

function cursorOf(place: SweepPosition | undefined): { cursor?: string } {
  return place === undefined ? {} : { cursor: place.cursor }
}

/** The sweep cannot wake an unreadable row, and no other part would report it. */
export function reportUnreadable(
  { telemetry }: Pick<SweepParts, 'telemetry'>,
  keys: readonly string[],
): void {
  if (keys.length === 0) return
  telemetry.count('UnreadableItem', keys.length)
  telemetry.warn('due rows cannot be read; the others are woken', { keys: keys.slice(0, KEYS_TOLD) })
}

type PageWakeups = {
  readonly wakeups: readonly (RowWakeup & { readonly room: Room })[]
  readonly oldestDueMs: number
}

/** Wakes rows of a page, soonest first. It looks up leases only for running rows, whose grant has expired. */
async function judgeRows(parts: PassParts, rows: readonly DueRow[]): Promise<PageWakeups> {
  const { registry, clock, notes, rooms, everyMs = SWEEP_EVERY_MS } = parts
  const now = clock.now()
  const running = rows.filter((row) => row.status === 'running' && row.dueAt <= now)
  const liveUntil = running.length === 0 ? undefined : await registry.leasedUntil(running)
  let oldestDueMs = 0
  const wakeups: (RowWakeup & { readonly room: Room })[] = []
  for (const row of rows) {
    const room = await rooms.of(row)
    const { isEmpty: queueIsEmpty } = room
    const graceMs = queueIsEmpty ? WAKEUP_GRACE_IDLE_MS : WAKEUP_GRACE_MS
    const verdict = decideWakeup(row, liveUntil?.get(row.id), {
      now,
      lookAheadMs: everyMs,
      maxDelayMs: parts.doorbell.maxDelayMs,
      graceMs,
    })
    if (verdict.wake || verdict.because !== 'leased') oldestDueMs = Math.max(oldestDueMs, now - row.dueAt)
    if (verdict.wake && !notes.hasSent(row, { now, everyMs, queueIsEmpty }))
      wakeups.push({ row, delayMs: verdict.delayMs, room })
  }
  return { wakeups, oldestDueMs }
}
