import type { RunEffects, Stop } from '../effects/controller.ts'
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
import { neverBegan } from '../model/holding.ts'
import type { Entry } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { Output, TerminalRecord } from '../model/record.ts'
import { cancelledBy } from '../model/requests.ts'
import type { WorkerParts } from './config.ts'
import type { Hold } from './hold.ts'
import { segmentFacts } from '../telemetry/run-lines.ts'
import type { SegmentOutcome } from './execution.ts'
import { isOfValue, setAside, setDown, stick } from './set-down.ts'
import { sendWakeupAfterPark } from '../queue/wakeups.ts'
import { placeOf } from '../telemetry/stacks.ts'

/** How the author's code and its effects came to rest. */
export type Rest =
  | Returned
  | Threw
  | { readonly kind: 'lost'; readonly error: LeaseLost }
  | { readonly kind: 'stopped'; readonly stop: Stop }

type Returned = { readonly kind: 'returned'; readonly value: unknown }
type Threw = { readonly kind: 'threw'; readonly error: unknown }

/** What becomes of the process, given how its run came to rest. */
export async function conclude(
  parts: WorkerParts,
  hold: Hold,
  run: { definition: AnyDefinition; scope: RunEffects; rest: Rest },
): Promise<SegmentOutcome> {
  const { rest, scope, definition } = run
  switch (rest.kind) {
    case 'lost':
      closeUnwritten(parts, hold, scope)
      return { kind: 'lease-lost', error: rest.error }
    case 'stopped':
      if (rest.stop.kind === 'error') return afterError(parts, hold, run, rest.stop.error)
      if (rest.stop.kind === 'parked') return { kind: 'parked', dueAt: rest.stop.dueAt }
      return handOver(parts, hold, scope)
    case 'threw':
    case 'returned': {
      const closed = await closeFinished(scope)
      if (closed.error !== undefined) return afterError(parts, hold, run, closed.error)
      const output = await outputOf(parts, hold, definition, rest)
      try {
        return ended(await complete(parts, hold, { entries: closed.entries, output, definition }))
      } catch (error) {
        if (error instanceof PayloadUnavailable) return setAside(parts, hold, error, closed)
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
export async function handOver(parts: WorkerParts, hold: Hold, scope?: RunEffects): Promise<SegmentOutcome> {
  const unbegun = scope === undefined && neverBegan(hold.row)
  const wait = unbegun ? ({ for: 'worker', unbegun } as const) : ({ for: 'worker' } as const)
  const down = await setDown(
    parts,
    hold,
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
  hold: Hold,
  { scope, definition }: { scope: RunEffects; definition: AnyDefinition },
  error: LeaseholdError,
): Promise<SegmentOutcome> {
  if (isOfValue(error)) return setAside(parts, hold, error, { scope })
  if (error.next !== 'park-stuck' && error.next !== 'end') {
    closeUnwritten(parts, hold, scope)
    return discardRun(error)
  }
  if (error.next === 'end') {
    const entries = await scope.close('stopped')
    const at = placeOf(error) ?? placeOf(definedAt(definition))
    parts.telemetry.error('the process cannot continue', error, { at, ...segmentFacts(hold) })
    const output: Output = { outcome: 'failure', error: factsOf(error, error.code) }
    return ended(await complete(parts, hold, { entries, output, definition }))
  }
  return stick(parts, hold, { left: { scope }, error, says: 'stuck until it is resumed' })
}

/** Closes a scope whose outcomes will not be written: whatever it was still writing is fenced off, or is not needed. */
function closeUnwritten(parts: WorkerParts, hold: Hold, scope: RunEffects): void {
  scope.close('stopped').catch((error: unknown) => {
    parts.telemetry.info('a write of a discarded run failed too', {
      ...segmentFacts(hold),
      error: String(error),
    })
  })
}

/** The output that a finished run leaves: what it returned, what it threw, or that it was cancelled (C23, C30). */
async function outputOf(
  parts: WorkerParts,
  hold: Hold,
  definition: AnyDefinition,
  rest: Returned | Threw,
): Promise<Output> {
  const { kind } = hold.row
  if (rest.kind === 'threw') {
    const end = endIn(rest.error, hold.signal.reason)
    // One that nothing asked for is an error of the author's own making.
    if (end instanceof ProcessCancelled && hold.row.cancel !== undefined) return cancelledBy(hold.row.cancel)
    if (end instanceof ProcessTimedOut && hold.row.limits?.timeoutMs !== undefined)
      return { outcome: 'failure', error: factsOf(end, end.code) }
    const at = placeOf(rest.error) ?? placeOf(definedAt(definition))
    parts.telemetry.error('the process threw', rest.error, { at, ...segmentFacts(hold) })
    return { outcome: 'failure', error: factsOf(rest.error, 'process_failed') }
  }
  try {
    const value = await parseWith(definition.output, rest.value, `the output of ${kind}`)
    return { outcome: 'success', value: toJson(value ?? null, `the output of ${kind}`) }
  } catch (error) {
    const at = placeOf(definedAt(definition))
    parts.telemetry.error('the output was refused', error, { at, ...segmentFacts(hold) })
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
  hold: Hold,
  { entries, output, definition }: { entries: readonly Entry[]; output: Output; definition: AnyDefinition },
): Promise<TerminalRecord> {
  try {
    return await hold.complete(entries, output)
  } catch (error) {
    if (!(error instanceof PayloadTooLarge)) throw error
    const facts = { at: placeOf(definedAt(definition)), ...segmentFacts(hold) }
    parts.telemetry.error('the output is too large to keep', error, facts)
    return hold.complete(entries, { outcome: 'failure', error: factsOf(error, error.code) })
  }
}

/** The end of a process whose body has never begun: cancelled, or out of time, it has nothing to clean up. */
export async function endUnbegun(hold: Hold): Promise<SegmentOutcome | undefined> {
  const { cancel } = hold.row
  if (cancel !== undefined) return ended(await hold.complete([], cancelledBy(cancel)))
  const { reason } = hold.signal
  if (!(reason instanceof ProcessTimedOut)) return undefined
  return ended(await hold.complete([], { outcome: 'failure', error: factsOf(reason, 'timed_out') }))
}

export function ended(record: TerminalRecord): SegmentOutcome {
  return { kind: 'ended', record }
}

/** An error that ends the run and not the process. One that is not ours is a bug, or the platform's: the same result. */
export function discardRun(error: unknown): SegmentOutcome {
  if (error instanceof LeaseLost) return { kind: 'lease-lost', error }
  return { kind: 'discarded', error: asKnown(error, 'run') }
}
