import type { EpochMs } from '../../model/clock.ts'
import type { DueRow } from '../../model/due.ts'
import { InvalidInput, type Issue } from '../../model/errors.ts'
import { parseKind, type ProcessId } from '../../model/ids.ts'
import type { Json } from '../../model/json.ts'
import { BATCH_GET_KEYS, PAGE_ROWS } from '../../model/limits.ts'
import { readDueRow, readListed, readOrSkip } from '../codec/projections.ts'
import { isOverAt } from '../codec/plans.ts'
import { TTL } from '../codec/rows.ts'
import { readLeaseItem } from '../codec/lease-item.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor, type IndexPosition, sortValue, Walk } from './index-pages.ts'
import { duePartition, idOf, kindPartition, leaseKey, nameOf, scopePartition } from '../codec/keys.ts'
import type { DuePage, ListedProcess, ListQuery, Page } from '../port.ts'
import type { IndexQuery, Item } from '../store/store.ts'

/**
 * All valid instants. Leasehold writes no other value, and no cursor could name one: if a page ended at such a row, no caller
 * could read the next page.
 */
const WINDOW = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER } as const

export type DueQuery = {
  readonly shard: number
  readonly until: EpochMs
  readonly limit?: number
  readonly cursor?: string
}

/** Open rows of one shard that are due by `until`, soonest first. Reads the due index and nothing else (C45). */
export async function listDue(ctx: Context, query: DueQuery): Promise<DuePage> {
  const { shard, until, limit = PAGE_ROWS, cursor } = query
  refuse('the query', [
    ...wrongNumber('limit', limit, 1),
    ...wrongNumber('shard', shard, 0, ctx.shards.due - 1),
    ...wrongNumber('until', until, Number.MIN_SAFE_INTEGER),
  ])
  // Without `until`: a place in the shard is one however far a query looks, as long as it looks as far as that.
  const bound: Json = ['due', shard]
  const [from = 'start'] = cursor === undefined ? [] : decodeCursor(bound, cursor, { shards: 1, to: until })
  const rows = {
    index: 'due',
    partition: duePartition(shard),
    from: WINDOW.from,
    to: until,
    order: 'up',
    limit,
  } as const
  const walk = new Walk(ctx.store, rows, from)
  const items: DueRow[] = []
  const unreadable: string[] = []
  while (items.length < limit) {
    const item = await walk.peek()
    if (item === undefined) break
    const row = readDueRow(item)
    if (row === undefined) unreadable.push(nameOf(item))
    else items.push(row)
    walk.pass()
  }
  return { ...pageOf(items, bound, [walk]), ...(unreadable.length === 0 ? {} : { unreadable }) }
}

/**
 * Until when each row is leased, as far as a lease item of the row's own fence says so. A hint for the sweep, read
 * eventually consistently: a wake-up too many finds a live lease and goes away.
 */
export async function leasedUntil(
  ctx: Context,
  rows: readonly DueRow[],
): Promise<ReadonlyMap<ProcessId, EpochMs>> {
  const fences = new Map(rows.map(({ id, fence }) => [id, fence]))
  const ids = [...fences.keys()]
  const until = new Map<ProcessId, EpochMs>()
  for (let start = 0; start < ids.length; start += BATCH_GET_KEYS) {
    const items = await ctx.store.getMany(ids.slice(start, start + BATCH_GET_KEYS).map(leaseKey))
    for (const item of items) {
      // One that cannot be read says nothing: the claim that a wake-up leads to meets it, and tells it by name.
      const lease = readOrSkip(item, () => ({ id: idOf(item), ...readLeaseItem(item) }))
      if (lease?.expiresAt !== undefined && lease.fence === fences.get(lease.id))
        until.set(lease.id, lease.expiresAt)
    }
  }
  return until
}

/**
 * Newest first, by kind or scope, never a scan (C53). If a rare status would take too many reads, the page ends early, with a
 * cursor to continue from.
 */
