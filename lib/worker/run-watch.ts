import type { StandstillWatch } from '../host/standstill.ts'
import type { Clock } from '../model/clock.ts'
import { STEP_SHOWN_MAX_BYTES } from '../model/limits.ts'
import { cutText } from '../model/log.ts'
import type { Site } from '../model/site.ts'
import { ProcessCancelled, ProcessTimedOut } from '../model/errors.ts'
import type { RunningStep } from '../model/lease.ts'
import { HEED_END_MS, INVOCATION_LATE_SHARE, LAST_WORD_MS } from '../model/limits-flight.ts'
import type { Facts } from '../telemetry/port.ts'
import { placeOf } from '../telemetry/stacks.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'
import type { ExecutionContext } from './execution.ts'

/**
 * Reports a run that lasts too long, while its worker can still report it:
 *
 * - A step that still runs when most of the invocation's time is used. It may be one that never returns.
 * - A run in the last seconds of the invocation. The host kills the worker, which cannot say anything afterwards.
 * - Code that continues after the process was cancelled or timed out.
 */
export function watchRun(
  parts: WorkerParts,
  { owned, steps }: { readonly owned: OwnedProcess; readonly steps: RunningSteps },
  execution: ExecutionContext,
): { stop(): void } {
  const { clock, telemetry, handOverMarginMs } = parts
  const cancels: (() => void)[] = []
  const { hardAt } = execution
  if (hardAt !== undefined) {
    const now = clock.now()
    const beganAt = execution.beganAt ?? now
    const lateAt = beganAt + (hardAt - beganAt) * INVOCATION_LATE_SHARE
    // A timer in the past would report what another run of the invocation has used up.
    if (lateAt > now) cancels.push(clock.after(lateAt - now, late))
    if (hardAt - LAST_WORD_MS > now) cancels.push(clock.after(hardAt - LAST_WORD_MS - now, last))
  }
  if (owned.signal.aborted) asked()
  else owned.signal.addEventListener('abort', asked, { once: true })

  function late(): void {
    const since = steps.current?.since
    // Of many short ones in a row each ends in time, and the run hands over after one of them.
    if (since === undefined || clock.now() - since < handOverMarginMs) return
    telemetry.count('StepRunsLate', 1, segmentFacts(owned))
    telemetry.warn(
      'a step still runs, and most of its invocation is used up',
      factsOf(parts, { owned, steps }, hardAt),
    )
  }

  function last(): void {
    telemetry.warn(
      'the invocation ends before this run does, and its worker is killed',
      factsOf(parts, { owned, steps }, hardAt),
    )
  }

  function asked(): void {
    const { reason } = owned.signal
    if (!(reason instanceof ProcessCancelled) && !(reason instanceof ProcessTimedOut)) return
    const [askedAt, before, { commit }] = [clock.now(), steps.current, owned.row]
    const report = (): void => {
      const step = steps.current
      // A clean-up runs steps of its own, and records them.
      const heeds = step === undefined ? owned.row.commit !== commit : !sameBody(step, before)
      if (heeds) return
      telemetry.count('EndIgnored', 1, segmentFacts(owned))
      telemetry.warn('the code still runs after a cancel or a timeout', {
        ...factsOf(parts, { owned, steps }, hardAt),
        because: reason.code,
        askedAt,
      })
    }
    cancels.push(clock.after(HEED_END_MS, report))
  }

  return {
    stop() {
      owned.signal.removeEventListener('abort', asked)
      for (const cancel of cancels) cancel()
    },
  }
}

function factsOf(
  { clock }: WorkerParts,
  { owned, steps }: { readonly owned: OwnedProcess; readonly steps: RunningSteps },
  hardAt: number | undefined,
): Facts {
  const now = clock.now()
  const { current: step, site } = steps
  const running = step && {
    step: step.name,
    attempt: step.attempt,
    at: placeOf(site),
    ranMs: now - step.since,
  }
  return { ...segmentFacts(owned), ...running, ...(hardAt !== undefined && { leftMs: hardAt - now }) }
}

function sameBody(a: RunningStep, b: RunningStep | undefined): boolean {
  return a.name === b?.name && a.attempt === b.attempt && a.since === b.since
}

/** The steps whose bodies a run is executing: for operators, and for the evidence if its worker dies in one of them. */
export class RunningSteps {
  readonly #clock: Clock
  readonly #watch: StandstillWatch
  /** In the order in which their bodies began. */
  readonly #open = new Map<Omit<RunningStep, 'beside'>, Site | undefined>()

  constructor(clock: Clock, watch: StandstillWatch) {
    this.#clock = clock
    this.#watch = watch
  }

  /** Executes the body of an attempt, and counts it as running until it settles. */
  async run<T>(
    {
      name: given,
      attempt,
      site,
    }: { readonly name: string; readonly attempt: number; readonly site: Site | undefined },
    body: () => Promise<T>,
  ): Promise<T> {
    const step = { name: cutText(given, STEP_SHOWN_MAX_BYTES), attempt, since: this.#clock.now() }
    this.#open.set(step, site)
    try {
      return await this.#watch.measured(step, body)
    } finally {
      this.#open.delete(step)
    }
  }

  /** The step that began first, and how many run beside it. Undefined if no body runs. */
  get current(): RunningStep | undefined {
    const [first] = this.#open.keys()
    const beside = this.#open.size - 1
    return first === undefined || beside === 0 ? first : { ...first, beside }
  }

  /** Where the author's code asks for that step, for the lines that name it. */
  get site(): Site | undefined {
    const [first] = this.#open.values()
    return first
  }
}
