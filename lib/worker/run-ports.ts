import type { ChildStart, Journal, RunPorts, ChildStartResult } from '../effects/controller.ts'
import { UnknownProcess } from '../model/errors.ts'
import type { Entry } from '../model/log.ts'
import { deadlineOf, timeoutOf } from '../model/due.ts'
import { hashOf } from '../model/hash.ts'
import { isEnded, type Output } from '../model/record.ts'
import type { ProcessId } from '../model/ids.ts'
import { LOOKS_IN_FLIGHT_MAX } from '../model/limits-flight.ts'
import { Gate } from '../registry/gate.ts'
import type { ClaimedProcess, ProcessRegistry } from '../registry/port.ts'
import { validateChildStart } from '../effects/validate-start.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import type { RunningSteps } from './run-watch.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'
import { placeOf } from '../telemetry/stacks.ts'
import { wakeupReaches, sendWakeupAt, sendWakeupAfterPark } from '../queue/wakeups.ts'
import { hasTime, type SegmentRun } from './execution.ts'

/** What a run of this process gets from its worker. */
export function runPortsOf(
  parts: WorkerParts,
  { claimed, owned, steps }: { claimed: ClaimedProcess; owned: OwnedProcess; steps: RunningSteps },
  run: SegmentRun,
): RunPorts {
  const { clock, chance, telemetry } = parts
  const { id, kind } = owned.row
  return {
    id,
    kind,
    attempt: owned.lease.fence,
    version: owned.row.version,
    timeoutMs: owned.row.limits?.timeoutMs ?? 0,
    concurrency: owned.row.concurrency,
    log: claimed.log,
    events: parts.definitions.get(kind)?.events ?? {},
    journal: journalOf(parts, owned, run.onProgress),
    clock,
    chance,
    abortSignal: owned.signal,
    haltSignal: owned.haltSignal,
    overSignal: owned.overSignal,
    expectHeld: () => owned.expectHeld(),
    mayBegin: () => hasTime(parts, run.execution),
    remainingMs: () => run.execution.remainingMs?.(),
    traceStep: ({ name, attempt, site }, body) =>
      steps.run({ name, attempt, site }, () => {
        // Should it hold the event loop, or end the worker at once, no later line can name the step.
        if (owned.row.suspect === true)
          telemetry.info('a step begins; a worker has died with this process', {
            ...segmentFacts(owned),
            step: name,
            attempt,
            at: placeOf(site),
          })
        return parts.tracer.span('step', { ...segmentFacts(owned), name, attempt }, body)
      }),
    sayFailed(thrown, attempt, step) {
      const at = placeOf(thrown) ?? placeOf(step)
      telemetry.warn('an attempt of a step failed', { ...attempt, at, ...segmentFacts(owned) }, thrown)
    },
    sayRefused(signal, error, wait) {
      const facts = { ...signal, at: placeOf(wait), ...segmentFacts(owned) }
      telemetry.warn('a signal was refused by the schema of its wait; the wait continues', facts, error)
      telemetry.count('SignalPayloadRefused', 1, facts)
    },
    warn: (message, facts, error) => telemetry.warn(message, { ...facts, ...segmentFacts(owned) }, error),
    placeOf,
    say: (message, facts) => telemetry.info(message, { ...facts, ...segmentFacts(owned) }),
  }
}

/** The journal under this owner's fence. */
function journalOf(parts: WorkerParts, owned: OwnedProcess, onProgress = (): void => {}): Journal {
  const { registry, clock } = parts
  const { id } = owned.row
  return {
    commit: async (entries) => {
      await owned.commit(entries)
      onProgress()
    },
    keep: (value, what) => registry.keep(id, value, what),
    load: (payload) => registry.load(id, payload),
    park: (entries, wait) => parkForEffects(parts, owned, entries, wait),
    async startChild(entries, child) {
      const answer = await startChild(parts, owned, entries, child)
      if (answer === 'started') onProgress()
      return answer
    },
    childOutput: (child) => childOutput(parts, id, child),
    openCallback: (position, token) =>
      registry.openCallback(
        { lease: owned.lease, row: owned.row },
        { position, tokenHash: hashOf(token) },
        clock.now(),
      ),
    lastHeartbeat: (position) => looksOf(registry).pass(id, () => registry.lastHeartbeat(id, position)),
    onArrival: (listener) => owned.onArrival(listener),
    fence: () => registry.fenceCheck(owned.lease),
  }
}