export async function list(ctx: Context, query: ListQuery): Promise<Page<ListedProcess>> {
  const { status, cursor } = query
  const { index, partition, bound: group } = groupOf(query)
  const { limit, window, bound: asked } = windowOf(query)
  const bound: Json = ['list', ...group, status ?? null, ...asked]
  const { list: shards } = ctx.shards
  const positions = cursor === undefined ? [] : decodeCursor(bound, cursor, { shards, ...window })
  // DynamoDB refuses a window that ends before it begins.
  if (window.from > window.to) return { items: [] }
  const walks = Array.from({ length: shards }, (_, shard) => {
    const rows: IndexQuery = {
      index,
      partition: partition(shard),
      ...window,
      order: 'down',
      limit: status === undefined ? limit : Math.max(limit, PAGE_ROWS),
    }
    return { rows, walk: new Walk(ctx.store, rows, positions[shard] ?? 'start') }
  })
  const items: ListedProcess[] = []
  while (items.length < limit) {
    const first = await newest(walks)
    if (first === undefined) break
    const listed = readListed(first.item)
    const wanted = listed !== undefined && (status === undefined || listed.status === status)
    if (wanted && !isOver(ctx, first.item)) items.push(listed)
    first.walk.pass()
  }
  return pageOf(
    items,
    bound,
    walks.map(({ walk }) => walk),
  )
}

/**
 * The newest row that any shard has next. Undefined where all are at their end, or where one has read as much as an
 * answer may cost: its next row may be the newest, so no other may go before it.
 */
export async function newest<Each extends { readonly rows: IndexQuery; readonly walk: Walk }>(
  walks: readonly Each[],
): Promise<(Each & { readonly item: Item; readonly at: number }) | undefined> {
  const heads = await Promise.all(
    walks.map(async (each) => {
      const item = await each.walk.peek()
      return { ...each, item, at: item === undefined ? -Infinity : sortValue(each.rows, item) }
    }),
  )
  if (heads.some(({ walk, item }) => item === undefined && walk.position !== 'end')) return undefined
  const [first] = heads.sort((a, b) => b.at - a.at)
  return first?.item === undefined ? undefined : { ...first, item: first.item }
}

/** It has ended, and was kept for as long as it was to be. */
export function isOver(ctx: Context, item: Item): boolean {
  const expiresAtSeconds = item[TTL]
  return ctx.clock !== undefined && typeof expiresAtSeconds === 'number'
    ? isOverAt(expiresAtSeconds, ctx.clock.now())
    : false
}

type Group = Pick<IndexQuery, 'index'> & {
  readonly partition: (shard: number) => string
  readonly bound: readonly Json[]
}

function groupOf(query: ListQuery): Group {
  if ((query.kind === undefined) === (query.scope === undefined)) {
    refuse('the query', [{ path: 'kind', message: 'expected either a kind or a scope' }])
  }
  if (query.scope === undefined) {
    const kind = parseKind(query.kind)
    return { index: 'list', partition: (shard) => kindPartition(kind, shard), bound: [null, kind] }
  }
  const scope = parseKind(query.scope, 'scope')
  return { index: 'scope', partition: (shard) => scopePartition(scope, shard), bound: [scope, ''] }
}

/** The part of a query that any list has. Throws `InvalidInput`. */
export function windowOf({
  createdFrom,
  createdBefore,
  limit = PAGE_ROWS,
}: Omit<ListQuery, 'kind' | 'scope'>) {
  refuse('the query', [
    ...wrongNumber('limit', limit, 1),
    ...wrongNumber('createdFrom', createdFrom ?? 0, Number.MIN_SAFE_INTEGER),
    ...wrongNumber('createdBefore', createdBefore ?? 0, Number.MIN_SAFE_INTEGER),
  ])
  const from = createdFrom ?? null
  const to = createdBefore === undefined ? null : createdBefore - 1
  const window = { from: from ?? WINDOW.from, to: to ?? WINDOW.to }
  return { limit, window, bound: [from, to] as const }
}

function pageOf<T>(items: readonly T[], bound: Json, walks: readonly { position: IndexPosition }[]): Page<T> {
  const positions = walks.map(({ position }) => position)
  if (positions.every((position) => position === 'end')) return { items }
  return { items, cursor: encodeCursor(bound, positions) }
}

function refuse(what: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw new InvalidInput({ what, issues })
}

function wrongNumber(path: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): Issue[] {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return []
  return [{ path, message: `expected a whole number from ${least} to ${most}` }]
}
