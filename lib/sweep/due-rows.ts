import type { Clock, EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import { INSTANT_MAX_MS, PAGE_ROWS, SWEEP_EVERY_MS } from '../model/limits.ts'
import { SOONEST_ROWS } from '../model/limits-host.ts'
import type { ProcessRegistry } from '../registry/port.ts'

type DueRowParts = { readonly registry: ProcessRegistry; readonly clock: Clock }

/** A due row, or the key of one that cannot be read. */
export type DueRowFinding =
  | { readonly row: DueRow; readonly isLeased: boolean }
  | { readonly unreadable: string }

/**
 * Rows that are due now, page by page as they are asked for, so that a pass holds one page however many there are. Which
 * shard comes first turns from minute to minute: a pass that is stopped each time must not leave the same rows each time.
 */
export async function* dueRows(parts: DueRowParts): AsyncGenerator<DueRowFinding> {
  const { registry, clock } = parts
  const until = clock.now()
  const first = Math.abs(Math.floor(until / SWEEP_EVERY_MS)) % registry.dueShards
  for (let nth = 0; nth < registry.dueShards; nth += 1)
    yield* ofShard(parts, (first + nth) % registry.dueShards, until)
}

async function* ofShard(parts: DueRowParts, shard: number, until: EpochMs): AsyncGenerator<DueRowFinding> {
  const { registry, clock } = parts
  let cursor: string | undefined
  do {
    const from = cursor === undefined ? {} : { cursor }
    const page = await registry.listDue({ shard, until, limit: PAGE_ROWS, ...from })
    for (const key of page.unreadable ?? []) yield { unreadable: key }
    // The grant of a running row has expired, but its lease may have been renewed: a claim to find out is a billed write.
    const running = page.items.filter(({ status }) => status === 'running')
    const leased = running.length === 0 ? undefined : await registry.leasedUntil(running)
    for (const row of page.items) yield { row, isLeased: (leased?.get(row.id) ?? 0) > clock.now() }
    cursor = page.cursor
  } while (cursor !== undefined)
}

/** When the soonest row is due that counts; undefined where there is none. */
export async function soonestDue(
  { registry }: Pick<DueRowParts, 'registry'>,
  counts: (row: DueRow) => boolean,
): Promise<EpochMs | undefined> {
  let soonest: EpochMs | undefined
  for (let shard = 0; shard < registry.dueShards; shard += 1) {
    let cursor: string | undefined
    do {
      const from = cursor === undefined ? {} : { cursor }
      const page = await registry.listDue({ shard, until: INSTANT_MAX_MS, limit: SOONEST_ROWS, ...from })
      const found = page.items.find(counts)
      if (found !== undefined) soonest = Math.min(found.dueAt, soonest ?? found.dueAt)
      cursor = found === undefined ? page.cursor : undefined
    } while (cursor !== undefined)
  }
  return soonest
}
