import type { RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'

const INVARIANT = 'attention lists what needs an operator, and nothing else'
const NEEDS = new Set(['stuck', 'failed', 'abandoned'])

/** The stuck, the failed and the abandoned are in the attention index, since they became so. No other process is. */
export function attentionIsExact({ before, after, observed, index }: RowWrite, say: Say): void {
  const { status, attentionIn, attentionAt, endedAt } = after
  if (!NEEDS.has(status)) {
    if (attentionIn !== undefined || attentionAt !== undefined)
      say(broken(INVARIANT, observed.id, index, `it is ${status}, and in ${attentionIn} at ${attentionAt}`))
    return
  }
  const hasMoved = before?.status === status && before.attentionAt !== attentionAt
  const isOfItsEnd = status === 'stuck' || attentionAt === endedAt
  if (attentionIn?.startsWith('a#') === true && attentionAt !== undefined && isOfItsEnd && !hasMoved) return
  say(broken(INVARIANT, observed.id, index, `it is ${status}, and in ${attentionIn} at ${attentionAt}`))
}
