import * as v from 'valibot'
import type { KindView } from '../client/kinds.ts'
import { RECOVERIES } from '../model/registration.ts'
import { JSON_VALUE } from '../queue/messages.ts'

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
