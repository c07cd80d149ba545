import type { EpochMs } from '../model/clock.ts'
import type { DueRow } from '../model/due.ts'
import { UnreadableItem } from '../model/errors.ts'
import { codeOf } from '../model/failure.ts'
import type { ProcessId } from '../model/ids.ts'
import { PAGE_ROWS } from '../model/limits.ts'
import { DRIVE_RESULTS_MAX, IDLE_LOOK_EVERY_MS } from '../model/limits-host.ts'
import type { WorkerParts } from './config.ts'
import { dueRows, soonestDue } from '../sweep/due-rows.ts'
import { pause } from '../host/pause.ts'
import { reportUnreadable } from '../sweep/shard.ts'
import { canClaim } from './execution.ts'
import type { SegmentRun } from './execution.ts'
import { claimAndRun, type ClaimOutcome } from './claim-and-run.ts'

export type DriveOptions = {
  /** Stops the pass: it claims nothing more, and hands over what it runs. */
  readonly signal?: AbortSignal
  /** `idle`: drives until neither time nor this host can move any process further. Default: one pass over the due rows. */
  readonly until?: 'idle' | undefined
}

/** What a pass came across. */
export type DrivePass = {
  /** How often a due process was looked at. */
  readonly due: number
  /** A line each time, of the first 10,000. */
  readonly results: readonly {
    readonly id: ProcessId
    readonly outcome: ClaimOutcome['kind'] | 'error'
    /** Why it is stuck, was discarded or could not be run. */
    readonly error?: unknown
  }[]
  /** Keys of due rows that are damaged or of a newer version, and were passed over. */
  readonly unreadable: readonly string[]
  /** Open processes that this pass left, and that only something from outside moves: a signal, an operator, a deploy. */
  readonly waiting: readonly ProcessId[]
  /** The pass was stopped, or ran out of time, before it had done what it was for. */
  readonly stopped: boolean
}

/** Claims and runs each process that is due. See `DurableProcessWorker.drivePendingProcesses`. */
export async function drive(
  parts: WorkerParts,
  run: SegmentRun,
  { until }: Pick<DriveOptions, 'until'> = {},
): Promise<DrivePass> {
  const pass = new Pass(parts, run)
  if (until === 'idle') await pass.untilIdle()
  else await pass.once()
  return pass.report()
}

type DriveResult = DrivePass['results'][number]

class Pass {
  readonly #parts: WorkerParts
  readonly #run: SegmentRun
  readonly #running = new Map<ProcessId, Promise<void>>()
  readonly #results: DriveResult[] = []
  readonly #unreadable = new Set<string>()
  /** When an open process that this pass has left is due; undefined where no time moves it. */
  readonly #left = new Map<ProcessId, EpochMs | undefined>()
  /** Rows that this host cannot move, by the fence they were met under. */
  readonly #apart = new Map<ProcessId, number>()
  #due = 0
  #wentThrough = false

  constructor(parts: WorkerParts, run: SegmentRun) {
    this.#parts = parts
    this.#run = run
  }

