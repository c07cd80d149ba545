import * as v from 'valibot'
import { PAGE_ROWS } from '../model/limits.ts'
import { ATTENTION_STATUSES } from '../registry/port-lists.ts'
import { described, wholeFrom } from './shapes.ts'

// What requests about all processes look like.

export const ATTENTION_QUERY = v.strictObject({
  status: v.optional(v.picklist(ATTENTION_STATUSES)),
  limit: v.optional(wholeFrom(1, PAGE_ROWS), PAGE_ROWS),
  cursor: v.optional(described(v.string(), 'Of the page before.')),
})
export const COUNTS_QUERY = v.strictObject({
  kind: v.optional(described(v.string(), 'Default: each kind that is deployed with the API.')),
})
