import {
  ChildFailed,
  InvalidInput,
  ProcessCancelled,
  ProcessTimedOut,
  StepFailed,
  StepInterrupted,
  WaitTimedOut,
  type LeaseholdError,
} from '../model/errors.ts'
import { isEnd } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Outcome } from '../model/log.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import type { EffectCall } from '../model/replay.ts'
import { isCancelled } from './engine/effect-scope.ts'
import type { Run } from './engine/run.ts'
import type { LoadedOutcome } from './loaded-outcome.ts'

/** A value in hand, which need not be loaded. */
export type InHand = { readonly json?: Json | undefined }

/**
 * Gives an outcome to the author's code: the value, or the error that its kind of effect throws. Both are made from what
 * is recorded, on the first run as on every replay (C59).
 */
export function deliverOutcome(
  run: Run,
  call: EffectCall,
  { outcome, json }: LoadedOutcome,
): Json | undefined {
  // Copies: what the author does to them must not change what is about to be written.
  if (!outcome.ok) throw errorOf(run, call, structuredClone(outcome))
  return json === undefined ? undefined : structuredClone(json)
}

/** Records an outcome and gives it to the code. Callers await it: the stack of its error then leads to the author's code. */
export async function finish(
  run: Run,
  call: EffectCall,
  outcome: Outcome,
  hand: InHand = {},
): Promise<Json | undefined> {
  return deliverOutcome(run, call, await run.record(call, outcome, { json: hand.json }))
}

type RecordedRefusal = Extract<Outcome, { ok: false }>

function errorOf(run: Run, call: EffectCall, { error, took }: RecordedRefusal): LeaseholdError {
  const { id } = run.ports
  const { name, effect, position } = call
  if (isCancelled(error)) return endOf(run, error)
  if (took !== undefined && error.class === InvalidInput.name) return refusedOf(call, error)
  // A code alone may be that of an error of the author's own, or of a child's.
  if ((effect === 'signal' || effect === 'reply') && error.class === 'WaitTimedOut')
    return new WaitTimedOut({ name, says: error.message })
  if (effect === 'step' && error.class === 'StepInterrupted')
    return new StepInterrupted({ name, idempotencyKey: `${id}/${position}` })
  if (effect === 'child') return new ChildFailed({ id: name, error })
  return new StepFailed({ name, error })
}

/**
 * The end that is recorded, whatever the signal of this run says of it.
 *
 * 1. A process is out of time, and its first effect after that is refused for it. 2. Its owner dies, and a cancel request
 * comes. 3. The next owner's signal has fired for the cancel; or its clock is behind, and the signal has not fired at all.
 */
function endOf({ ports }: Run, { code, message }: ErrorFacts): LeaseholdError {
  const { id, timeoutMs } = ports
  const { reason } = ports.abortSignal
  if (isEnd(reason) && reason.code === code) return reason
  return code === 'timed_out'
    ? new ProcessTimedOut({ id, timeoutMs })
    : new ProcessCancelled({ id, reason: message })
}

/** How errors name what a wait takes. */
export function arrivalOf({ effect, name }: EffectCall): string {
  return effect === 'signal' ? `signal ${name}` : `the reply to ${name}`
}

/** The refusal by a wait's schema, made from its record: the same on the run that met it as on every later one. */
function refusedOf(call: EffectCall, error: ErrorFacts): InvalidInput {
  const what = arrivalOf(call)
  const message = error.message.replace(`${what} is not valid: `, '')
  return new InvalidInput({ what, issues: [{ path: '', message }], bySchema: true, recorded: true })
}
