import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidInput } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Outcome, Payload } from '../model/log.ts'
import type { EffectCall } from '../model/replay.ts'
import { parseToJson } from './definition.ts'
import { never } from './engine/effect-scope.ts'
import type { Run } from './engine/run.ts'
import { arrivalOf } from './deliver.ts'
import type { LoadedOutcome } from './loaded-outcome.ts'
import { keep } from './step.ts'

/** What a wait took: its outcome as it is without a schema, the payload of the arrival, and its number. */
export type TakenArrival = {
  readonly outcome: Outcome
  readonly payload: Payload | undefined
  readonly took: number
}

/**
 * Records what the schema of a wait makes of an arrival, or that it refuses it. The schema runs here and on no later run: a
 * replay gets the recorded outcome. A payload that the schema leaves as it is stands in the log once.
 */
export async function recordVerdict(
  run: Run,
  call: EffectCall,
  schema: StandardSchemaV1,
  { outcome, payload, took }: TakenArrival,
): Promise<LoadedOutcome> {
  const raw = await loadPayload(run, payload)
  const made = await madeOf(schema, raw, call)
  if (made instanceof InvalidInput) {
    const error = factsOf(made, made.code)
    const refused = call.effect === 'signal' && made.refusedBySchema
    // Without the schema's words, which may quote the payload: those are in the process's log.
    if (refused) run.ports.sayRefused({ signal: call.name, entry: took }, made, run.sites.of(call))
    return run.record(call, { ok: false, error: refused ? { ...error, code: REFUSED } : error, took })
  }
  if (isDeepStrictEqual(made.json, raw)) return run.record(call, outcome, { json: raw })
  const kept = await keep(run, call, made.json)
  return run.record(call, { ...kept.outcome, took }, { json: kept.json })
}

/** The code of a signal's recorded refusal after which the wait continues. Older refusals have the error's own code. */
const REFUSED = 'signal_payload_refused'

/** A wait continues after this outcome: its schema refused the payload of a sender. */
export function isRefusedSignal(outcome: Outcome): boolean {
  return !outcome.ok && outcome.took !== undefined && outcome.error.code === REFUSED
}

async function madeOf(
  schema: StandardSchemaV1,
  raw: Json,
  call: EffectCall,
): Promise<{ readonly json: Json } | InvalidInput> {
  try {
    return { json: await parseToJson(schema, raw, arrivalOf(call)) }
  } catch (error) {
    if (error instanceof InvalidInput) return error
    throw error
  }
}

async function loadPayload(run: Run, payload: Payload | undefined): Promise<Json> {
  try {
    return payload === undefined ? null : await run.ports.journal.load(payload)
  } catch (error) {
    // The store's trouble says nothing about the value: the run stops, and a later one asks the schema.
    run.fail(error)
    return never()
  }
}
