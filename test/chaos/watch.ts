import type { LocalEvent } from '../../lib/local/events.ts'
import type { Item } from '../../lib/registry/store/store.ts'
import { pausedDuring, type KillOrPause } from './kills.ts'
import type { Write } from './recorder.ts'
import type { WorkerLog } from './worker-logs.ts'

/** A worker said that its run lost its lease. */
export type Loss = { readonly process: string; readonly fence: number; readonly because: string }

/** An invocation of the sweep, by the machine's clock. */
export type Pass = { readonly at: number; readonly until: number; readonly outcome: string }

/** Another claimed what this worker process held. */
export type Takeover = { readonly from: string; readonly claimedAt: number }

/** Between two reads of the workers' logs. */
const READ_EVERY_MS = 200
type Running = {
  /** Of the worker that claimed it. */
  readonly worker: string
  /** Claims in a row that recorded nothing. */
  readonly stalls: number
  readonly dueAt: number
}

const LOSS = 'a run lost its lease'

/**
 * What can be known while chaos continues, for the faults and for the drain: which processes are open, which worker runs
 * them, and which workers live. It lags behind by a read of the stream, and judges nothing.
 */
export class Watch {
  readonly open = new Set<string>()
  readonly ended = new Set<string>()
  /** Workers that live now, and since when by this process's monotonic clock. */
  readonly workers = new Map<number, number>()
  readonly losses: Loss[] = []
  readonly passes: Pass[] = []
  /** Claims of processes that an owner still ran by their row. */
  readonly takeovers: Takeover[] = []
  /** Writes to rows of processes so far. */
  written = 0
  readonly #running = new Map<string, Running>()
  readonly #logs: () => readonly WorkerLog[]
  readonly #pidOf = new Map<string, number>()
  #readAt = -Infinity

  constructor(logs: () => readonly WorkerLog[]) {
    this.#logs = logs
  }

  /** The table's stream has it. */
  wrote({ pk, sk, before, after }: Pick<Write, 'pk' | 'sk' | 'before' | 'after'>): void {
    if (sk !== 'PROCESS' || after === undefined) return
    this.written += 1
    const id = pk.slice(2)
    // With its dependents notified, too.
    const over = after['ea'] !== undefined && after['d'] === undefined
    ;(over ? this.ended : this.open).add(id)
    if (over) this.open.delete(id)
    const grant = grantOf(after)
    const lost = grantOf(before)
    if (grant !== undefined && lost !== undefined && before?.['f'] !== after['f'])
      this.takeovers.push({ from: lost.o, claimedAt: grant.c })
    if (grant !== undefined)
      this.#running.set(id, {
        worker: grant.o,
        stalls: Number(after['n'] ?? 0),
        dueAt: Number(after['da'] ?? 0),
      })
    else this.#running.delete(id)
  }

  noticed(event: LocalEvent): void {
    if (event.type === 'environment-started' && event.function === 'worker')
      this.workers.set(event.pid, performance.now())
    if (event.type === 'environment-ended') this.workers.delete(event.pid)
    if (event.type === 'invoked' && event.function === 'sweep') {
      const until = Date.now()
      this.passes.push({ at: until - event.tookMs, until, outcome: event.outcome })
    }
    if (event.type === 'log' && event.line.includes(LOSS)) {
      const { facts } = JSON.parse(event.line) as { facts: { id: string; fence: number; because: string } }
      this.losses.push({ process: facts.id, fence: facts.fence, because: facts.because })
    }
  }

  /** So many times another claimed what one of these workers held while it slept: as the report counts it, as far as it is known. */
  overtaken(kills: readonly KillOrPause[]): number {
    return this.takeovers.filter(({ from, claimedAt }) =>
      pausedDuring(kills, this.#pidOfWorker(from), claimedAt),
    ).length
  }

  /** The processes that each living worker runs; of those that run none there is nothing. */
  holdings(): ReadonlyMap<number, ReadonlySet<string>> {
    const held = new Map<number, Set<string>>()
    for (const [id, { worker }] of this.#running) {
      const pid = this.#pidOfWorker(worker)
      if (pid === undefined || !this.workers.has(pid)) continue
      held.set(pid, (held.get(pid) ?? new Set()).add(id))
    }
    return held
  }

  /** Workers with a process that so many claims in a row failed with. */
  wearing(stalls: number): ReadonlySet<number> {
    const worn = [...this.#running.values()].filter((each) => each.stalls >= stalls)
    return new Set(worn.flatMap(({ worker }) => this.#pidOfWorker(worker) ?? []))
  }

  /** Whether a process backs off after stalls: no worker may claim it before its due time. */
  resting(): boolean {
    return [...this.#running.values()].some(({ dueAt }) => dueAt > Date.now())
  }

  /** A worker logs its pid before it does anything else. */
  #pidOfWorker(worker: string): number | undefined {
    const now = performance.now()
    if (!this.#pidOf.has(worker) && now - this.#readAt >= READ_EVERY_MS) {
      for (const log of this.#logs()) if (log.kind === 'started') this.#pidOf.set(log.by, log.pid)
      this.#readAt = now
    }
    return this.#pidOf.get(worker)
  }
}

/** The worker that runs it, and since when; undefined if no worker runs it. */
function grantOf(item: Item | undefined): { readonly o: string; readonly c: number } | undefined {
  const grant = item?.['gr'] as { readonly o?: unknown; readonly c?: unknown } | undefined
  if (item?.['s'] !== 'running' || typeof grant?.o !== 'string') return undefined
  return { o: grant.o, c: Number(grant.c) }
}
