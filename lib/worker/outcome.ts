import type { RunEffects, RunStop } from '../effects/controller.ts'
import { definedAt, parseWith, type AnyDefinition } from '../effects/definition.ts'
import { toJson } from '../model/serialise.ts'
import {
  LeaseLost,
  LeaseholdError,
  PayloadTooLarge,
  PayloadUnavailable,
  ProcessCancelled,
  ProcessTimedOut,
} from '../model/errors.ts'
import { asKnown, endIn, factsOf } from '../model/failure.ts'
import { neverBegan } from '../model/ownership.ts'
import type { Entry } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { Output, TerminalRecord } from '../model/record.ts'
import { cancelledBy } from '../model/requests.ts'
import type { WorkerParts } from './config.ts'
import type { OwnedProcess } from './owned-process.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'
import type { SegmentOutcome } from './execution.ts'
import { isOfValue, setAside, setDown, markStuck } from './set-down.ts'
import { sendWakeupAfterPark } from '../queue/wakeups.ts'
import { placeOf } from '../telemetry/stacks.ts'

/** How the author's code and its effects came to rest. */
export type RunRest =
  | ReturnedValue
  | ThrownError
  | { readonly kind: 'lost'; readonly error: LeaseLost }
  | { readonly kind: 'stopped'; readonly stop: RunStop }

type ReturnedValue = { readonly kind: 'returned'; readonly value: unknown }
type ThrownError = { readonly kind: 'threw'; readonly error: unknown }

/** What becomes of the process, given how its run came to rest. */
export async function conclude(
  parts: WorkerParts,
  owned: OwnedProcess,
  run: { definition: AnyDefinition; scope: RunEffects; rest: RunRest },
): Promise<SegmentOutcome> {
  const { rest, scope, definition } = run
  switch (rest.kind) {
    case 'lost':
      closeUnwritten(parts, owned, scope)
      return { kind: 'lease-lost', error: rest.error }
    case 'stopped':
      if (rest.stop.kind === 'error') return afterError(parts, owned, run, rest.stop.error)
      if (rest.stop.kind === 'parked') return { kind: 'parked', dueAt: rest.stop.dueAt }
      return handOver(parts, owned, scope)
    case 'threw':
    case 'returned': {
      const closed = await closeFinished(scope)
      if (closed.error !== undefined) return afterError(parts, owned, run, closed.error)
      const output = await outputOf(parts, owned, definition, rest)
      try {
        return ended(await complete(parts, owned, { entries: closed.entries, output, definition }))
      } catch (error) {
        if (error instanceof PayloadUnavailable) return setAside(parts, owned, error, closed)
        throw error
      }
    }
  }
}

async function closeFinished(
  scope: RunEffects,
): Promise<{ entries: readonly Entry[]; error?: undefined } | { error: LeaseholdError }> {
  try {
    return { entries: await scope.close('finished') }
  } catch (error) {
    if (error instanceof LeaseholdError) return { error }
    throw error
  }
}

/**
 * Hands the process over to the next worker that has time for it, or ends it as `setDown` says. Without a scope the process's
 * code was not called: what has never begun then ends without running, where it was cancelled (C31).
 */
export async function handOver(
  parts: WorkerParts,
  owned: OwnedProcess,
  scope?: RunEffects,
): Promise<SegmentOutcome> {
  const unbegun = scope === undefined && neverBegan(owned.row)
  const wait = unbegun ? ({ for: 'worker', unbegun } as const) : ({ for: 'worker' } as const)
  const down = await setDown(
    parts,
    owned,
    { scope },
    { wait, dueAt: parts.clock.now(), wakeupScheduled: true },
  )
  if (down.ended !== undefined) return ended(down.ended)
  await sendWakeupAfterPark(parts, down.parked)
  return { kind: 'handed-over' }
}

