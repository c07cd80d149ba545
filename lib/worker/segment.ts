import type { RunEffects } from '../effects/controller.ts'
import type { AnyDefinition } from '../effects/definition.ts'
import { outsideOfSteps } from '../effects/engine/effect-scope.ts'
import { stallsExhausted } from '../model/claim.ts'
import { UnknownKind, UnreadableItem } from '../model/errors.ts'
import { neverBegan } from '../model/holding.ts'
import { exhaustedEvidence, undeployedBackoffMs } from '../model/recovery.ts'
import type { ClaimedProcess } from '../registry/port.ts'
import type { CountName } from '../telemetry/metrics.ts'
import type { WorkerParts } from './config.ts'
import { settleOrLeave } from './notifications.ts'
import { Hold } from './hold.ts'
import { conclude, ended, endUnbegun, handOver, discardRun, type Rest } from './outcome.ts'
import { mayTake, type SegmentOutcome, type SegmentRun } from './execution.ts'
import { setAside } from './set-down.ts'
import { keepRenewed } from './renewal.ts'
import { wakeupReaches, sendWakeupAfterPark } from '../queue/wakeups.ts'
import { sayEnded, segmentFacts } from '../telemetry/run-lines.ts'
import { RunningSteps, watchRun } from './run-watch.ts'
import { runPortsOf, watchDeadline } from './run-ports.ts'
import { StandstillWatch, standstillOf } from '../host/standstill.ts'
import { Strays } from '../host/strays.ts'
import { waitForSlot } from './slots.ts'

/** Runs a claimed process until it ends, parks, hands over or is lost. Never throws for what the process does. */
export async function runSegment(
  parts: WorkerParts,
  claimed: ClaimedProcess,
  run: SegmentRun,
): Promise<SegmentOutcome> {
  const hold = new Hold(parts, claimed.holding, claimed.log)
  const watch = new StandstillWatch({ ...parts, facts: segmentFacts(hold) })
  const steps = new RunningSteps(parts.clock, watch)
  const strays = new Strays({ ...parts, facts: segmentFacts(hold), steps })
  let suspended = true
  const renewal = keepRenewed(parts, hold, { steps, watch })
  const stopDeadline = watchDeadline(parts, hold)
  const runWatch = watchRun(parts, { hold, steps }, run.execution)
  try {
    const outcome =
      (await withoutRunning(parts, claimed, hold)) ??
      (await strays.run(() => runBody(parts, { claimed, hold, steps }, run)))
    suspended = outcome.kind !== 'ended'
    if (outcome.kind === 'ended') await settleOrLeave(parts, outcome.record)
    return counted(parts, hold, outcome)
  } catch (error) {
    return counted(parts, hold, discardRun(error))
  } finally {
    renewal.stop()
    stopDeadline()
    runWatch.stop()
    hold.end()
    await strays.close({ suspended })
  }
}

function counted(parts: WorkerParts, hold: Hold, outcome: SegmentOutcome): SegmentOutcome {
  const facts = segmentFacts(hold)
  if (outcome.kind === 'ended') sayEnded(parts.telemetry, outcome.record, facts)
  else parts.telemetry.count(METRIC_OF[outcome.kind], 1, facts)
  if (outcome.kind === 'discarded' && outcome.error instanceof UnreadableItem)
    parts.telemetry.count('UnreadableItem', 1, facts)
  if (outcome.kind === 'discarded')
    parts.telemetry.error(
      'a run was discarded; the process continues after its lease expires',
      outcome.error,
      facts,
    )
  if (outcome.kind === 'lease-lost')
    parts.telemetry.warn('a run lost its lease', { ...facts, because: outcome.error.message })
  return outcome
}

const METRIC_OF = {
  parked: 'Parked',
  'handed-over': 'HandedOver',
  stuck: 'Stuck',
  'lease-lost': 'LeaseLost',
  discarded: 'RunFailed',
} as const satisfies Record<Exclude<SegmentOutcome['kind'], 'ended'>, CountName>

