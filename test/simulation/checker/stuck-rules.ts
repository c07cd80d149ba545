import type { RowWrite, Say } from './observed-process.ts'
import { hasEnded, TAG } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'a stuck process waits for an operator'

/** It continues because an operator resumes it, which its log says. Else only a request to end it ends it. */
export function stuckIsLeft({ before, after, observed, index }: RowWrite, say: Say): void {
  if (before?.status !== 'stuck' || after.status === 'stuck') return
  if (hasEnded(after)) {
    if (before.cancelAsked || before.abandonAsked) return
    return say(broken(INVARIANT, observed.id, index, `it is stuck, and ${after.status} without a request`))
  }
  const [tag] = observed.log.entries.at(-1) ?? []
  if (after.status === 'waiting' && tag === TAG.resume) return
  say(broken(INVARIANT, observed.id, index, `it is stuck, and ${after.status} though no operator resumed it`))
}
