import { EffectRefused } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import { parseToJson } from './definition.ts'
import type { EventSchemas } from './context.ts'
import type { Run } from './engine/run.ts'
import { toJson } from '../model/serialise.ts'
import { finish, deliverOutcome } from './deliver.ts'
import { keep } from './step.ts'

/**
 * See `ProcessContext.emit`. A refused event takes no number (C27). Its position is taken before its schema runs, which may
 * take any time: branches would ask for their next effects in another order on a later run.
 */
export async function emit(run: Run, type: string, payload: unknown): Promise<void> {
  run.refuseMisuse('emit', type)
  const json = toJson(payload, `event ${type}`)
  const call = run.call('emit', type)
  const recorded = run.recorded(call)
  if (recorded !== undefined) return void deliverOutcome(run, call, await recorded)
  const made = await checkEvent(run.ports.events, type, json)
  const refused = await run.ready(call)
  if (refused !== undefined) return void (await finish(run, call, refused))
  const { outcome, ...hand } = await keep(run, call, made)
  await finish(run, call, outcome, hand)
}

/**
 * What the schema of a declared event makes of its payload. A definition that declares its events emits no others. Throws
 * `EffectRefused`, `InvalidInput`.
 */
export async function checkEvent(events: EventSchemas, type: string, payload: Json): Promise<Json> {
  const types = Object.keys(events)
  if (types.length === 0) return payload
  const schema = Object.hasOwn(events, type) ? events[type] : undefined
  if (schema === undefined) {
    throw new EffectRefused({
      effect: `emit ${JSON.stringify(type)}`,
      because: `the definition declares ${types.join(', ')}`,
    })
  }
  return parseToJson(schema, payload, `event ${type}`)
}
