import type { Holding } from '../model/holding.ts'

/** What every line of a segment's log says. A claim makes an incarnation and a fence, so either names the segment. */
export function segmentFacts({ lease, row }: Holding): SegmentFacts {
  return { id: row.id, kind: row.kind, fence: lease.fence, segment: lease.incarnation }
}
type SegmentFacts = {
  readonly id: string
  readonly kind: string
  readonly fence: number
  readonly segment: string
}
