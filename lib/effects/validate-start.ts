import { InvalidInput, UnknownKind } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import { COMPLETION_TOKEN_MAX, COMPLETION_TOKEN_MIN } from '../model/limits.ts'
import {
  registrationHash,
  toRegistration,
  type Registration,
  type RegistrationInput,
} from '../model/registration.ts'
import { toJson } from '../model/serialise.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import type { ChildStart } from './controller.ts'
import { parseToJson, type AnyDefinition } from './definition.ts'
import type { ChildDefinition } from './context.ts'

type ValidationParts = {
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly registry: Pick<ProcessRegistry, 'get'>
}

/**
 * Checks what a caller asks for, once, at the edge: ids, that the kind is deployed here, that the input fits its schema.
 * Recovery, limits, version and event types come from the definition. Throws `InvalidId`, `UnknownKind`, `InvalidInput`,
 * `NotSerialisable`; nothing is written.
 */
export async function validateStart(
  parts: ValidationParts,
  asked: RegistrationInput<unknown>,
): Promise<Registration> {
  const raw = { ...asked, input: toJson(asked.input, 'the input') }
  const definition = parts.definitions.get(raw.kind)
  if (definition !== undefined) return validateStartAs(parts, definition, raw)
  const registration = toRegistration(raw)
  // An external process is run by another system, so its definition need not be deployed here.
  if (registration.recovery === 'external') return registration
  throw new UnknownKind({ kind: registration.kind, known: [...parts.definitions.keys()] })
}

const TOKEN_UNUSED = 'has no effect without recovery external: remove it, or use a callback'

/**
 * Only the starter of an external process knows the token that will complete it: without a token no caller could. Throws
 * `InvalidInput`.
 */
export function expectToken({ recovery }: Registration, token: string | undefined): void {
  const length = token?.length ?? 0
  if (token === undefined && recovery !== 'external') return
  if (recovery !== 'external')
    throw new InvalidInput({
      what: 'the start',
      issues: [{ path: 'completionToken', message: TOKEN_UNUSED }],
    })
  if (length >= COMPLETION_TOKEN_MIN && length <= COMPLETION_TOKEN_MAX) return
  const got = token === undefined ? 'none' : `${length}`
  const message = `expected ${COMPLETION_TOKEN_MIN} to ${COMPLETION_TOKEN_MAX} characters with recovery external, got ${got}`
  throw new InvalidInput({ what: 'the start', issues: [{ path: 'completionToken', message }] })
}

/** Checks a child that a process starts. Its definition is in the parent's hands, so it need not be deployed here. */
export async function validateChildStart(
  parts: ValidationParts,
  child: ChildStart,
  parent: ProcessId,
): Promise<Registration> {
  const { id, definition, input } = child
  const { id: _given, onParentEnd: onEnd = 'cancel', ...options } = child.options
  if (definition.recovery === 'external') {
    const issues = [
      { path: 'recovery', message: 'expected rerun or abandon: use a callback for what others complete' },
    ]
    throw new InvalidInput({ what: `child ${id}`, issues })
  }
  const known = parts.definitions.get(definition.kind) ?? definition
  return validateStartAs(parts, known, {
    ...options,
    id,
    kind: definition.kind,
    input,
    parent: { id: parent, onEnd },
  })
}

/**
 * Checks a start against the definition that the caller has in hand, and runs its schema: the only time for this process.
 * Throws `InvalidId`, `InvalidInput`.
 */
export async function validateStartAs(
  { registry }: Pick<ValidationParts, 'registry'>,
  definition: ChildDefinition,
  raw: RegistrationInput,
): Promise<Registration> {
  const registration = registrationAs(definition, raw)
  try {
    const made = await parseToJson(definition.input, registration.input, `the input of ${raw.kind}`)
    return { ...registration, made }
  } catch (error) {
    // A start that was accepted stays accepted when it is repeated, whatever a later schema says of it.
    const found = await registry.get(registration.id)
    if (found?.hash === registrationHash(registration)) return registration
    throw error
  }
}

/** A registration with what its definition says of it. No schema runs. Throws `InvalidId`, `InvalidInput`. */
export function registrationAs(definition: ChildDefinition, raw: RegistrationInput): Registration {
  const recovery = definition.recovery ?? 'rerun'
  const registration = toRegistration({ ...raw, recovery, ...declared(definition, raw) })
  if (raw.recovery === undefined || raw.recovery === recovery) return registration
  const message = `expected ${recovery} as ${raw.kind} declares, got ${raw.recovery}`
  throw new InvalidInput({ what: 'the registration', issues: [{ path: 'recovery', message }] })
}

/** What of a registration its definition says. */
function declared(
  { limits, version, events }: ChildDefinition,
  raw: RegistrationInput,
): Pick<RegistrationInput, 'limits' | 'version' | 'events'> {
  return {
    ...(limits === undefined && raw.limits === undefined ? {} : { limits: { ...limits, ...raw.limits } }),
    ...(version === undefined ? {} : { version }),
    ...(events === undefined ? {} : { events: Object.keys(events).sort() }),
  }
}
