import type { CallerFact } from '../history.ts'
import type { RowWrite, Say } from './observed-process.ts'
import { broken } from './violation.ts'

type Change = {
  readonly status: string
  readonly revision: number
  readonly createdAt: number
  readonly index: number
}
type Told = { readonly changes: Change[]; published: number }

const INVARIANT = 'every change of status is published, in order'

/**
 * The bus gets each change of a status at least once. The first time that it gets one, it has all changes before it: a
 * repetition may come at any time.
 */
export class StreamBook {
  readonly #byId = new Map<string, Told>()

  take({ observed, before, after, index }: RowWrite): void {
    if (before?.status === after.status) return
    const { status, fence, commit, seq, createdAt = 0 } = after
    this.#of(observed.id).changes.push({ status, revision: fence + commit + seq, createdAt, index })
  }

  published(fact: Extract<CallerFact, { kind: 'published' }>, index: number, say: Say): void {
    const told = this.#of(fact.process)
    const nth = told.changes.findIndex(
      ({ revision, createdAt, status }) =>
        revision === fact.revision && createdAt === fact.createdAt && status === fact.status,
    )
    const what = `${fact.status} (revision ${fact.revision})`
    if (nth < 0) return say(broken(INVARIANT, fact.process, index, `${what} is published, and never was`))
    if (nth > told.published) {
      const { status, revision } = told.changes[told.published] as Change
      const says = `${what} is published before ${status} (revision ${revision})`
      say(broken(INVARIANT, fact.process, index, says))
    }
    told.published = Math.max(told.published, nth + 1)
  }

  checkEnd(say: Say): void {
    for (const [id, { changes, published }] of this.#byId)
      for (const { status, index } of changes.slice(published))
        say(broken(INVARIANT, id, index, `that it is ${status} is never published`))
  }

  #of(id: string): Told {
    const known = this.#byId.get(id) ?? { changes: [], published: 0 }
    this.#byId.set(id, known)
    return known
  }
}
