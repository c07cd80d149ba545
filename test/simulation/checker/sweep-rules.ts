import type { HostFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { hasEnded } from './stored.ts'
import { broken } from './violation.ts'

/** What was written so long before a pass is in every index. */
const INDEX_LAG_MAX_MS = 4 * 60_000
/** The sweep leaves a wake-up that others sent so long to arrive. */
const GRACE_MS = 30_000

/** Since when a row stands as it does, and where in the history. `overAt`: by the clocks of its owners. */
type Standing = {
  readonly observed: ObservedProcess
  readonly at: number
  readonly index: number
  readonly due: string
}

/**
 * A pass of the sweep that came to its end has woken each dead owner's process, and for each urgent one that is due,
 * however long the queues are (C68). Judged by the clock of the sweep: what others think is due is no matter.
 */
export class SweepBook {
  readonly #standing = new Map<string, Standing>()
  /** Where the sweep last woke a process. */
  readonly #woke = new Map<string, number>()

  take({ observed, fact, index, after }: RowWrite): void {
    const due = `${after.status === 'running'} ${after.fence} ${after.dueAt}`
    const before = this.#standing.get(observed.id)
    if (hasEnded(after) || after.dueAt === undefined) this.#standing.delete(observed.id)
    else if (before?.due !== due || before.observed !== observed)
      this.#standing.set(observed.id, { observed, at: fact.at, index, due })
  }

  sent({ by, process }: Extract<HostFact, { kind: 'woke' }>, index: number): void {
    if (by.startsWith('sweep')) this.#woke.set(process, index)
  }

  swept({ by, beganAt, clockAt }: Extract<HostFact, { kind: 'swept' }>, index: number, say: Say): void {
    for (const standing of this.#standing.values()) {
      const { observed, at } = standing
      const { row, lease } = observed
      if (row?.dueAt === undefined || at + INDEX_LAG_MAX_MS > beganAt) continue
      if ((this.#woke.get(observed.id) ?? -1) > standing.index) continue
      const isOrphan = row.status === 'running'
      if (!isOrphan && !row.urgent) continue
      const heldUntil = isOrphan && lease.fence === row.fence ? (lease.expiresAt ?? 0) : 0
      const overdueMs = clockAt - Math.max(row.dueAt, heldUntil)
      if (overdueMs <= GRACE_MS) continue
      const says = `${by} passes by, and sends no wake-up: ${isOrphan ? 'its owner is dead' : 'it is urgent and due'} for ${Math.round(overdueMs / 1_000)} s`
      say(broken('a long queue holds up itself only', observed.id, index, says))
    }
  }
}
