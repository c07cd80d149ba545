import { InvalidInput } from '../../model/errors.ts'
import { parseKind } from '../../model/ids.ts'
import type { Json } from '../../model/json.ts'
import { LIST_READS_MAX, PAGE_ROWS } from '../../model/limits.ts'
import {
  ATTENTION_SHARDS,
  COUNT_READS_MAX,
  COUNT_ROWS,
  MERGED_KINDS_MAX,
  MERGED_ROWS_MIN,
} from '../../model/limits-lists.ts'
import type { Status } from '../../model/record.ts'
import { readAttention, readListed } from '../codec/projections.ts'
import { attentionPartition, kindPartition } from '../codec/keys.ts'
import type {
  AttentionQuery,
  AttentionRow,
  KindCounts,
  ListedProcess,
  ManyKindsQuery,
  Page,
} from '../port.ts'
import type { IndexQuery, Item } from '../store/store.ts'
import type { Context } from './context.ts'
import { decodePlace, encodePlace, type IndexPlace, Walk } from './index-pages.ts'
import { isOver, newest, windowOf } from './list.ts'

/** Of several kinds, newest first (C77). The walks of all partitions are merged, and the cursor is one place. */
export async function listKinds(ctx: Context, query: ManyKindsQuery): Promise<Page<ListedProcess>> {
  const { status, cursor } = query
  const { limit, window, bound } = windowOf(query)
  const partitions = partitionsOf(ctx, query.kinds)
  const share = Math.ceil((2 * limit) / Math.max(1, partitions.length))
  return merged(ctx, {
    index: 'list',
    partitions,
    bound: ['kinds', status ?? null, ...bound],
    window,
    limit,
    rowsAtOnce: status === undefined ? Math.min(limit, Math.max(MERGED_ROWS_MIN, share)) : PAGE_ROWS,
    readsMax: LIST_READS_MAX,
    cursor,
    read: (item) => withStatus(status, readListed(item)),
  })
}

/** All that need people, of all kinds, the latest first (C78). One read a shard: a page of a rare status ends early. */
export async function attention(ctx: Context, query: AttentionQuery): Promise<Page<AttentionRow>> {
  const { status, cursor } = query
  const { limit, window } = windowOf(query.limit === undefined ? {} : { limit: query.limit })
  return merged(ctx, {
    index: 'attention',
    partitions: Array.from({ length: ATTENTION_SHARDS }, (_, shard) => attentionPartition(shard)),
    bound: ['attention', status ?? null],
    window,
    limit,
    rowsAtOnce: status === undefined ? limit : Math.max(limit, PAGE_ROWS),
    readsMax: 1,
    cursor,
    read: (item) => withStatus(status, readAttention(item)),
  })
}

/** The newest processes of each kind, by status. The reads are shared out among the kinds. */
export async function counts(ctx: Context, kinds: readonly string[]): Promise<readonly KindCounts[]> {
  const readsEach = Math.max(1, Math.floor(COUNT_READS_MAX / partitionsOf(ctx, kinds).length))
  const { window } = windowOf({})
  return Promise.all(
    kinds.map(async (kind) => {
      const counted: Partial<Record<Status, number>> = {}
      let atLeast = false
      for (const partition of partitionsOf(ctx, [kind])) {
        const rows = { index: 'list', partition, ...window, order: 'down', limit: COUNT_ROWS } as const
        const walk = new Walk(ctx.store, rows, 'start', readsEach)
        for (let item = await walk.peek(); item !== undefined; item = await walk.peek()) {
          const listed = isOver(ctx, item) ? undefined : readListed(item)
          if (listed !== undefined) counted[listed.status] = (counted[listed.status] ?? 0) + 1
          walk.pass()
        }
        atLeast ||= walk.position !== 'end'
      }
      return { kind, counts: counted, ...(atLeast ? { atLeast } : {}) }
    }),
  )
}

type Merge<T> = Pick<IndexQuery, 'index'> & {
  readonly partitions: readonly string[]
  /** What a cursor belongs to. The partitions are not among it: a kind that is deployed between two pages joins in. */
  readonly bound: Json
  readonly window: { readonly from: number; readonly to: number }
  readonly limit: number
  readonly rowsAtOnce: number
  /** Queries of each partition. */
  readonly readsMax: number
  readonly cursor: string | undefined
  /** Undefined for a row that is passed over. */
  readonly read: (item: Item) => T | undefined
}

/**
 * ONE PLACE: rows are in order of their sort keys, and rows of one sort key are in order of their partitions. So the last row
 * that was passed says where each partition continues: before that sort key, if the partition comes first; at it, if the
 * partition comes later; after that very row in its own.
 */
async function merged<T>(ctx: Context, merge: Merge<T>): Promise<Page<T>> {
  const { index, bound, window, limit, rowsAtOnce, readsMax, cursor, read } = merge
  const place = cursor === undefined ? undefined : decodePlace(bound, cursor, window)
  if (window.from > window.to) return { items: [] }
  const walks = merge.partitions.toSorted().map((partition) => {
    const to = place === undefined ? window.to : place.at.at - (partition < place.partition ? 1 : 0)
    const own = place?.partition === partition
    const rows: IndexQuery = {
      index,
      partition,
      from: window.from,
      to: own ? window.to : to,
      order: 'down',
      limit: rowsAtOnce,
    }
    const start = own ? place.at : to < window.from ? 'end' : 'start'
    return { rows, walk: new Walk(ctx.store, rows, start, readsMax) }
  })
  const items: T[] = []
  let last: IndexPlace | undefined = place
  while (items.length < limit) {
    const first = await newest(walks)
    if (first === undefined) break
    const value = isOver(ctx, first.item) ? undefined : read(first.item)
    if (value !== undefined) items.push(value)
    const { pk, sk } = first.item
    if (typeof pk === 'string' && typeof sk === 'string')
      last = { partition: first.rows.partition, at: { pk, sk, at: first.at } }
    first.walk.pass()
  }
  const isDone = last === undefined || walks.every(({ walk }) => walk.position === 'end')
  return isDone || last === undefined ? { items } : { items, cursor: encodePlace(bound, last) }
}

function partitionsOf(ctx: Context, kinds: readonly string[]): readonly string[] {
  if (kinds.length === 0 || kinds.length > MERGED_KINDS_MAX) {
    const message = `expected a kind or a scope: a list over all kinds takes 1 to ${MERGED_KINDS_MAX} of them, got ${kinds.length}`
    throw new InvalidInput({ what: 'the query', issues: [{ path: 'kind', message }] })
  }
  const shards = Array.from({ length: ctx.shards.list }, (_, shard) => shard)
  return [...new Set(kinds)].flatMap((kind) => shards.map((shard) => kindPartition(parseKind(kind), shard)))
}

function withStatus<T extends { readonly status: Status }>(
  wanted: Status | undefined,
  row: T | undefined,
): T | undefined {
  return wanted === undefined || row?.status === wanted ? row : undefined
}
