import type { Database } from './database.ts'
import type { ItemChange } from './stream-record.ts'
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

/** All rows are looked at only when one of them expires now. */
function expiredIn(table: Table, nowS: number): readonly ItemChange[] {
  const { schema, rows } = table
  if (schema.ttlAttribute === undefined || table.expiresFromS > nowS) return []
  const changes: ItemChange[] = []
  let nextS = Number.POSITIVE_INFINITY
  for (const { item } of rows.after(undefined)) {
    const endsAtS = table.expiryOf(item)
    if (endsAtS === undefined || endsAtS < nowS - PAST_MAX_S) continue
    if (endsAtS > nowS) {
      nextS = Math.min(nextS, endsAtS)
      continue
    }
    changes.push({ table, key: keyOf(schema, item), before: item, after: undefined, expired: true })
    // More may be left: the next sweep looks again.
    if (changes.length >= SWEEP_MAX) return changes
  }
  table.expiresFromS = nextS
  return changes
}
