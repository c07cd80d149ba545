import { UnreadableItem } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { Outcome, Payload } from '../model/log.ts'
import type { EffectCall } from '../model/replay.ts'
import type { Journal } from './controller.ts'
import type { Inbox } from './engine/inbox.ts'

/** An outcome as the author's code sees it: with its value, which is there before the code's turn comes. */
export type LoadedOutcome = { readonly outcome: Outcome; readonly json?: Json | undefined }

/** `loadOutcome`, for callers that need the value: a failure is reported, and the result then is undefined. */
export function outcomeLoader(
  journal: Pick<Journal, 'load'>,
  inbox: Inbox,
  onFailure: (error: unknown) => void,
): (call: EffectCall, outcome: Outcome) => Promise<LoadedOutcome | undefined> {
  return async (call, outcome) => {
    try {
      return await loadOutcome(journal, inbox, call, outcome)
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
}

/**
 * Gets the value of an outcome. It is loaded while the turn is held, never after: how long a load takes differs from run
 * to run, and branches would ask for their next effects in another order (C40).
 */
async function loadOutcome(
  journal: Pick<Journal, 'load'>,
  inbox: Inbox,
  call: EffectCall,
  outcome: Outcome,
): Promise<LoadedOutcome> {
  const payload = outcome.ok ? payloadOf(inbox, call, outcome) : undefined
  return payload === undefined ? { outcome } : { outcome, json: await journal.load(payload) }
}

/**
 * What is recorded of a wait for a signal is its number: the payload stands in the log, where its sender put it. Where a
 * schema made something else of it, that is recorded.
 */
function payloadOf(
  inbox: Inbox,
  call: EffectCall,
  { value, took }: Extract<Outcome, { ok: true }>,
): Payload | undefined {
  if (call.effect !== 'signal' || value === undefined || took !== undefined) return value
  const seq = 'value' in value ? value.value : undefined
  const signal = typeof seq === 'number' ? inbox.signalAt(seq) : undefined
  if (signal?.name === call.name) return signal.payload
  throw new UnreadableItem({
    key: `signal ${call.name}`,
    reason: `no entry ${JSON.stringify(seq ?? null)} in the log`,
  })
}
