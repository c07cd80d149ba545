import { decideClaim } from '../model/claim.ts'
import { HostShutDown, ProcessStuck, UnknownProcess } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import { isEnded, type Output, type ProcessRecord, type TerminalRecord } from '../model/record.ts'
import type { Registration } from '../model/registration.ts'
import { Cancellation } from './cancellation.ts'
import type { WorkerParts } from './config.ts'
import { pause } from '../host/pause.ts'
import { canClaim } from './execution.ts'
import type { SegmentRun } from './execution.ts'
import { startAndRun, claimAndRun, type NotClaimed, type ClaimOutcome } from './claim-and-run.ts'

/**
 * Runs a process, segment after segment, until it has ended; waits where it is due later or another owner has it. Once
 * `cancel` fires the process is asked to cancel, and its output is what it ends with then. Throws `HostShutDown` where the
 * run's host stops, `ProcessStuck`, and what `startAndRun` throws.
 */
export async function runToEnd(
  parts: WorkerParts,
  registration: Registration,
  run: SegmentRun,
  cancel?: AbortSignal,
): Promise<Output> {
  const { id } = registration
  if (!canClaim(parts, run)) throw new HostShutDown({ id, registered: false })
  const cancellation = new Cancellation(parts, registration, cancel)
  const follow = new Follower(parts, id, { ...run, cancelSignal: cancellation.settled }, cancellation)
  try {
    await follow.untilAsked()
    let outcome = await startAndRun(parts, registration, follow.run)
    // It stopped while this run waited for a place among the others of its worker.
    if (outcome.kind === 'no-time') throw new HostShutDown({ id, registered: false })
    for (;;) {
      const next = follow.after(outcome)
      const record = next.do === 'wait' ? await follow.wait(next) : next.record
      if (record !== undefined) return await parts.registry.outputOf(record)
      outcome = await claimAndRun(parts, id, follow.run)
    }
  } finally {
    await cancellation.end()
  }
}

type FollowerWait = {
  readonly do: 'wait'
  readonly ms: number
  /** The process is due then, as far as is known: it is claimed without another look. */
  readonly isDue?: boolean
}
type FollowerStep = { readonly do: 'answer'; readonly record: TerminalRecord } | FollowerWait

/** Follows one process for a caller who waits for its end. */
class Follower {
  readonly run: SegmentRun
  readonly #parts: WorkerParts
  readonly #id: ProcessId
  readonly #cancellation: Cancellation

  constructor(parts: WorkerParts, id: ProcessId, run: SegmentRun, cancellation: Cancellation) {
    this.#parts = parts
    this.#id = id
    this.run = run
    this.#cancellation = cancellation
  }

  /** A caller who has cancelled already is heard before anything runs. */
  async untilAsked(): Promise<void> {
    while (this.#cancellation.pending) await this.#pause(this.#parts.watchEveryMs)
  }

  after(outcome: ClaimOutcome): FollowerStep {
    const { watchEveryMs } = this.#parts
    switch (outcome.kind) {
      case 'ended':
        return { do: 'answer', record: outcome.record }
      case 'stuck':
        return this.#stuck(outcome.error.message)
      case 'discarded':
        throw outcome.error
      case 'handed-over':
      case 'no-time':
        return { do: 'wait', ms: 0, isDue: true }
      case 'lease-lost':
        return { do: 'wait', ms: watchEveryMs }
      case 'parked':
        return this.#untilDue(outcome.dueAt)
      case 'not-claimed':
        return this.#refused(outcome.reply)
    }
  }

  /**
   * Waits until the process may be claimed, or answers its record once it has ended. In between it only reads: a claim that
   * is refused is paid for as a write.
   */
  async wait({ ms, isDue = false }: FollowerWait): Promise<TerminalRecord | undefined> {
    await this.#pause(ms)
    if (isDue) return undefined
    for (;;) {
      const record = await this.#parts.registry.get(this.#id)
      if (record === undefined) throw new UnknownProcess({ id: this.#id })
      if (isEnded(record) && record.pendingNotifications !== true) return record
      if (await this.#mayClaim(record)) return undefined
      if (record.status === 'stuck') this.#stuck(reasonOf(record))
      await this.#pause(this.#untilLook(record))
    }
  }

  #refused(reply: NotClaimed): FollowerStep {
    switch (reply.outcome) {
      case 'ended':
        return { do: 'answer', record: reply.record }
      case 'unknown':
        throw new UnknownProcess({ id: this.#id })
      case 'not-due':
        return this.#untilDue(reply.dueAt)
      case 'suspect':
      case 'busy':
        return { do: 'wait', ms: this.#parts.watchEveryMs }
      case 'refused':
        // Its row says why it is stuck, which is what the caller needs.
        return { do: 'wait', ms: reply.because === 'stuck' ? 0 : this.#parts.watchEveryMs }
    }
  }

  /** A stuck process needs a deploy and a resume, and waiting here would wait for a person. A cancel request ends it. */
  #stuck(because?: string): FollowerWait {
    if (this.#cancellation.pending) return { do: 'wait', ms: this.#parts.watchEveryMs }
    throw new ProcessStuck({ id: this.#id, ...(because === undefined ? {} : { because }) })
  }

  /** A wait is cut into looks, since a signal, a cancel or another owner may move the process meanwhile. */
  #untilDue(dueAt: number | undefined): FollowerWait {
    const { watchEveryMs, clock } = this.#parts
    const leftMs = dueAt === undefined ? Infinity : Math.max(0, dueAt - clock.now())
    return leftMs <= watchEveryMs ? { do: 'wait', ms: leftMs, isDue: true } : { do: 'wait', ms: watchEveryMs }
  }

  /** When to look again at a process that cannot be claimed now: one that is due all the same has a live owner. */
  #untilLook(record: ProcessRecord): number {
    const { watchEveryMs, clock } = this.#parts
    const dueAt = 'dueAt' in record ? record.dueAt : undefined
    const leftMs = (dueAt ?? 0) - clock.now()
    return leftMs > 0 ? Math.min(leftMs, watchEveryMs) : watchEveryMs
  }

  /** Would a claim succeed, or end the process? Its lease item is read only if its grant has expired. */
  async #mayClaim(record: ProcessRecord): Promise<boolean> {
    const { clock, registry, ownerId, leaseTtlMs: ttlMs } = this.#parts
    const request = { ownerId, attemptId: '', token: '', ttlMs }
    const verdict = decideClaim(record, undefined, request, clock.now())
    if (verdict.do === 'skip') return verdict.because === 'ended'
    if (record.status !== 'running') return true
    const until = await registry.leasedUntil([{ ...record, wakeupScheduled: false }])
    return (until.get(record.id) ?? 0) <= clock.now()
  }

  /** Throws `HostShutDown` as soon as the host stops. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#parts
    const { hostSignal } = this.run
    if (canClaim(this.#parts, this.run)) await pause(clock, ms, [hostSignal, this.#cancellation.settled])
    if (!canClaim(this.#parts, this.run)) throw new HostShutDown({ id: this.#id, registered: true })
  }
}

function reasonOf(record: ProcessRecord): string | undefined {
  return record.status === 'stuck' && record.wait.for === 'resume' ? record.wait.error.message : undefined
}
