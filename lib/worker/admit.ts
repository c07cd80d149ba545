import { parseWith } from '../effects/definition.ts'
import { InvalidInput, UnknownKind } from '../model/errors.ts'
import { toRegistration, type Registration, type RegistrationInput } from '../model/registration.ts'
import type { WorkerParts } from './config.ts'

/**
 * Checks what a caller asks for, once, at the edge: ids, that the kind is deployed here, that the input fits its
 * schema. What is stored is the input as it was given; the schema is applied again before each run. Recovery and
 * limits come from the definition. Throws `InvalidId`, `UnknownKind`, `InvalidInput`; nothing is written.
 */
export async function admit(
  parts: Pick<WorkerParts, 'definitions'>,
  raw: RegistrationInput,
): Promise<Registration> {
  const definition = parts.definitions.get(raw.kind)
  if (definition === undefined) {
    const registration = toRegistration(raw)
    // An external process is run by someone else, so nothing of it need be deployed here.
    if (registration.recovery === 'external') return registration
    throw new UnknownKind({ kind: registration.kind, known: [...parts.definitions.keys()] })
  }
  const recovery = definition.recovery ?? 'rerun'
  const limits =
    definition.limits === undefined && raw.limits === undefined
      ? {}
      : { limits: { ...definition.limits, ...raw.limits } }
  const registration = toRegistration({ ...raw, recovery, ...limits })
  if (raw.recovery !== undefined && raw.recovery !== recovery) {
    const message = `expected ${recovery} as ${raw.kind} declares, got ${raw.recovery}`
    throw new InvalidInput({ what: 'the registration', flaws: [{ path: 'recovery', message }] })
  }
  await parseWith(definition.input, raw.input, `the input of ${raw.kind}`)
  return registration
}