/** Parks until the soonest of the waits, or the process's own deadline. The wake-up follows the write. */
async function parkForEffects(
  parts: WorkerParts,
  owned: OwnedProcess,
  entries: readonly Entry[],
  { dueAt: waitsUntil, ...wait }: Parameters<Journal['park']>[1],
): Promise<boolean> {
  // Once the run knows that it is to end, its deadline tells it nothing more: what it still waits for is clean-up.
  const deadline = owned.signal.aborted ? undefined : deadlineOf(owned.row)
  const times = [waitsUntil, deadline].filter((at) => at !== undefined)
  const dueAt = times.length === 0 ? undefined : Math.min(...times)
  const wakeupScheduled = dueAt !== undefined && wakeupReaches(parts.doorbell, dueAt, parts.clock.now())
  const due = dueAt === undefined ? {} : { dueAt }
  const parked = await owned.park(entries, {
    wait: { for: 'effects', ...wait },
    ...due,
    wakeupScheduled,
  })
  await sendWakeupAfterPark(parts, parked)
  return parked !== undefined
}

async function startChild(
  parts: WorkerParts,
  owned: OwnedProcess,
  entries: readonly Entry[],
  child: ChildStart,
): Promise<ChildStartResult> {
  const registration = await validateChildStart(parts, child, owned.row.id)
  let sent = Promise.resolve()
  const reply = await owned.startChild(entries, registration, () => {
    const now = parts.clock.now()
    sent = sendWakeupAt(parts, registration, Math.max(now, registration.startAt ?? now))
  })
  await sent
  if (reply.started) {
    if (!parts.definitions.has(registration.kind)) reportUndeployed(parts, owned, child)
    return 'started'
  }
  return reply.because === 'cancelled' ? 'cancelled' : reply.error
}

/** The child stays open, and its parent waits, until a worker of this table has the definition. */
function reportUndeployed(
  { telemetry }: WorkerParts,
  owned: OwnedProcess,
  { id, definition, site }: ChildStart,
): void {
  const facts = { at: placeOf(site), child: id, childKind: definition.kind, ...segmentFacts(owned) }
  telemetry.warn('the kind of a child is not deployed here; add its definition to the worker', facts)
}

/** One bound over all workers of a registry in this program, since they share its sockets. */
function looksOf(registry: ProcessRegistry): Gate {
  const gate = LOOKS.get(registry) ?? new Gate(LOOKS_IN_FLIGHT_MAX)
  LOOKS.set(registry, gate)
  return gate
}
const LOOKS = new WeakMap<ProcessRegistry, Gate>()

async function childOutput(parts: WorkerParts, parent: ProcessId, id: ProcessId): Promise<Output> {
  const record = await looksOf(parts.registry).pass(parent, () => parts.registry.get(id, parent))
  if (record === undefined || !isEnded(record)) throw new UnknownProcess({ id })
  return parts.registry.outputOf(record)
}

/** Fires the run's signal when the process's time is up; at once where it is already. Answers how to stop that. */
export function watchDeadline(parts: WorkerParts, owned: OwnedProcess): () => void {
  const deadline = deadlineOf(owned.row)
  if (deadline === undefined) return () => {}
  const interrupt = (): void => owned.interrupt(timeoutOf(owned.row))
  const leftMs = deadline - parts.clock.now()
  if (leftMs > 0) return parts.clock.after(leftMs, interrupt)
  interrupt()
  return () => {}
}
