import { isDeepStrictEqual } from 'node:util'
import { InvalidInput, UnreadableItem } from '../../model/errors.ts'
import type { ProcessId, Seq } from '../../model/ids.ts'
import type { LeaseItem } from '../../model/lease.ts'
import { LOG_PAGES_AT_FIRST, PAGE_ROWS, RACE_TRIES } from '../../model/limits.ts'
import {
  chainOf,
  joinLog,
  numberTail,
  readable,
  type LogEntry,
  type LogPage,
  type PagePointer,
} from '../../model/log.ts'
import type { ProcessRecord } from '../../model/record.ts'
import { readRecord } from '../codec/rows.ts'
import { readLeaseItem } from '../codec/lease-item.ts'
import { readPage } from '../codec/entries.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { mayBeOnePlan } from './rolling.ts'
import {
  isPage,
  justAfter,
  LEASE,
  nameOf,
  pageKey,
  pagesFrom,
  partitionOf,
  PROCESS,
  processKey,
} from '../codec/keys.ts'
import type { Item } from '../store/store.ts'
import { expectShown, mustGet } from './read.ts'

/** A process as a take-over needs it: its item, its lease item, and the pages of its log. */
export type ProcessItems = {
  readonly item: Item
  readonly record: ProcessRecord
  readonly leaseItem: LeaseItem | undefined
  /** Or the reason why they cannot be read: the end of a process needs no pages. */
  readonly chain: readonly LogPage[] | UnreadableItem
}

/**
 * One range query. Its items are read one after another, so the process item may point at a page that was put after
 * the pages were passed: then all is read again. A page is put before anything points at it, so where that look finds the
 * same pointer and no page, it is gone.
 */
export async function readProcessItems(ctx: Context, id: ProcessId): Promise<ProcessItems | undefined> {
  let pointedAt: PagePointer | undefined
  return raced({ id, operation: 'reading' }, async () => {
    const items = await ctx.store.range({ pk: partitionOf(id), from: LEASE, to: PROCESS })
    const item = items.find(({ sk }) => sk === PROCESS)
    if (item === undefined) return undefined
    const lease = items.find(({ sk }) => sk === LEASE)
    const record = readRecord(item)
    const chain = pickOrSay(items.filter(isPage), record.page)
    const before = pointedAt
    pointedAt = record.page
    if (chain === undefined && !isDeepStrictEqual(before, record.page)) return LOST_RACE
    const leaseItem = lease === undefined ? undefined : readLeaseItem(lease)
    return { item, record, chain: chain ?? missing(record), leaseItem }
  })
}

function pickOrSay(items: readonly Item[], newest: PagePointer | undefined) {
  try {
    return pickPages(items, newest)
  } catch (error) {
    if (error instanceof UnreadableItem) return error
    throw error
  }
}

function missing({ id, page }: ProcessRecord): UnreadableItem {
  const key = nameOf(page === undefined ? processKey(id) : pageKey(id, page))
  return new UnreadableItem({ key, reason: 'a page of the log is missing' }, undefined, true)
}

/** The whole log of a process. Pages are queried only where there are any. */
export async function logOf(ctx: Context, record: ProcessRecord): Promise<LogEntry[]> {
  return joinLog(await pagesAbove(ctx, record, 0), record)
}

/** Entries above `after`, in order, at most `limit`, for a caller that follows the log. Throws `UnknownProcess`, `NoLongerRetained`. */
export async function eventsAfter(
  ctx: Context,
  id: ProcessId,
  after: Seq,
  limit: number = PAGE_ROWS,
): Promise<readonly LogEntry[]> {
  const issues = [
    ...(Number.isSafeInteger(after) && after >= 0
      ? []
      : [{ path: 'after', message: 'expected a whole number from 0' }]),
    ...(Number.isSafeInteger(limit) && limit >= 1
      ? []
      : [{ path: 'limit', message: 'expected a whole number from 1' }]),
  ]
  if (issues.length > 0) throw new InvalidInput({ what: 'the query', issues })
  const record = await mustGet(ctx, id)
  expectShown(ctx, record)
  const tail = numberTail(record)
  const inTail = record.seq - tail.length <= after
  const pages = inTail ? [] : await pagesAbove(ctx, record, after, after + limit)
  const paged = pages.flatMap((page) =>
    page.entries.map((entry, index) => ({ ...entry, seq: page.first + index })),
  )
  return [...paged, ...tail]
    .filter(({ seq }) => seq > after)
    .slice(0, limit)
    .map(readable)
}