  /** Takes up all that is due, and settles when each of them has ended, waits or was handed over. */
  async once(): Promise<void> {
    await this.#claimDue()
    await Promise.all(this.#running.values())
    this.#wentThrough = canClaim(this.#parts, this.#run)
  }

  /**
   * Looks again whenever a process has come to rest, something comes due, or a while has passed. The due index shows a write
   * a moment later, so the pass is idle only once two looks in a row, some time apart, have found nothing.
   */
  async untilIdle(): Promise<void> {
    const { clock, watchEveryMs } = this.#parts
    for (let quietLooks = 0; quietLooks < 2;) {
      const lookedAt = clock.now()
      const due = this.#due
      if (!(await this.#claimDue())) break
      const dueAt = await this.#soonest()
      const isQuiet = this.#running.size === 0 && due === this.#due && dueAt === undefined
      quietLooks = isQuiet ? quietLooks + 1 : 0
      this.#wentThrough = quietLooks === 2
      // What was due at this look and is due still has another owner, or cannot be claimed yet.
      const isNew = dueAt !== undefined && dueAt > lookedAt
      const waitMs = isNew ? Math.max(0, dueAt - clock.now()) : IDLE_LOOK_EVERY_MS
      await this.#wait(isQuiet ? watchEveryMs : Math.min(waitMs, IDLE_LOOK_EVERY_MS))
    }
    await Promise.all(this.#running.values())
  }

  report(): DrivePass {
    const waiting = [...this.#left].flatMap(([id, dueAt]) => (dueAt === undefined ? [id] : []))
    return {
      due: this.#due,
      results: this.#results,
      unreadable: [...this.#unreadable],
      waiting,
      stopped: !this.#wentThrough,
    }
  }

  /**
   * Begins what is due, as room comes free. False where the host stopped before it was through: it claims nothing more.
   *
   * Suspects come last, since each waits for all others and runs alone: the one first that is due longest. A host that dies
   * again and again would else meet the same one first each time, and each of these deaths would count against it.
   */
  async #claimDue(): Promise<boolean> {
    const suspects: DueRow[] = []
    for await (const found of dueRows(this.#parts)) {
      if (!canClaim(this.#parts, this.#run)) return false
      if ('unreadable' in found) this.#tellUnreadable(found.unreadable)
      else if (found.isLeased && this.#isMine(found.row))
        this.#note({ id: found.row.id, outcome: 'not-claimed' })
      else if (found.row.status !== 'running' || suspects.length >= PAGE_ROWS) await this.#begin(found.row)
      else suspects.push(found.row)
    }
    for (const row of suspects.toSorted((a, b) => a.dueAt - b.dueAt)) await this.#begin(row)
    return canClaim(this.#parts, this.#run)
  }

  #isMine({ id, fence }: DueRow): boolean {
    return !this.#running.has(id) && this.#apart.get(id) !== fence
  }

  /** Waits until the time has passed, one of the running processes has come to rest, or the host stops. */
  async #wait(ms: number): Promise<void> {
    if (this.#wentThrough) return
    const rested = new AbortController()
    void Promise.race(this.#running.values()).then(() => rested.abort())
    await pause(this.#parts.clock, ms, [this.#run.hostSignal, rested.signal])
  }

  async #room(): Promise<void> {
    while (this.#running.size >= this.#parts.concurrency) await Promise.race(this.#running.values())
  }

  async #begin(row: DueRow): Promise<void> {
    if (this.#isMine(row)) await this.#room()
    if (!this.#isMine(row) || !canClaim(this.#parts, this.#run)) return
    const taken = this.#claimAndRun(row).finally(() => this.#running.delete(row.id))
    this.#running.set(row.id, taken)
  }

  /** The claim itself looks again: a row that ended, or that another pass has taken since it was read, is left alone (C46). */
  async #claimAndRun(row: DueRow): Promise<void> {
    const { id, kind } = row
    const { telemetry } = this.#parts
    try {
      const suspects = row.status === 'running' ? 'likely' : 'run'
      const outcome = await claimAndRun(this.#parts, id, this.#run, suspects)
      this.#note({ id, outcome: outcome.kind, ...('error' in outcome && { error: outcome.error }) })
      this.#noteLeft(row, outcome)
    } catch (error) {
      // One process that cannot be run never stops a pass (C50).
      const code = codeOf(error)
      telemetry.count('RunFailed', 1, { id, kind, code })
      if (error instanceof UnreadableItem) {
        telemetry.count('UnreadableItem')
        this.#setApart(row)
      }
      telemetry.error('a due process could not be run; the pass continues', error, { id, kind })
      this.#note({ id, outcome: 'error', error })
    }
  }

  #noteLeft(row: DueRow, outcome: ClaimOutcome): void {
    const { id, kind } = row
    const { definitions, clock } = this.#parts
    if (outcome.kind === 'ended') this.#left.delete(id)
    else if (outcome.kind === 'stuck') this.#left.set(id, undefined)
    // A definition that is not deployed here makes a row due again and again, and this host cannot continue it.
    else if (outcome.kind === 'parked') this.#left.set(id, definitions.has(kind) ? outcome.dueAt : undefined)
    else if (outcome.kind !== 'not-claimed') this.#left.set(id, clock.now())
    else if (outcome.reply.outcome === 'ended') this.#left.delete(id)
    else if (outcome.reply.outcome === 'refused') this.#setApart(row)
  }

  #setApart({ id, fence }: DueRow): void {
    this.#apart.set(id, fence)
    this.#left.set(id, undefined)
  }

  #note(result: DriveResult): void {
    this.#due += 1
    if (this.#results.length < DRIVE_RESULTS_MAX) this.#results.push(result)
  }

  #tellUnreadable(key: string): void {
    if (!this.#unreadable.has(key)) reportUnreadable(this.#parts, [key])
    this.#unreadable.add(key)
  }

  /** When something that this host can move is due: by the index, or by what a run of this pass left. */
  async #soonest(): Promise<EpochMs | undefined> {
    const { definitions, clock } = this.#parts
    const counts = (row: DueRow): boolean => this.#isMine(row) && definitions.has(row.kind)
    const inIndex = await soonestDue(this.#parts, counts)
    const now = clock.now()
    const left = [...this.#left.values()].filter((dueAt) => dueAt !== undefined).filter((at) => at > now)
    return left.reduce<EpochMs | undefined>((soonest, at) => Math.min(at, soonest ?? at), inIndex)
  }
}
