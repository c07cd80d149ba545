import type { Database } from './database.ts'
import type { Change } from './stream-record.ts'
import { keyOf } from './schema.ts'
import type { Table } from './table.ts'

/** "An item whose time is more than five years ago is not deleted": it is taken for a mistake. */
const PAST_MAX_S = 5 * 365 * 24 * 60 * 60
/** One sweep's commit: a table full of expired items must not delay requests. */
const SWEEP_MAX = 100

/** Deletes expired items, as the service does: the stream's records say so. */
export function sweepExpired(db: Database): void {
  const nowS = Math.floor(db.now() / 1_000)
  for (const table of db.tables.values()) {
    const changes = expiredIn(table, nowS)
    if (changes.length > 0) db.commit(changes)
  }
}

function expiredIn(table: Table, nowS: number): readonly Change[] {
  const { schema, rows } = table
  if (schema.ttlAttribute === undefined) return []
  const changes: Change[] = []
  for (const { item } of rows.after(undefined)) {
    const value = item[schema.ttlAttribute]
    if (value === undefined || !('N' in value)) continue
    const endsAtS = Number(value.N)
    if (endsAtS > nowS || endsAtS < nowS - PAST_MAX_S) continue
    changes.push({ table, key: keyOf(schema, item), before: item, after: undefined, expired: true })
    if (changes.length >= SWEEP_MAX) break
  }
  return changes
}
