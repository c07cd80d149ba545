import * as v from 'valibot'
import type { Json } from '../model/json.ts'
import { EFFECT_KINDS, type Entry, type LogEntry, type Payload } from '../model/log.ts'
import { STATUSES, type StoredOutput } from '../model/record.ts'
import { JSON_VALUE } from '../queue/messages.ts'
import { HistoryUnusable } from './errors.ts'
import type { ReplayedRow } from './replay.ts'

/** Names the shape in a file, beside its version: a file of another shape is refused by name. */
const HISTORY_FORMAT = 'leasehold-history'
const HISTORY_VERSION = 1

/** A stored process: what a replay of its code needs, and nothing that only a store needs. Times are epoch ms. */
export type History = {
  readonly format: typeof HISTORY_FORMAT
  readonly version: typeof HISTORY_VERSION
  readonly process: Omit<ReplayedRow, 'id' | 'version'> & {
    readonly id: string
    /** Of the definition, when the process was started. */
    readonly version?: string
    readonly input: Payload
    readonly output?: StoredOutput
  }
  /** The whole log, from 1. */
  readonly entries: readonly LogEntry[]
  /** Values that are too large for the log, by their references. */
  readonly payloads: { readonly [ref: string]: Json }
}

/** What a history is made of: a row or the API's view of one, its log, and how a payload is read. */
export type HistorySource = {
  readonly process: Omit<History['process'], 'input' | 'output'> & {
    readonly input: Payload
    readonly output?: StoredOutput | undefined
  }
  readonly entries: readonly LogEntry[]
  /** Undefined for a value that is not to be had. */
  readonly load: (payload: Payload) => Promise<Json | undefined>
}

/** Gathers a process and all its values. Without a value that `load` does not have, a replay that needs it is refused. */
export async function historyOf({ process, entries, load }: HistorySource): Promise<History> {
  const payloads: Record<string, Json> = {}
  const values = [process.input, ...outputsIn(process.output), ...entries.flatMap(payloadsIn)]
  for (const payload of values) {
    if (!('ref' in payload)) continue
    const value = await load(payload)
    if (value !== undefined) payloads[payload.ref] = value
  }
  const { id, kind, status, fence, version, limits, concurrency, cancel, input, output } = process
  return {
    format: HISTORY_FORMAT,
    version: HISTORY_VERSION,
    process: { id, kind, status, fence, version, limits, concurrency, cancel, input, output },
    entries,
    payloads,
  }
}

/** The text of a history's file. */
export function writeHistory(history: History): string {
  return `${JSON.stringify(history, null, 2)}\n`
}

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0))
const PAYLOAD = v.union([v.object({ value: JSON_VALUE }), v.object({ ref: v.string(), bytes: COUNT })])
const ERROR = v.looseObject({ class: v.string(), code: v.string(), message: v.string() })
const OUTCOME = v.variant('ok', [
  v.looseObject({ ok: v.literal(true), value: v.optional(PAYLOAD) }),
  v.looseObject({ ok: v.literal(false), error: ERROR }),
])
const NUMBERED = { seq: COUNT, at: COUNT }
const PLACED = { ...NUMBERED, position: COUNT, name: v.string() }
/** A type of entry for each of the log's: one that is forgotten here does not compile. */
const ENTRIES = {
  effect: { ...PLACED, effect: v.picklist(EFFECT_KINDS), outcome: OUTCOME },
  begin: { ...PLACED, effect: v.picklist(EFFECT_KINDS), dueAt: v.optional(COUNT) },
  attempt: { ...PLACED, error: ERROR, dueAt: COUNT },
  signal: { ...NUMBERED, name: v.string(), key: v.string(), payload: PAYLOAD },
  reply: { ...NUMBERED, position: COUNT, outcome: OUTCOME },
  child: { ...NUMBERED, id: v.string(), status: v.string() },
  resume: NUMBERED,
  takeover: NUMBERED,
  cancel: NUMBERED,
  abandon: NUMBERED,
  end: { ...NUMBERED, status: v.string() },
} satisfies Record<Entry['type'], v.ObjectEntries>

const HISTORY = v.object({
  format: v.literal(HISTORY_FORMAT),
  version: v.literal(HISTORY_VERSION),
  process: v.looseObject({
    id: v.string(),
    kind: v.string(),
    status: v.picklist(STATUSES),
    fence: COUNT,
    version: v.optional(v.string()),
    input: PAYLOAD,
    output: v.optional(v.looseObject({ outcome: v.string() })),
  }),
  entries: v.array(
    v.lazy((entry) => {
      const { type } = (entry ?? {}) as { readonly type?: unknown }
      const known = Object.entries(ENTRIES).find(([name]) => name === type)
      return v.looseObject({ type: v.picklist(Object.keys(ENTRIES)), ...known?.[1] })
    }),
  ),
  payloads: v.record(v.string(), JSON_VALUE),
})

/** Reads a history's file; `name` is how an error calls it. Throws `HistoryUnusable`. */
export function readHistory(text: string, name: string): History {
  try {
    return checkHistory(JSON.parse(text), name)
  } catch (error) {
    if (error instanceof HistoryUnusable) throw error
    throw new HistoryUnusable({ name, reason: 'it is no JSON' }, error)
  }
}

/** Checks a history that is parsed already. Throws `HistoryUnusable`. */
export function checkHistory(value: unknown, name: string): History {
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown }
  if (format !== HISTORY_FORMAT) throw new HistoryUnusable({ name, reason: 'it is no history of a process' })
  if (version !== HISTORY_VERSION) {
    const reason = `its version is ${JSON.stringify(version)}, and this release reads version ${HISTORY_VERSION}: write it again`
    throw new HistoryUnusable({ name, reason })
  }
  const parsed = v.safeParse(HISTORY, value)
  const [issue] = parsed.issues ?? []
  if (issue !== undefined)
    throw new HistoryUnusable({ name, reason: `at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}` })
  const history = value as History
  const gap = history.entries.findIndex(({ seq }, index) => seq !== index + 1)
  if (gap >= 0)
    throw new HistoryUnusable({
      name,
      reason: `entry ${gap + 1} has the number ${history.entries[gap]?.seq}`,
    })
  return history
}

/** The values that an entry of a log has. */
export function payloadsIn(entry: LogEntry): readonly Payload[] {
  if (entry.type === 'signal') return [entry.payload]
  if (entry.type !== 'effect' && entry.type !== 'reply') return []
  return entry.outcome.ok && entry.outcome.value !== undefined ? [entry.outcome.value] : []
}

function outputsIn(output: StoredOutput | undefined): readonly Payload[] {
  return output?.outcome === 'success' ? [output.value] : []
}