/** The pages of a record's log that hold entries above `after`, in order: all of them, or as many as reach up to `upTo`. */
async function pagesAbove(
  ctx: Context,
  record: ProcessRecord,
  after: Seq,
  upTo = Number.POSITIVE_INFINITY,
): Promise<readonly LogPage[]> {
  const { id, page } = record
  if (page === undefined) return []
  if (upTo < page.last) {
    const first = await firstPages(ctx, id, { after, upTo, newest: page })
    if (first !== undefined) return first
  }
  for (let tries = 1; tries <= RACE_TRIES; tries += 1) {
    const items = await ctx.store.range({
      pk: partitionOf(id),
      from: pagesFrom(after),
      to: pagesFrom(page.last) + '~',
    })
    const chain = pickPages(items, page, after)
    if (chain !== undefined) return chain
  }
  throw missing(record)
}

/**
 * The pages above `after` up to one that is surely of the log: a reader of a part does not read all that comes after it. The
 * newest page belongs to the log, since the record names it, and so does each page that a page of the log names. Other pages
 * may remain from owners that died before their commit. Asks for more as long as none in hand is sure to be.
 */
async function firstPages(
  ctx: Context,
  id: ProcessId,
  { after, upTo, newest }: { after: Seq; upTo: Seq; newest: PagePointer },
): Promise<readonly LogPage[] | undefined> {
  const range = { pk: partitionOf(id), to: pagesFrom(newest.last) + '~' }
  const items: Item[] = []
  let from = pagesFrom(after)
  // As many as it takes where they are as long as the newest, with one in part at each end, and one to tell by.
  const pages = Math.ceil((upTo - after) / (newest.last - newest.first + 1)) + 2
  for (let atMost = Math.min(pages, LOG_PAGES_AT_FIRST); ; atMost *= 2) {
    const more = await ctx.store.range({ ...range, from, atMost })
    items.push(...more)
    const last = more.length < atMost ? newest : surePage(id, items, upTo)
    if (last !== undefined) return pickPages(items, last, after)
    from = justAfter(more.at(-1))
  }
}

/**
 * A page that reaches `upTo` and was committed. A page names the one before it as its owner found it committed, but for pages
 * that were cut from one plan, and those have one fence and are full.
 */
function surePage(id: ProcessId, items: readonly Item[], upTo: Seq): PagePointer | undefined {
  const bySk = new Map(items.map((item) => [item['sk'], item]))
  for (const item of items) {
    const [next] = readPages([item]).pages
    const before = next?.before
    if (next === undefined || before === undefined || before.last < upTo) continue
    const own = bySk.get(pageKey(id, before).sk)
    if (own !== undefined && (next.fence > before.fence || !mayBeOnePlan(own, item))) return before
  }
  return undefined
}

/**
 * The chain of pages that ends in `newest`, as far back as `after`. A page that cannot be read matters only if it is in
 * the chain: one that a fenced-off owner left behind is in none.
 */
function pickPages(
  items: readonly Item[],
  newest: PagePointer | undefined,
  after: Seq = 0,
): readonly LogPage[] | undefined {
  const { pages, damage } = readPages(items)
  const above = pages.map(({ before, ...page }) =>
    before === undefined || before.last <= after ? page : { ...page, before },
  )
  const chain = chainOf(above, newest)
  if (chain === undefined && damage !== undefined) throw damage
  return chain
}

function readPages(items: readonly Item[]): {
  pages: readonly LogPage[]
  damage: UnreadableItem | undefined
} {
  let damage: UnreadableItem | undefined
  const pages = items.flatMap((item) => {
    try {
      return [readPage(item)]
    } catch (error) {
      if (!(error instanceof UnreadableItem)) throw error
      damage = error
      return []
    }
  })
  return { pages, damage }
}
