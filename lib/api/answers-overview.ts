import * as v from 'valibot'
import type { KindView } from '../client/kinds.ts'
import type { ChildView, PayloadView } from '../client/log-views.ts'
import { type DueShard, type HealthView, HEALTH_PROBLEMS } from '../client/health-view.ts'
import { WATCHED_QUEUES } from '../queue/queue-watch.ts'
import type { SweepNote, AttentionRow, KindCounts } from '../registry/port-lists.ts'
import type { SlotRelease, SlotsView } from '../client/slots.ts'
import { ANSWERERS, type WaitAnswer, type WaitsView, type WaitView } from '../client/waits.ts'
import { WAIT_KINDS } from '../model/open-waits.ts'
import { RECOVERIES } from '../model/registration.ts'
import { STATUSES, type Status } from '../model/record.ts'
import { JSON_VALUE } from '../queue/messages.ts'
import { ENTRY, ERROR } from './answers.ts'

// What answers about all processes look like, as answers.ts has those about one.

const MS = v.optional(v.pipe(v.number(), v.integer()))

const KIND = v.looseObject({
  kind: v.string(),
  recovery: v.picklist(RECOVERIES),
  /** Of the definition that is deployed. */
  version: v.optional(v.string()),
  limits: v.optional(v.object({ timeoutMs: MS, maxStalls: MS, retentionMs: MS })),
  /** JSON Schema, draft 2020-12; absent if the library of the schema has no way to say it. */
  input: v.optional(JSON_VALUE),
  output: v.optional(JSON_VALUE),
  /** By type of event; null as an absent `input`. */
  events: v.optional(v.record(v.string(), JSON_VALUE)),
} satisfies Record<keyof KindView, v.GenericSchema>)
export const KINDS = v.object({ kinds: v.array(KIND) })

const AT = v.pipe(v.number(), v.integer())
const NEEDED = {
  ...ENTRY,
  /** Since when it needs attention. */
  at: AT,
  /** The newest process that retries it. */
  retriedBy: v.optional(v.string()),
} satisfies Record<keyof AttentionRow, v.GenericSchema>
export const ATTENTION = v.object({ items: v.array(v.object(NEEDED)), cursor: v.optional(v.string()) })
const COUNTED = {
  pending: MS,
  running: MS,
  waiting: MS,
  stuck: MS,
  completed: MS,
  failed: MS,
  cancelled: MS,
  abandoned: MS,
} satisfies Record<Status, v.GenericSchema>
export const COUNTS = v.object({
  kinds: v.array(
    v.object({
      kind: v.string(),
      counts: v.strictObject(COUNTED),
      /** Older processes of the kind were not counted. */
      atLeast: v.optional(v.literal(true)),
    } satisfies Record<keyof KindCounts, v.GenericSchema>),
  ),
})

const CHILD = {
  id: v.string(),
  kind: v.string(),
  startedAt: AT,
  /** What becomes of it when its parent ends. */
  onEnd: v.optional(v.string()),
  /** Once its parent was told of the end. */
  ended: v.optional(v.object({ status: v.string(), at: AT })),
} satisfies Record<keyof ChildView, v.GenericSchema>
export const CHILDREN = v.object({ children: v.array(v.object(CHILD)) })
export const PAYLOAD_VALUE = v.object({ seq: AT, value: JSON_VALUE } satisfies Record<
  keyof PayloadView,
  v.GenericSchema
>)

const WAIT = {
  for: v.picklist(WAIT_KINDS),
  /** Of the signal, callback, timer or step; the id of the child; the concurrency key; the kind that is not deployed. */
  name: v.optional(v.string()),
  since: MS,
  /** When the wait ends by itself. */
  until: MS,
  error: v.optional(ERROR),
  /** Who ends the wait, and the request that does it or that tells more. */
  answer: v.object({
    by: v.picklist(ANSWERERS),
    request: v.optional(v.string()),
  } satisfies Record<keyof WaitAnswer, v.GenericSchema>),
} satisfies Record<keyof WaitView, v.GenericSchema>
export const WAITS = v.object({
  id: v.string(),
  status: v.picklist(STATUSES),
  waits: v.array(v.object(WAIT)),
  /** It may have further waits, which its row does not name. */
  more: v.optional(v.literal(true)),
} satisfies Record<keyof WaitsView, v.GenericSchema>)

export const SLOTS = v.object({
  key: v.string(),
  /** How many places there are; 0 if no process has ever asked for a place of this key. */
  limit: AT,
  /** How many processes wait for a place. */
  waiting: AT,
  holders: v.array(v.string()),
  /** The first of those that wait, the next one first. */
  queue: v.array(v.string()),
} satisfies Record<keyof SlotsView, v.GenericSchema>)
export const RELEASED = v.object({
  /** False if the process had no place. */
  released: v.boolean(),
  /** The processes that came to the front. */
  woken: v.array(v.string()),
} satisfies Record<keyof SlotRelease, v.GenericSchema>)

const DEPTH = v.union([
  v.object({ queue: v.picklist(WATCHED_QUEUES), visible: AT, inFlight: AT, delayed: AT }),
  /** Why it could not be read. */
  v.object({ queue: v.picklist(WATCHED_QUEUES), error: v.string() }),
])
export const HEALTH = v.object({
  at: AT,
  /** Of the package that made the stack. */
  version: v.optional(v.string()),
  /** By shard of the due index. `running`: rows whose first grant has passed; most have renewed their lease. */
  due: v.array(
    v.object({
      shard: AT,
      due: AT,
      running: AT,
      oldestDueAt: MS,
      atLeast: v.optional(v.literal(true)),
    } satisfies Record<keyof DueShard, v.GenericSchema>),
  ),
  queues: v.array(DEPTH),
  /** The newest pass of the sweep; absent before the first one. */
  sweep: v.optional(
    v.object({
      at: AT,
      everyMs: AT,
      due: AT,
      sent: AT,
      oldestDueMs: AT,
      heldBack: v.boolean(),
      truncated: v.boolean(),
      failedShards: AT,
    } satisfies Record<keyof SweepNote, v.GenericSchema>),
  ),
  /** What needs an operator. */
  problems: v.array(v.object({ code: v.picklist(HEALTH_PROBLEMS), message: v.string() })),
} satisfies Record<keyof HealthView, v.GenericSchema>)
