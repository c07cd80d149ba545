import { invalid } from './refusal.ts'
import type { RequestBody } from './request.ts'
import { entryOf, keyNames } from './schema.ts'
import type { ItemChange } from './stream-record.ts'
import type { Table } from './table.ts'
import { equalItems, itemBytes, picked, type Attributes } from './values.ts'

export type CapacityMode = 'NONE' | 'TOTAL' | 'INDEXES'
export type Units = { readonly table: number; readonly indexes: ReadonlyMap<string, number> }

/** "One write unit: one write of an item up to 1 KB." */
const WRITE_BYTES = 1_024
/** "One read unit: one strongly consistent read of an item up to 4 KB, or two eventually consistent ones." */
const READ_BYTES = 4_096

export function readCapacityMode(body: RequestBody): CapacityMode {
  const mode = body.text('ReturnConsumedCapacity') ?? 'NONE'
  if (mode !== 'NONE' && mode !== 'TOTAL' && mode !== 'INDEXES')
    throw invalid(
      `1 validation error detected: Value '${mode}' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]`,
    )
  return mode
}

export function readUnits(bytes: number, consistent: boolean): number {
  return Math.ceil(bytes / READ_BYTES) * (consistent ? 1 : 0.5)
}

/** What one read of an item takes; of no item, as of a small one. */
export function itemReadUnits(item: Attributes | undefined, consistent: boolean): number {
  return readUnits(Math.max(1, item === undefined ? 0 : itemBytes(item)), consistent)
}

export function writeUnits({ table, before, after }: ItemChange, factor = 1): Units {
  const indexes = new Map<string, number>()
  for (const index of table.schema.indexes) {
    const old = before && entryOf(table.schema, index, before)
    const fresh = after && entryOf(table.schema, index, after)
    const keys = keyNames(index.keys)
    const moves = old && fresh && !equalItems(picked(old, keys), picked(fresh, keys))
    const same = old && fresh && equalItems(old, fresh)
    const units = moves === true ? unitsOf(old) + unitsOf(fresh) : unitsOf(old, fresh)
    if (units > 0 && same !== true) indexes.set(index.name, units * factor)
  }
  return { table: Math.max(1, unitsOf(before, after)) * factor, indexes }
}

function unitsOf(...items: readonly (Attributes | undefined)[]): number {
  const sizes = items.map((item) => (item === undefined ? 0 : itemBytes(item)))
  return Math.ceil(Math.max(...sizes) / WRITE_BYTES)
}

export function addUnits(all: readonly Units[]): Units {
  const indexes = new Map<string, number>()
  for (const each of all)
    for (const [name, units] of each.indexes) indexes.set(name, (indexes.get(name) ?? 0) + units)
  return { table: all.reduce((sum, { table }) => sum + table, 0), indexes }
}

/** The `ConsumedCapacity` of an answer. */
export function consumed(table: Table, units: Units, mode: CapacityMode): object {
  const total = [...units.indexes.values()].reduce((sum, each) => sum + each, units.table)
  return {
    TableName: table.schema.name,
    CapacityUnits: total,
    ...(mode === 'INDEXES' && {
      Table: { CapacityUnits: units.table },
      ...(units.indexes.size > 0 && {
        GlobalSecondaryIndexes: Object.fromEntries(
          [...units.indexes].map(([name, each]) => [name, { CapacityUnits: each }]),
        ),
      }),
    }),
  }
}

export const NO_INDEXES: ReadonlyMap<string, number> = new Map()
