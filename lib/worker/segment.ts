import type { RunEffects } from '../effects/controller.ts'
import type { AnyDefinition } from '../effects/definition.ts'
import { outsideOfSteps } from '../effects/engine/effect-scope.ts'
import { inARow } from '../model/count-text.ts'
import { stallsExhausted } from '../model/claim.ts'
import { UnknownKind, UnreadableItem } from '../model/errors.ts'
import { neverBegan } from '../model/ownership.ts'
import { exhaustedEvidence, undeployedBackoffMs } from '../model/recovery.ts'
import type { ClaimedProcess } from '../registry/port.ts'
import type { CountName } from '../telemetry/metrics.ts'
import type { WorkerParts } from './config.ts'
import { tryNotifyDependents } from './notifications.ts'
import { OwnedProcess } from './owned-process.ts'
import { conclude, ended, endUnbegun, handOver, discardRun, type RunRest } from './outcome.ts'
import { canClaim, type SegmentOutcome, type SegmentRun } from './execution.ts'
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
  const owned = new OwnedProcess(parts, claimed.ownership, claimed.log)
  const watch = new StandstillWatch({ ...parts, facts: segmentFacts(owned) })
  const steps = new RunningSteps(parts.clock, watch)
  const strays = new Strays({ ...parts, facts: segmentFacts(owned), steps })
  let suspended = true
  const renewal = keepRenewed(parts, owned, { steps, watch })
  const stopDeadline = watchDeadline(parts, owned)
  const runWatch = watchRun(parts, { owned, steps }, run.execution)
  try {
    const outcome =
      (await withoutRunning(parts, claimed, owned)) ??
      (await strays.run(() => runBody(parts, { claimed, owned, steps }, run)))
    suspended = outcome.kind !== 'ended'
    if (outcome.kind === 'ended') await tryNotifyDependents(parts, outcome.record)
    return counted(parts, owned, outcome)
  } catch (error) {
    return counted(parts, owned, discardRun(error))
  } finally {
    renewal.stop()
    stopDeadline()
    runWatch.stop()
    owned.end()
    await strays.close({ suspended })
  }
}

function counted(parts: WorkerParts, owned: OwnedProcess, outcome: SegmentOutcome): SegmentOutcome {
  const facts = segmentFacts(owned)
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
  owned: OwnedProcess,
): Promise<SegmentOutcome | undefined> {
  const { row } = owned
  const over = neverBegan(row) ? await endUnbegun(owned) : undefined
  if (over !== undefined) return over
  if (claimed.unreadable !== undefined) return setAside(parts, owned, claimed.unreadable, {})
  if (stallsExhausted(row)) {
    const evidence = exhaustedEvidence(row, claimed.log, parts.ownerId)
    const where = evidence.step === undefined ? '' : `, last in step ${JSON.stringify(evidence.step.name)}`
    const message = `its worker died ${inARow(row.stalls)} while it ran nothing else${where}; see the evidence and the log of the last owner${standstillOf(row.id)}`
    const error = { class: 'AttemptsExhausted', code: 'attempts_exhausted', message }
    parts.telemetry.count('AttemptsExhausted', 1, segmentFacts(owned))
    return ended(await owned.complete([], { outcome: 'failure', error, evidence }))
  }
  if (parts.definitions.has(row.kind)) return waitForSlot(parts, owned)
  const tries = (row.wait?.for === 'undeployed' ? row.wait.tries : 0) + 1
  const dueAt = parts.clock.now() + undeployedBackoffMs(tries)
  const parked = await owned.park([], {
    wait: { for: 'undeployed', kind: row.kind, tries },
    dueAt,
    wakeupScheduled: wakeupReaches(parts.doorbell, dueAt, parts.clock.now()),
  })
  await sendWakeupAfterPark(parts, parked)
  const error = new UnknownKind({ kind: row.kind, known: [...parts.definitions.keys()] })
  parts.telemetry.count('UnknownKind', 1, segmentFacts(owned))
  parts.telemetry.error('left open: its definition is not deployed here', error, {
    ...segmentFacts(owned),
    dueAt,
  })
  return { kind: 'parked', dueAt }
}

async function runBody(
  parts: WorkerParts,
  segment: { claimed: ClaimedProcess; owned: OwnedProcess; steps: RunningSteps },
  run: SegmentRun,
): Promise<SegmentOutcome> {
  const { claimed, owned } = segment
  const definition = parts.definitions.get(owned.row.kind)
  if (definition === undefined)
    throw new UnknownKind({ kind: owned.row.kind, known: [...parts.definitions.keys()] })
  // It stopped while the claim was on its way, or the wait for a place: the author's code is not called.
  if (!canClaim(parts, run)) return handOver(parts, owned)
  const scope = run.controller.begin(runPortsOf(parts, segment, run))
  const interrupted = onAbort(run.hostSignal, (reason) => owned.interrupt(reason))
  const cancelled = onAbort(run.cancelSignal, () => lookAt(parts, owned))
  try {
    const rest = await Promise.race([
      callAuthor(definition, scope, claimed),
      scope.stopped.then((stop): RunRest => ({ kind: 'stopped', stop })),
      owned.lost.then((error): RunRest => ({ kind: 'lost', error })),
      interrupted.fired.then((): RunRest => ({ kind: 'stopped', stop: { kind: 'hand-over' } })),
    ])
    return await conclude(parts, owned, { definition, scope, rest })
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
): Promise<RunRest> {
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
function lookAt(parts: WorkerParts, owned: OwnedProcess): void {
  owned.refresh().catch((error: unknown) => {
    const facts = { ...segmentFacts(owned), error: String(error) }
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
