import type { ChildDefinition } from '../effects/context.ts'
import { toJson } from '../model/serialise.ts'
import { reasonIn, type OutsideRequest } from '../model/requests.ts'
import { validateStartAs } from '../effects/validate-start.ts'
import type { ValidStart, DirectParts } from './direct.ts'
import { OPTIONS_OF } from './options.ts'
import type { StartOf } from './processes.ts'

/** Checks a start against the definition that the caller has in hand. */
export async function validateClientStart<Definition extends ChildDefinition>(
  parts: DirectParts,
  definition: Definition,
  start: StartOf<Definition>,
): Promise<ValidStart> {
  OPTIONS_OF.start(start)
  const { completionToken, ...options } = start
  const raw = { ...options, kind: definition.kind, input: toJson(start.input, 'the input') }
  const registration = await validateStartAs(parts, definition, raw)
  return { registration, ...(completionToken === undefined ? {} : { completionToken }) }
}

/** What a caller asks of a process, as it is recorded. Throws `InvalidInput`. */
export function asked(reason: string | undefined, by: string | undefined): OutsideRequest {
  OPTIONS_OF.reason(reason)
  return { ...reasonIn({ reason }), ...(by === undefined ? {} : { by }) }
}
