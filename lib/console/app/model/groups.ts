import type { AttentionRow } from '../../../registry/port-lists.ts'

// Many processes that need attention for one cause are one thing to look at.

export type AttentionGroup = {
  readonly status: AttentionRow['status']
  readonly kind: string
  readonly code?: string
  readonly rows: readonly AttentionRow[]
  readonly newestAt: number
  readonly oldestAt: number
}

/** Rows by status, kind and code: groups of stuck ones first, then the largest. A retried row needs no attention any more. */
export function attentionGroups(rows: readonly AttentionRow[]): readonly AttentionGroup[] {
  const open = rows.filter((row) => row.retriedBy === undefined)
  const groups = Map.groupBy(open, ({ status, kind, code }) => JSON.stringify([status, kind, code]))
  return [...groups.values()]
    .flatMap((of) => {
      const [first] = of
      if (first === undefined) return []
      const moments = of.map((row) => row.at)
      return [
        {
          status: first.status,
          kind: first.kind,
          ...(first.code === undefined ? {} : { code: first.code }),
          rows: of,
          newestAt: Math.max(...moments),
          oldestAt: Math.min(...moments),
        },
      ]
    })
    .toSorted(byUrgency)
}

function byUrgency(a: AttentionGroup, b: AttentionGroup): number {
  const stuckFirst = Number(b.status === 'stuck') - Number(a.status === 'stuck')
  if (stuckFirst !== 0) return stuckFirst
  const larger = b.rows.length - a.rows.length
  return larger === 0 ? b.newestAt - a.newestAt : larger
}
