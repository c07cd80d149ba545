import * as v from 'valibot'
import type { ProcessView } from '../client/processes.ts'
import type { ListedProcess } from '../registry/port-lists.ts'
import { STATUSES } from '../model/record.ts'
import { ON_PARENT_END, RECOVERIES } from '../model/registration.ts'
import { JSON_VALUE } from '../queue/messages.ts'

// What answers look like: for the document, and for the tests, which hold every answer to them. Clients ignore fields
// they do not know, so that a later version may add some.

const AT = v.pipe(v.number(), v.integer())
const STATUS = v.picklist(STATUSES)
export const ERROR = v.looseObject({
  class: v.string(),
  code: v.string(),
  message: v.string(),
  status: v.optional(AT),
  /** Errors of the same form. */
  cause: v.optional(v.looseObject({})),
  errors: v.optional(v.array(v.looseObject({}))),
})
/** A value that rides along, or the size of one that is too big to. */
const PAYLOAD = v.union([v.object({ value: JSON_VALUE }), v.object({ ref: v.string(), bytes: AT })])
const REQUEST = v.object({ at: AT, reason: v.optional(v.string()), by: v.optional(v.string()) })
const FLAWS = v.array(v.object({ path: v.string(), message: v.string() }))

const MS = v.optional(AT)
/** A field for each of the view's: one that is forgotten here does not compile. */
export const VIEW = v.looseObject({
  id: v.string(),
  kind: v.string(),
  status: STATUS,
  recovery: v.picklist(RECOVERIES),
  createdAt: AT,
  startedAt: v.optional(AT),
  endedAt: v.optional(AT),
  scope: v.optional(v.string()),
  provenance: v.optional(v.looseObject({ source: v.optional(v.string()), retryOf: v.optional(v.string()) })),
  limits: v.optional(v.object({ timeoutMs: MS, maxStalls: MS, retentionMs: MS })),
  /** The process that started it, and what becomes of it when that one ends. */
  parent: v.optional(v.object({ id: v.string(), onEnd: v.picklist(ON_PARENT_END) })),
  /** Children that it has started. */
  children: v.optional(AT),
  startAt: v.optional(AT),
  concurrency: v.optional(v.object({ key: v.string(), limit: AT })),
  urgent: v.optional(v.boolean()),
  /** Of the definition, as it was when the process was registered. */
  version: v.optional(v.string()),
  /** Types of events that it may emit. */
  events: v.optional(v.array(v.string())),
  input: PAYLOAD,
  output: v.optional(v.looseObject({ outcome: v.string() })),
  /** Of an ended process: the newest one that retries it. */
  retriedBy: v.optional(v.string()),
  /** What a parked process waits for. */
  wait: v.optional(v.looseObject({ for: v.string() })),
  dueAt: v.optional(AT),
  /** Of a running process, if it was asked for: who holds it, and which step it is in since the newest renewal. */
  lease: v.optional(
    v.object({
      ownerId: v.string(),
      claimedAt: AT,
      expiresAt: AT,
      hardAt: v.optional(AT),
      renewedAt: v.optional(AT),
      step: v.optional(v.object({ name: v.string(), attempt: AT, since: AT, beside: v.optional(AT) })),
    }),
  ),
  /** Of an open process: names of signals among its newest entries that no wait of it has taken. */
  unread: v.optional(v.array(v.string())),
  /** Of an open process: the step that failed last and is tried again. `attempts` counts those among the newest entries. */
  failing: v.optional(v.object({ name: v.string(), attempts: AT, error: ERROR, at: AT, dueAt: AT })),
  cancel: v.optional(REQUEST),
  abandon: v.optional(REQUEST),
  /** How often it has been claimed. */
  fence: AT,
  /** The number of the last entry of its log. */
  seq: AT,
  /** Workers that died while they ran this process alone, since its last progress. */
  stalls: AT,
} satisfies Record<keyof ProcessView, v.GenericSchema>)
/** A field for each that a list shows. */
export const ENTRY = {
  id: v.string(),
  kind: v.string(),
  status: STATUS,
  createdAt: AT,
  scope: v.optional(v.string()),
  endedAt: v.optional(AT),
  /** Of a waiting or stuck one: what it waits for, since when, and until when as it was when the process was parked. */
  waitsFor: v.optional(v.string()),
  since: v.optional(AT),
  until: v.optional(AT),
  /** Of the error of a failed or stuck one; why one was abandoned. */
  code: v.optional(v.string()),
} satisfies Record<keyof ListedProcess, v.GenericSchema>
export const LISTED = v.object({
  items: v.array(v.object(ENTRY)),
  cursor: v.optional(v.string()),
})
export const PAGE_OF_EVENTS = v.object({
  events: v.array(v.looseObject({ seq: AT, type: v.string(), at: AT })),
  /** True where nothing comes after these. */
  ended: v.boolean(),
})
export const ENDED = v.object({
  id: v.string(),
  kind: v.string(),
  status: STATUS,
  output: v.variant('outcome', [
    v.object({ outcome: v.literal('success'), value: JSON_VALUE }),
    v.looseObject({ outcome: v.literal('failure'), error: ERROR }),
    v.object({ outcome: v.literal('cancelled'), reason: v.optional(v.string()) }),
    v.looseObject({ outcome: v.literal('abandoned') }),
  ]),
})
export const STILL_OPEN = v.object({ id: v.string(), status: STATUS })
export const FRESH = v.object({
  /** False where the same was said before. */
  fresh: v.boolean(),
})
/** RFC 9457. */
export const PROBLEM = v.looseObject({
  type: v.string(),
  title: v.string(),
  status: AT,
  detail: v.string(),
  code: v.string(),
  issues: v.optional(FLAWS),
})
export const STARTED_MANY = v.object({
  results: v.array(
    v.variant('ok', [
      v.object({ id: v.string(), ok: v.literal(true), created: v.boolean(), process: VIEW }),
      v.object({ id: v.string(), ok: v.literal(false), problem: PROBLEM }),
    ]),
  ),
})
