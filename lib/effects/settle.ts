import {
  ChildFailed,
  ProcessCancelled,
  StepFailed,
  StepInterrupted,
  WaitTimedOut,
  type LeaseholdError,
} from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { ErrorFacts, Outcome } from '../model/log.ts'
import type { EffectCall } from '../model/replay.ts'
import { isCancelled, isEnd } from './engine/place.ts'
import type { Run } from './engine/run.ts'
import type { Shown } from './shown.ts'

/** What only the run that ran an effect knows: its value in hand, the error it threw. */
export type InHand = { readonly json?: Json | undefined; readonly cause?: unknown }

/**
 * Gives an outcome to the author's code: the value, or the error that its kind of effect throws. The same on the first
 * run and on every replay, but for the `cause` that only the first one has.
 */
export function settle(
  run: Run,
  call: EffectCall,
  { outcome, json }: Shown,
  cause?: unknown,
): Json | undefined {
  if (!outcome.ok) throw errorOf(run, call, outcome.error, cause)
  // A copy: what the author does to it must not change what is about to be written.
  return json === undefined ? undefined : structuredClone(json)
}

/** Records an outcome and gives it to the code. */
export async function finish(
  run: Run,
  call: EffectCall,
  outcome: Outcome,
  hand: InHand = {},
): Promise<Json | undefined> {
  return settle(run, call, await run.record(call, outcome, { json: hand.json }), hand.cause)
}

function errorOf(run: Run, call: EffectCall, error: ErrorFacts, cause: unknown): LeaseholdError {
  const { id, abortSignal } = run.ports
  const { name, effect, position } = call
  if (isCancelled(error)) {
    // The run's own reason, so that code which lets it through ends the process as its signal asks.
    return isEnd(abortSignal.reason)
      ? abortSignal.reason
      : new ProcessCancelled({ id, reason: error.message })
  }
  // A code alone may be that of an error of the author's own, or of a child's.
  if ((effect === 'signal' || effect === 'reply') && error.class === 'WaitTimedOut')
    return new WaitTimedOut({ name })
  if (effect === 'step' && error.class === 'StepInterrupted')
    return new StepInterrupted({ name, idempotencyKey: `${id}/${position}` })
  if (effect === 'child') return new ChildFailed({ id: name, error })
  return new StepFailed({ name, error }, cause)
}