/** The ends that need no run: given up after too many stalls, cancelled before the first start, or of no kind known here. */
async function withoutRunning(
  parts: WorkerParts,
  claimed: ClaimedProcess,
  hold: Hold,
): Promise<SegmentOutcome | undefined> {
  const { row } = hold
  const over = neverBegan(row) ? await endUnbegun(hold) : undefined
  if (over !== undefined) return over
  if (claimed.unreadable !== undefined) return setAside(parts, hold, claimed.unreadable, {})
  if (stallsExhausted(row)) {
    const evidence = exhaustedEvidence(row, claimed.log, parts.ownerId)
    const where = evidence.step === undefined ? '' : `, last in step ${JSON.stringify(evidence.step.name)}`
    const message = `its worker died ${row.stalls} times in a row while it ran nothing else${where}; see the evidence and the log of the last owner${standstillOf(row.id)}`
    const error = { class: 'AttemptsExhausted', code: 'attempts_exhausted', message }
    parts.telemetry.count('AttemptsExhausted', 1, segmentFacts(hold))
    return ended(await hold.complete([], { outcome: 'failure', error, evidence }))
  }
  if (parts.definitions.has(row.kind)) return waitForSlot(parts, hold)
  const tries = (row.wait?.for === 'undeployed' ? row.wait.tries : 0) + 1
  const dueAt = parts.clock.now() + undeployedBackoffMs(tries)
  const parked = await hold.park([], {
    wait: { for: 'undeployed', kind: row.kind, tries },
    dueAt,
    wakeupScheduled: wakeupReaches(parts.doorbell, dueAt, parts.clock.now()),
  })
  await sendWakeupAfterPark(parts, parked)
  const error = new UnknownKind({ kind: row.kind, known: [...parts.definitions.keys()] })
  parts.telemetry.count('UnknownKind', 1, segmentFacts(hold))
  parts.telemetry.error('left open: its definition is not deployed here', error, {
    ...segmentFacts(hold),
    dueAt,
  })
  return { kind: 'parked', dueAt }
}

async function runBody(
  parts: WorkerParts,
  segment: { claimed: ClaimedProcess; hold: Hold; steps: RunningSteps },
  run: SegmentRun,
): Promise<SegmentOutcome> {
  const { claimed, hold } = segment
  const definition = parts.definitions.get(hold.row.kind)
  if (definition === undefined)
    throw new UnknownKind({ kind: hold.row.kind, known: [...parts.definitions.keys()] })
  // It stopped while the claim was on its way, or the wait for a place: the author's code is not called.
  if (!mayTake(parts, run)) return handOver(parts, hold)
  const scope = run.controller.begin(runPortsOf(parts, segment, run))
  const interrupted = onAbort(run.hostSignal, (reason) => hold.interrupt(reason))
  const cancelled = onAbort(run.cancelSignal, () => lookAt(parts, hold))
  try {
    const rest = await Promise.race([
      callAuthor(definition, scope, claimed),
      scope.stopped.then((stop): Rest => ({ kind: 'stopped', stop })),
      hold.lost.then((error): Rest => ({ kind: 'lost', error })),
      interrupted.fired.then((): Rest => ({ kind: 'stopped', stop: { kind: 'hand-over' } })),
    ])
    return await conclude(parts, hold, { definition, scope, rest })
  } finally {
    interrupted.dispose()
    cancelled.dispose()
  }
}

/** The author's code with the recorded input, which no schema decides again. An error that it throws comes back as data. */
async function callAuthor(
  definition: AnyDefinition,
  scope: RunEffects,
  claimed: ClaimedProcess,
): Promise<Rest> {
  try {
    return {
      kind: 'returned',
      value: await outsideOfSteps(() => definition.run(scope.context, claimed.input)),
    }
  } catch (error) {
    return { kind: 'threw', error }
  }
}

/** What fails here shows with the next renewal, which looks too. */
function lookAt(parts: WorkerParts, hold: Hold): void {
  hold.refresh().catch((error: unknown) => {
    const facts = { ...segmentFacts(hold), error: String(error) }
    parts.telemetry.info('a run could not read its row; its next renewal reads it', facts)
  })
}

/** Tells, and settles `fired`, when a signal fires; at once where it has. */
function onAbort(
  signal: AbortSignal | undefined,
  tell: (reason: unknown) => void,
): { fired: Promise<void>; dispose(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const listener = (): void => {
    tell(signal?.reason)
    resolve()
  }
  if (signal?.aborted === true) listener()
  else signal?.addEventListener('abort', listener, { once: true })
  return { fired: promise, dispose: () => signal?.removeEventListener('abort', listener) }
}
