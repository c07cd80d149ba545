import pMap from 'p-map'
import { QUEUE_LONG_AT, SWEEP_EVERY_MS } from '../model/limits.ts'
import { expectConfig, type Options } from '../model/options.ts'
import { SweepMemory } from './memory.ts'
import { Rooms } from './room.ts'
import { sweepShard, type PassParts, type SweepParts } from './shard.ts'

/** Shards read at once. */
const SHARDS_AT_ONCE = 4

export type SweepPass = {
  /** Rows read that are due now or before the next pass. */
  readonly due: number
  readonly sent: number
  /** How long the oldest row without a live lease has been due; 0 if no row is overdue. */
  readonly oldestDueMs: number
  /** A queue was long: for its rows only the reserves were woken. The others stay due. */
  readonly heldBack: boolean
  /** A shard had more rows than one pass reads; the next pass continues from there. */
  readonly truncated: boolean
  /** Shards that could not be read or woken; the next pass tries again. */
  readonly failedShards: number
}

const PARTS: Options<SweepParts> = {
  registry: 'any',
  doorbell: 'any',
  clock: 'any',
  telemetry: 'any',
  memory: 'any',
  everyMs: 'any',
  queueLongAt: 'any',
}

/**
 * One pass of the recovery sweep: reads what is due from the due index, shard by shard, and wakes what no wake-up
 * will wake. It reads what is due, not what exists, writes nothing, and may run any number of times at once.
 *
 * A LONG QUEUE HOLDS UP ITSELF ONLY, and never a dead owner's process (C68). Each queue has its own room. Where one is
 * long, each shard still wakes 50 rows of dead owners in each pass, and for the five others that are overdue longest.
 * A pass looks at 2,000 due rows of a shard, and the next one continues from there.
 */
export async function sweep(given: SweepParts): Promise<SweepPass> {
  expectConfig(given, PARTS)
  const { doorbell, telemetry, queueLongAt = QUEUE_LONG_AT } = given
  const rooms = new Rooms(doorbell, queueLongAt)
  const parts: PassParts = { ...given, rooms, notes: given.memory ?? new SweepMemory() }
  const results = await pMap(shardsInTurn(parts), (shard) => sweepShard(parts, shard), {
    concurrency: SHARDS_AT_ONCE,
  })
  const pass = {
    due: sum(results, (result) => result.due),
    sent: sum(results, (result) => result.sent),
    oldestDueMs: Math.max(...results.map((result) => result.oldestDueMs)),
    heldBack: rooms.heldBack,
    truncated: results.some((result) => result.truncated),
    failedShards: results.filter((result) => result.failed).length,
  }
  telemetry.count('SweepDue', pass.due)
  telemetry.count('SweepWakeups', pass.sent)
  // A pass that could read nothing knows of none, and a zero would say that all is well.
  if (pass.failedShards < results.length) telemetry.measure('OldestDue', pass.oldestDueMs)
  if (pass.heldBack) telemetry.count('SweepHeldBack')
  if (pass.truncated) telemetry.count('SweepTruncated')
  return pass
}

/** Another shard comes first in each pass: with more wake-ups than room, the first shards take all of it. */
function shardsInTurn({ registry, clock, everyMs = SWEEP_EVERY_MS }: SweepParts): number[] {
  const { dueShards } = registry
  const first = Math.abs(Math.floor(clock.now() / everyMs)) % dueShards
  return Array.from({ length: dueShards }, (_, nth) => (first + nth) % dueShards)
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