/** The error's own word on what comes next decides; outcomes that were held are kept where the fence still allows it. */
async function afterError(
  parts: WorkerParts,
  owned: OwnedProcess,
  { scope, definition }: { scope: RunEffects; definition: AnyDefinition },
  error: LeaseholdError,
): Promise<SegmentOutcome> {
  if (isOfValue(error)) return setAside(parts, owned, error, { scope })
  if (error.next !== 'park-stuck' && error.next !== 'end') {
    closeUnwritten(parts, owned, scope)
    return discardRun(error)
  }
  if (error.next === 'end') {
    const entries = await scope.close('stopped')
    const at = placeOf(error) ?? placeOf(definedAt(definition))
    parts.telemetry.error('the process cannot continue', error, { at, ...segmentFacts(owned) })
    const output: Output = { outcome: 'failure', error: factsOf(error, error.code) }
    return ended(await complete(parts, owned, { entries, output, definition }))
  }
  return markStuck(parts, owned, { left: { scope }, error, says: 'stuck until it is resumed' })
}

/** Closes a scope whose outcomes will not be written: whatever it was still writing is fenced off, or is not needed. */
function closeUnwritten(parts: WorkerParts, owned: OwnedProcess, scope: RunEffects): void {
  scope.close('stopped').catch((error: unknown) => {
    parts.telemetry.info('a write of a discarded run failed too', {
      ...segmentFacts(owned),
      error: String(error),
    })
  })
}

/** The output that a finished run leaves: what it returned, what it threw, or that it was cancelled (C23, C30). */
async function outputOf(
  parts: WorkerParts,
  owned: OwnedProcess,
  definition: AnyDefinition,
  rest: ReturnedValue | ThrownError,
): Promise<Output> {
  const { kind } = owned.row
  if (rest.kind === 'threw') {
    const end = endIn(rest.error, owned.signal.reason)
    // One that nothing asked for is an error of the author's own making.
    if (end instanceof ProcessCancelled && owned.row.cancel !== undefined)
      return cancelledBy(owned.row.cancel)
    if (end instanceof ProcessTimedOut && owned.row.limits?.timeoutMs !== undefined)
      return { outcome: 'failure', error: factsOf(end, end.code) }
    const at = placeOf(rest.error) ?? placeOf(definedAt(definition))
    parts.telemetry.error('the process threw', rest.error, { at, ...segmentFacts(owned) })
    return { outcome: 'failure', error: factsOf(rest.error, 'process_failed') }
  }
  try {
    const value = await parseWith(definition.output, rest.value, `the output of ${kind}`)
    return { outcome: 'success', value: toJson(value ?? null, `the output of ${kind}`) }
  } catch (error) {
    const at = placeOf(definedAt(definition))
    parts.telemetry.error('the output was refused', error, { at, ...segmentFacts(owned) })
    return { outcome: 'failure', error: outputInvalid(error) }
  }
}

function outputInvalid(error: unknown): ErrorFacts {
  const { class: name, message } = factsOf(error, 'output_invalid')
  return { class: name, code: 'output_invalid', message }
}

/** The terminal write. An output too large to keep ends the process failed, which says why, instead of never. */
async function complete(
  parts: WorkerParts,
  owned: OwnedProcess,
  { entries, output, definition }: { entries: readonly Entry[]; output: Output; definition: AnyDefinition },
): Promise<TerminalRecord> {
  try {
    return await owned.complete(entries, output)
  } catch (error) {
    if (!(error instanceof PayloadTooLarge)) throw error
    const facts = { at: placeOf(definedAt(definition)), ...segmentFacts(owned) }
    parts.telemetry.error('the output is too large to keep', error, facts)
    return owned.complete(entries, { outcome: 'failure', error: factsOf(error, error.code) })
  }
}

/** The end of a process whose body has never begun: cancelled, or out of time, it has nothing to clean up. */
export async function endUnbegun(owned: OwnedProcess): Promise<SegmentOutcome | undefined> {
  const { cancel } = owned.row
  if (cancel !== undefined) return ended(await owned.complete([], cancelledBy(cancel)))
  const { reason } = owned.signal
  if (!(reason instanceof ProcessTimedOut)) return undefined
  return ended(await owned.complete([], { outcome: 'failure', error: factsOf(reason, 'timed_out') }))
}

export function ended(record: TerminalRecord): SegmentOutcome {
  return { kind: 'ended', record }
}

/** An error that ends the run and not the process. One that is not ours is a bug, or the platform's: the same result. */
export function discardRun(error: unknown): SegmentOutcome {
  if (error instanceof LeaseLost) return { kind: 'lease-lost', error }
  return { kind: 'discarded', error: asKnown(error, 'run') }
}
