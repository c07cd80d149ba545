import * as v from 'valibot'
import { InvalidInput, InvalidMessage, type Issue } from '../model/errors.ts'
import { COMPLETION_TOKEN_MAX, COMPLETION_TOKEN_MIN, MESSAGE_MAX_BYTES } from '../model/limits.ts'
import type { Json, JsonCheck } from '../model/json.ts'
import { utf8Bytes } from '../model/json.ts'
import { readJsonText } from '../model/json-text.ts'
import type { ProcessId } from '../model/ids.ts'
import {
  RECOVERIES,
  toRegistration,
  type RegistrationInput,
  type StartOption,
} from '../model/registration.ts'
import { toJson } from '../model/serialise.ts'
import { fields, toMessageIssues } from '../model/validation.ts'

/** The version of the messages this code writes. A reader refuses every other, so a new shape gets a new number. */
export const MESSAGE_VERSION = 1

export const JSON_VALUE = v.custom<Json>((value) => value !== undefined, 'expected a JSON value')
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1))

/**
 * What a start says, in a message and in a request to the API. Its id and kind are strings of any content here: whether
 * they are good is a matter of the process that is asked for, and is answered differently.
 */
export const START_FIELDS = {
  id: v.string(),
  kind: v.string(),
  input: JSON_VALUE,
  recovery: v.optional(v.picklist(RECOVERIES)),
  scope: v.optional(v.string()),
  provenance: v.optional(fields({ source: v.optional(v.string()), retryOf: v.optional(v.string()) })),
  limits: v.optional(
    fields({
      timeoutMs: v.optional(COUNT),
      maxStalls: v.optional(COUNT),
      retentionMs: v.optional(COUNT),
    }),
  ),
  startAt: v.optional(COUNT),
  concurrency: v.optional(
    v.strictObject({ key: v.pipe(v.string(), v.minLength(1), v.maxLength(256)), limit: COUNT }),
  ),
  urgent: v.optional(v.boolean()),
  events: v.optional(v.array(v.string())),
  /** For recovery `external`: the secret that will complete the process. Not part of the registration. */
  completionToken: v.optional(
    v.pipe(v.string(), v.minLength(COMPLETION_TOKEN_MIN), v.maxLength(COMPLETION_TOKEN_MAX)),
  ),
} as const satisfies { readonly [Name in StartOption]: v.GenericSchema } & v.ObjectEntries

/** "Start this process." */
const START = v.strictObject({ v: v.literal(MESSAGE_VERSION), type: v.literal('start'), ...START_FIELDS })

/** The wake-up: "look at process P". `alone`: it is a suspect, so look while nothing else runs. */
const LOOK = v.strictObject({
  v: v.literal(MESSAGE_VERSION),
  type: v.literal('look'),
  id: v.string(),
  alone: v.optional(v.boolean()),
})

const MESSAGE = v.variant('type', [START, LOOK])

export type StartMessage = v.InferOutput<typeof START>
export type LookMessage = v.InferOutput<typeof LOOK>
export type Message = StartMessage | LookMessage

/** Reads a message body. Throws `InvalidMessage` where it is no JSON, of another version or of no known shape. */
export function readMessage(body: string): Message {
  const bytes = utf8Bytes(body)
  if (bytes > MESSAGE_MAX_BYTES)
    throw new InvalidMessage({ reason: `${bytes} bytes, over ${MESSAGE_MAX_BYTES}` })
  const value = parseJson(body)
  expectVersion(value)
  const parsed = v.safeParse(MESSAGE, value)
  if (parsed.success) return parsed.output
  throw refusalOf(toMessageIssues(parsed.issues))
}

/** A sender of another version is what to look for: the other issues would only say how its messages differ. */
function expectVersion(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('v' in value) || typeof value.v !== 'number') return
  if (value.v === MESSAGE_VERSION) return
  const sender = value.v > MESSAGE_VERSION ? 'a newer sender' : 'another sender'
  throw refusalOf([{ path: 'v', message: `expected ${MESSAGE_VERSION}, got ${value.v} (${sender}?)` }])
}

function refusalOf(issues: readonly Issue[]): InvalidMessage {
  const reasons = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return new InvalidMessage({ reason: reasons.join('; ') })
}

type StartAsked<Input> = RegistrationInput<Input> & { readonly completionToken?: string }

/**
 * The body of a start message. A message that a worker would refuse is refused here, and so is an input that JSON would
 * change. Throws `InvalidInput`, `InvalidId`, `NotSerialisable`.
 */
export function startMessage<Input>(start: StartAsked<Input & JsonCheck<Input>>): string {
  const { completionToken: _token, ...registration } = start
  toRegistration({ ...registration, input: null })
  const text = uncheckedStart(start)
  const parsed = v.safeParse(START, JSON.parse(text))
  if (!parsed.success) throw new InvalidInput({ what: 'the start', issues: toMessageIssues(parsed.issues) })
  return text
}

/** The same for an id that is not known yet. Throws `NotSerialisable`. */
export function uncheckedStart(start: StartAsked<unknown>): string {
  const input = toJson(start.input, 'the input')
  return JSON.stringify({ v: MESSAGE_VERSION, type: 'start', ...start, input })
}

/** The body of a wake-up. */
export function lookMessage(id: ProcessId, alone = false): string {
  return JSON.stringify({ v: MESSAGE_VERSION, type: 'look', id, ...(alone ? { alone } : {}) })
}

function parseJson(body: string): unknown {
  try {
    const { value, issues } = readJsonText(body)
    if (issues.length === 0) return value
    throw refusalOf(issues)
  } catch (error) {
    if (error instanceof InvalidMessage) throw error
    throw new InvalidMessage({ reason: 'not JSON' }, error)
  }
}
