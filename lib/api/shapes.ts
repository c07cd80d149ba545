import * as v from 'valibot'
import { ERROR_MESSAGE_MAX_BYTES, ERROR_NAME_MAX_BYTES, PAGE_ROWS, SIGNAL_NAME_MAX } from '../model/limits.ts'
import { INNER_DEPTH_MAX, INNER_ERRORS_MAX } from '../model/limits-errors.ts'
import { API_BATCH_MAX, API_WAIT_MAX_MS } from '../model/limits-http.ts'
import type { ErrorFacts } from '../model/recorded-error.ts'
import { STATUSES } from '../model/record.ts'
import { RECOVERIES } from '../model/registration.ts'
import { JSON_VALUE, START_FIELDS } from '../queue/messages.ts'

// What requests look like. Each refuses fields it does not know: a misspelt option must not be dropped in silence.

export const wholeFrom = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
const textOf = (least: number, most: number) => v.pipe(v.string(), v.minLength(least), v.maxLength(most))

export const described = <Schema extends v.GenericSchema>(schema: Schema, says: string) =>
  v.pipe(schema, v.description(says))

/** The alphabet of an id is checked where the process is read, and refused as `invalid_id`. */
export const ID = described(
  v.string(),
  'The id of a process: [A-Za-z0-9._:-], 1 to 256 characters, and neither "." nor "..".',
)
const WAIT_MS = v.optional(
  described(wholeFrom(0, API_WAIT_MAX_MS), 'How long to wait for an answer, in milliseconds.'),
  0,
)

export const BY_ID = v.strictObject({ id: ID })
export const GET = v.strictObject({
  include: v.optional(
    described(
      v.picklist(['lease']),
      'Also who holds the process, until when, and the step it is in. Costs a second read.',
    ),
  ),
})

// Event types are the definition's to say.
const { recovery: _recovery, events: _events, ...startFields } = START_FIELDS
export const START = v.strictObject({
  ...startFields,
  /** A kind that is deployed with the API says its own; for one that is not, only `external` can be asked for. */
  recovery: v.optional(
    described(
      v.picklist(RECOVERIES),
      'As the definition says; needed only where it is not deployed with the API.',
    ),
  ),
})
/** Taken as anything, and read as a `START` one by one, so that a bad one stops no other. The document says `START`. */
export const EACH_START = v.unknown()
export const START_MANY = v.strictObject({
  starts: v.pipe(v.array(EACH_START), v.minLength(1), v.maxLength(API_BATCH_MAX)),
})

export const LIST = v.strictObject({
  kind: v.optional(
    described(v.string(), 'This, or a scope, or neither: then all kinds that are deployed with the API.'),
  ),
  scope: v.optional(v.string()),
  status: v.optional(v.picklist(STATUSES)),
  from: v.optional(described(wholeFrom(0), 'Created at this epoch millisecond or later.')),
  to: v.optional(described(wholeFrom(0), 'Created before this epoch millisecond.')),
  limit: v.optional(wholeFrom(1, PAGE_ROWS), PAGE_ROWS),
  cursor: v.optional(described(v.string(), 'Of the page before.')),
})
export const EVENTS = v.strictObject({
  after: v.optional(described(wholeFrom(0), 'The number of the last entry already seen.'), 0),
  limit: v.optional(wholeFrom(1, PAGE_ROWS), PAGE_ROWS),
  waitMs: WAIT_MS,
})
export const RESULT = v.strictObject({ waitMs: WAIT_MS })

export const REASON = v.strictObject({ reason: v.optional(textOf(1, ERROR_MESSAGE_MAX_BYTES)) })
export const NOTHING = v.strictObject({})
export const RETRY = v.strictObject({
  id: v.optional(described(v.string(), 'Of the new process. Default: the old id and `.retry`.')),
  completionToken: START_FIELDS.completionToken,
})
export const SIGNAL = v.strictObject({
  /** In the body: a gateway decodes a path, so a name there could arrive as another one, or as another route. */
  name: described(textOf(1, SIGNAL_NAME_MAX), 'The name that the process waits for.'),
  key: described(textOf(1, SIGNAL_NAME_MAX), 'Makes the signal count once, however often it is sent.'),
  payload: v.optional(JSON_VALUE),
})

const TOKEN = textOf(1, 512)
const ownFacts = (code: string) => ({
  class: v.optional(textOf(1, ERROR_NAME_MAX_BYTES), 'Error'),
  code: v.optional(textOf(1, ERROR_NAME_MAX_BYTES), code),
  message: textOf(1, ERROR_MESSAGE_MAX_BYTES),
  status: v.optional(described(wholeFrom(0), 'The status of the HTTP answer that was the error.')),
})
const innerFacts = (inner: v.GenericSchema<unknown, ErrorFacts>) => ({
  cause: v.optional(inner),
  errors: v.optional(v.pipe(v.array(inner), v.maxLength(INNER_ERRORS_MAX))),
})
/** An error within an error, down to the depth that is recorded. The document shows one level. */
export const INNER_ERROR = Array.from({ length: INNER_DEPTH_MAX - 1 }).reduce<
  v.GenericSchema<unknown, ErrorFacts>
>(
  (inner) => v.strictObject({ ...ownFacts('error'), ...innerFacts(inner) }),
  v.strictObject(ownFacts('error')),
)
const failure = (code: string) => v.strictObject({ ...ownFacts(code), ...innerFacts(INNER_ERROR) })
export const CALLBACK = v.strictObject({ token: TOKEN })
export const CALLBACK_VALUE = v.strictObject({ token: TOKEN, value: v.optional(JSON_VALUE) })
export const CALLBACK_ERROR = v.strictObject({ token: TOKEN, error: failure('callback_failed') })
export const COMPLETION = v.strictObject({
  token: TOKEN,
  output: v.variant('outcome', [
    v.strictObject({ outcome: v.literal('success'), value: JSON_VALUE }),
    v.strictObject({ outcome: v.literal('failure'), error: failure('failed') }),
  ]),
})
