import { PayloadTooLarge } from '../../model/errors.ts'
import type { Ownership, Roll } from '../../model/ownership.ts'
import {
  ENDED_TAIL_MAX_BYTES,
  PAGE_MAX_BYTES,
  PROCESS_ITEM_TARGET_BYTES,
  TAIL_MIN_BYTES,
} from '../../model/limits.ts'
import type { Entry } from '../../model/log.ts'
import type { ProcessRecord } from '../../model/record.ts'
import type { PagePlan } from '../../model/writes.ts'
import { encodeRow, ROW, TAIL_BYTES } from '../codec/rows.ts'
import { ENTRY, storedEntries, pageItem } from '../codec/entries.ts'
import type { Shards } from '../codec/keys.ts'
import { elementBytes, itemBytes, valueBytes, WRITE_UNIT_BYTES, type Item } from '../store/store.ts'
import { isDeepStrictEqual } from 'node:util'
import type { ProcessId } from '../../model/ids.ts'
import { NOT_THERE } from '../codec/plans.ts'
import type { Context } from './context.ts'

/**
 * The pages that these entries, with the tail before them, have to be rolled into: none while the process item stays
 * in its write unit. Everything after costs the item's size at each write, so a page pays once it is left. A write without
 * entries of its own rolls what others have appended.
 */
export function rollFor(ownership: Ownership, entries: readonly Entry[], shards: Shards): Roll | undefined {
  if (ownership.row.tail.length + entries.length === 0) return undefined
  const { baseBytes, tailBytes } = sizesOf(ownership, entries, shards)
  return tailBytes <= tailRoomBytes(baseBytes) ? undefined : { pages: pagesOf(ownership.row, entries) }
}

/** The tail of a row as it stands, as pages. Undefined where there is nothing in it. */
export function rollOfTail(row: ProcessRecord): Roll | undefined {
  return row.tail.length === 0 ? undefined : { pages: pagesOf(row, []) }
}

/**
 * Puts the pages of a roll. False where another page stands in the place of one.
 *
 * 1. A park is planned with a page of entries 1 to 9, and the page is put. 2. The park is refused: a signal came as
 * entry 9. 3. The owner commits another entry, and its page is of 1 to 9 too, but with the signal in it.
 * So a page is never replaced: where another stands in its place the entries ride in the tail, and the next roll, which
 * ends further on, takes them.
 */
export async function putPages(ctx: Context, id: ProcessId, { pages }: Roll): Promise<boolean> {
  for (const page of pages) {
    const item = pageItem(id, page)
    const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })
    if (!reply.applied && !isDeepStrictEqual(reply.found, item)) return false
  }
  return true
}

/** Is the tail so long that an ended process should not carry it? Each later write and read of its row would pay for it. */
export function isLong(ownership: Ownership, entries: readonly Entry[], shards: Shards): boolean {
  const { tail } = ownership.row
  return (
    tail.length + entries.length > 0 && sizesOf(ownership, entries, shards).tailBytes > ENDED_TAIL_MAX_BYTES
  )
}

/** Would the process item with these entries come near what DynamoDB refuses? */
export function isTooMuch(ownership: Ownership, entries: readonly Entry[], shards: Shards): boolean {
  if (ownership.row.tail.length + entries.length === 0) return false
  const { baseBytes, tailBytes } = sizesOf(ownership, entries, shards)
  return baseBytes + tailBytes > PAGE_MAX_BYTES
}

/**
 * What the tail may take in an item that has `baseBytes` without it: what is left of the write units that the item
 * fills anyway. Some bytes of each unit stay free for requests from outside, which append without rolling.
 */
export function tailRoomBytes(baseBytes: number): number {
  const spareBytes = WRITE_UNIT_BYTES - PROCESS_ITEM_TARGET_BYTES
  const units = Math.ceil((baseBytes + TAIL_MIN_BYTES + spareBytes) / WRITE_UNIT_BYTES)
  return units * WRITE_UNIT_BYTES - spareBytes - baseBytes
}

/** Rows that a reply brought, as they are stored: what follows a write need not be encoded to be measured. */
const STORED = new WeakMap<object, Item>()

/** Notes the item that a row was read from. */
export function storedAs<Row extends object>(row: Row, item: Item): Row {
  STORED.set(row, item)
  return row
}

function sizesOf(ownership: Ownership, entries: readonly Entry[], shards: Shards) {
  const item = STORED.get(ownership.row) ?? encodeRow(ownership.row, shards)
  // With the counter of the tail's bytes as long as it may get, since it grows with what is counted here.
  const fullBytes = itemBytes({ ...item, [TAIL_BYTES]: PAGE_MAX_BYTES - 1 })
  const inTailBytes = valueBytes(item[ROW.tail.attr] ?? []) - valueBytes([])
  const added = entries.reduce((sum, entry) => sum + elementBytes(ENTRY.write(entry)), 0)
  return { baseBytes: fullBytes - inTailBytes, tailBytes: inTailBytes + added }
}

/** The whole tail and all the entries, cut into pages that each stay under their limit, and chained to the last page. */
function pagesOf(row: ProcessRecord, entries: readonly Entry[]): readonly PagePlan[] {
  const pages: PagePlan[] = []
  let first = row.seq - row.tail.length + 1
  let before = row.page
  for (const part of parts([...row.tail, ...entries])) {
    const page = { first, last: first + part.length - 1, fence: row.fence }
    pages.push({ ...page, entries: part, ...(before === undefined ? {} : { before }) })
    first = page.last + 1
    before = page
  }
  return pages
}

/**
 * May these two, of which the second says that it comes after the first, have been cut from one plan by `parts`? Then the
 * first one is full, up to the first entry of the second.
 */
export function mayBeOnePlan(page: Item, next: Item): boolean {
  const [own, [first = null]] = [storedEntries(page), storedEntries(next)]
  return valueBytes(own) - valueBytes([]) + elementBytes(first) > PAGE_MAX_BYTES
}

function parts(entries: readonly Entry[]): readonly Entry[][] {
  const cut: Entry[][] = [[]]
  let bytes = 0
  for (const entry of entries) {
    const more = elementBytes(ENTRY.write(entry))
    if (more > PAGE_MAX_BYTES) {
      throw new PayloadTooLarge({ what: 'an entry of the log', bytes: more, maxBytes: PAGE_MAX_BYTES })
    }
    if (bytes + more > PAGE_MAX_BYTES) {
      cut.push([])
      bytes = 0
    }
    cut.at(-1)?.push(entry)
    bytes += more
  }
  return cut
}
