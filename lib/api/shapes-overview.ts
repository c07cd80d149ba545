import * as v from 'valibot'
import { CONCURRENCY_KEY_MAX, PAGE_ROWS } from '../model/limits.ts'
import { ATTENTION_STATUSES } from '../registry/port-lists.ts'
import { described, ID, wholeFrom } from './shapes.ts'

// What requests about all processes look like.

export const ATTENTION_QUERY = v.strictObject({
  status: v.optional(v.picklist(ATTENTION_STATUSES)),
  limit: v.optional(wholeFrom(1, PAGE_ROWS), PAGE_ROWS),
  cursor: v.optional(described(v.string(), 'Of the page before.')),
})
export const COUNTS_QUERY = v.strictObject({
  kind: v.optional(described(v.string(), 'Default: each kind that is deployed with the API.')),
})
const KEY = described(
  v.pipe(v.string(), v.minLength(1), v.maxLength(CONCURRENCY_KEY_MAX)),
  'The concurrency key, as starts have it.',
)
/** In the query: a key may have any character, and a gateway decodes a path. */
export const SLOTS_QUERY = v.strictObject({ key: KEY })
export const SLOT_RELEASE = v.strictObject({ key: KEY, id: ID })
export const BY_SEQ = v.strictObject({
  id: ID,
  seq: v.pipe(
    described(v.string(), 'The number of a log entry; 0 is the input.'),
    v.regex(/^\d{1,15}$/, 'expected a whole number from 0'),
    v.transform(Number),
  ),
})
