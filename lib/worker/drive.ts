import pMap from 'p-map'
import type { DueRow } from '../model/due.ts'
import { UnreadableItem } from '../model/errors.ts'
import { codeOf } from '../model/failure.ts'
import type { ProcessId } from '../model/ids.ts'
import { PAGE_ROWS } from '../model/limits.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { WorkerParts } from './config.ts'
import type { SegmentRun } from './segment.ts'
import { takeUp, type TakeOutcome } from './take.ts'

/** What a pass came across: one line a process that was due. */
export type DrivePass = {
  readonly due: number
  readonly results: readonly {
    readonly id: ProcessId
    readonly outcome: TakeOutcome['kind'] | 'error'
    readonly error?: unknown
  }[]
}

/** Claims and runs each process that is due now. Rows that become due meanwhile are the next pass's. */
export async function drive(parts: WorkerParts, run: SegmentRun): Promise<DrivePass> {
  const until = parts.clock.now()
  const shards = Array.from({ length: parts.registry.dueShards }, (_, shard) => shard)
  const rows = (await pMap(shards, (shard) => dueRows(parts.registry, shard, until), { concurrency: 4 }))
    .flat()
    // A host that dies again and again must not meet the same suspect first each time: one that was run is due later.
    .toSorted((a, b) => a.dueAt - b.dueAt)
  const results = await pMap(rows, (row) => runOne(parts, row, run), { concurrency: parts.concurrency })
  return { due: rows.length, results }
}

/** All rows of a shard that are due by `until`, page by page. */
async function dueRows(registry: ProcessRegistry, shard: number, until: number): Promise<DueRow[]> {
  const rows: DueRow[] = []
  let cursor: string | undefined
  do {
    const page = await registry.listDue({
      shard,
      until,
      limit: PAGE_ROWS,
      ...(cursor === undefined ? {} : { cursor }),
    })
    rows.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

/** The claim itself looks again: a row that ended, or that another pass has taken since it was read, is left alone (C46). */
async function runOne(
  parts: WorkerParts,
  row: DueRow,
  run: SegmentRun,
): Promise<DrivePass['results'][number]> {
  try {
    return { id: row.id, outcome: (await takeUp(parts, row.id, run)).kind }
  } catch (error) {
    // One process that cannot be run never stops a pass (C50).
    const code = codeOf(error)
    parts.telemetry.count('RunFailed', 1, { id: row.id, kind: row.kind, code })
    if (error instanceof UnreadableItem) parts.telemetry.count('UnreadableItem')
    parts.telemetry.error('a due process could not be run; the pass goes on', error, {
      id: row.id,
      kind: row.kind,
    })
    return { id: row.id, outcome: 'error', error }
  }
}
