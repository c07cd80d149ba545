import type { EffectController } from '../effects/controller.ts'
import type { EpochMs } from '../model/clock.ts'
import { LeaseLost, LeaseholdError } from '../model/errors.ts'
import type { Lease } from '../model/lease.ts'
import type { TerminalRecord } from '../model/record.ts'
import type { WorkerParts } from './config.ts'

/** What a host tells of the execution it gives: its time, and a way to want the worker back. */
export type ExecutionContext = {
  /** The hard end of the invocation; absent on hosts without one. */
  readonly hardAt?: EpochMs
  /** When the invocation began. Default: when the process is claimed. A step that runs late is judged by it. */
  readonly beganAt?: EpochMs
  /** With too little of it left no effect is begun, no process is claimed, and a run hands over between two effects. */
  readonly remainingMs?: () => number
  /**
   * Fires when the host shuts down: the bodies' signals fire with its reason, and each run hands its process over at once,
   * or ends it abandoned where its recovery asks for that.
   */
  readonly shutdownSignal?: AbortSignal
}

export type SegmentRun = {
  readonly controller: EffectController
  readonly execution: ExecutionContext
  /** Fires when the host shuts down, or stops the pass that the run is part of: the run hands over at once. */
  readonly hostSignal?: AbortSignal
  /** Told each time that something of the run is recorded: from the first on it is no suspect. */
  readonly onProgress?: () => void
  /** Fires once a cancel request of this host's own is recorded: the run looks at its row, and need not wait for a notice. */
  readonly cancelSignal?: AbortSignal
}

/** A run for a host: `stop` ends what it is part of, the shutdown of its host ends it too. */
export function segmentRun(
  controller: EffectController,
  execution: ExecutionContext,
  stop?: AbortSignal,
): SegmentRun {
  const signals = [execution.shutdownSignal, stop].filter((signal) => signal !== undefined)
  return signals.length === 0
    ? { controller, execution }
    : { controller, execution, hostSignal: AbortSignal.any(signals) }
}

/** How a segment came to its end. Only `ended` is the end of the process. */
export type SegmentOutcome =
  | { readonly kind: 'ended'; readonly record: TerminalRecord }
  | { readonly kind: 'parked'; readonly dueAt: EpochMs | undefined }
  | { readonly kind: 'handed-over' }
  | { readonly kind: 'stuck'; readonly error: LeaseholdError }
  | { readonly kind: 'lease-lost'; readonly error: LeaseLost }
  /** The store or this code failed: nothing more was written, and the lease runs out by itself. */
  | { readonly kind: 'discarded'; readonly error: LeaseholdError }

/** True while enough of the invocation is left to begin something in it. */
export function hasTime(parts: Pick<WorkerParts, 'handOverMarginMs'>, execution: ExecutionContext): boolean {
  const leftMs = execution.remainingMs?.()
  return leftMs === undefined || leftMs > parts.handOverMarginMs
}

/** False where a host that stops, or has too little time left, takes up no process more (C63). */
export function canClaim(parts: Pick<WorkerParts, 'handOverMarginMs'>, run: SegmentRun): boolean {
  return run.hostSignal?.aborted !== true && hasTime(parts, run.execution)
}

/** The lease ran out before a renewal came through. */
export function outOfTime(lease: Lease, cause?: unknown): LeaseLost {
  const why = cause instanceof LeaseholdError ? `: ${cause.code}` : ''
  return new LeaseLost(
    { id: lease.id, fence: lease.fence, because: `it ran out before it was renewed${why}` },
    cause,
  )
}
