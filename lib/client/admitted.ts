import { parseCallbackToken } from '../effects/callback.ts'
import type { ChildDefinition } from '../effects/definition.ts'
import { toJson } from '../effects/serialise.ts'
import { SignalRefused } from '../model/errors.ts'
import { parseProcessId, type ProcessId } from '../model/ids.ts'
import { admitAs } from '../worker/queue/admit.ts'
import type { Admitted, DirectParts } from './direct.ts'
import { OPTIONS_OF } from './options.ts'
import type { StartOf } from './processes.ts'

/** Checks a start against the definition that the caller has in hand. */
export async function admitted<Definition extends ChildDefinition>(
  parts: DirectParts,
  definition: Definition,
  start: StartOf<Definition>,
): Promise<Admitted> {
  OPTIONS_OF.start(start)
  const { completionToken, ...options } = start
  const raw = { ...options, kind: definition.kind, input: toJson(start.input, 'the input') }
  const registration = await admitAs(parts, definition, raw)
  return { registration, ...(completionToken === undefined ? {} : { completionToken }) }
}

/** What a callback's token names. Throws `SignalRefused`. */
export function readToken(token: string, what: string): { id: ProcessId; position: number; secret: string } {
  const parts = parseCallbackToken(token)
  if (parts === undefined)
    throw new SignalRefused({ id: 'the callback', asked: what, because: 'that is no callback token' })
  return { ...parts, id: parseProcessId(parts.id) }
}
