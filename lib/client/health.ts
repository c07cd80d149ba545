import pMap from 'p-map'
import type { Clock, EpochMs } from '../model/clock.ts'
import { HEALTH_DUE_ROWS } from '../model/limits-lists.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { QueueWatch } from '../queue/queue-watch.ts'
import { problemsOf } from './health-problems.ts'
import type { DueShard, HealthView } from './health-view.ts'

export type HealthParts = {
  readonly registry: ProcessRegistry
  readonly clock: Clock
  readonly queues?: QueueWatch
  readonly version?: string
}

/**
 * One query of at most half a unit for each shard of the due index, one read of half a unit for the sweep, and one request for
 * each queue.
 */
export async function healthOf({ registry, clock, queues, version }: HealthParts): Promise<HealthView> {
  const at = clock.now()
  const shards = Array.from({ length: registry.dueShards }, (_, shard) => shard)
  const [due, depths, sweep] = await Promise.all([
    pMap(shards, (shard) => shardOf(registry, shard, at), { concurrency: shards.length }),
    queues === undefined ? [] : queues.depths(),
    registry.lastSweep(),
  ])
  const seen = { at, due, queues: depths, ...(sweep === undefined ? {} : { sweep }) }
  return { ...seen, ...(version === undefined ? {} : { version }), problems: problemsOf(seen) }
}

async function shardOf(registry: ProcessRegistry, shard: number, until: EpochMs): Promise<DueShard> {
  const { items, cursor } = await registry.listDue({ shard, until, limit: HEALTH_DUE_ROWS })
  const waiting = items.filter(({ status }) => status !== 'running')
  const [oldest] = waiting
  return {
    shard,
    due: waiting.length,
    running: items.length - waiting.length,
    ...(oldest === undefined ? {} : { oldestDueAt: oldest.dueAt }),
    ...(cursor === undefined ? {} : { atLeast: true }),
  }
}
