import { InvalidInput, UnknownProcess } from '../model/errors.ts'
import type { EpochMs } from '../model/clock.ts'
import type { ProcessId, Seq } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { LogEntry, Payload } from '../model/log.ts'
import type { ProcessRegistry } from '../registry/port.ts'

// What one read of a log tells: the children of a process, and its values, however large they are.

/** A child as the log of its parent has it. `ended` is there once the parent was told of the end. */
export type ChildView = {
  readonly id: string
  readonly kind: string
  readonly startedAt: EpochMs
  /** What becomes of it when its parent ends. */
  readonly onEnd?: string
  readonly ended?: { readonly status: string; readonly at: EpochMs }
}

/** A value of a process: its input under number 0, else that of the log entry with this number. */
export type PayloadView = { readonly seq: Seq; readonly value: Json }

/** The children of a process, in the order of their starts. One read of the log. Throws `UnknownProcess`. */
export async function childrenOf(registry: ProcessRegistry, id: ProcessId): Promise<readonly ChildView[]> {
  const log = await registry.eventsAfter(id, 0, WHOLE_LOG)
  const ended = new Map<string, NonNullable<ChildView['ended']>>()
  // Of two reports of one end the first counts, as for the process itself.
  for (const entry of log)
    if (entry.type === 'child' && !ended.has(entry.id))
      ended.set(entry.id, { status: entry.status, at: entry.at })
  return log.flatMap((entry) => {
    const child = startedBy(entry)
    const end = child === undefined ? undefined : ended.get(child.id)
    return child === undefined ? [] : [{ ...child, ...(end === undefined ? {} : { ended: end }) }]
  })
}

/** Longer than any log: twelve digits are what a key of a page has for a number. */
const WHOLE_LOG = 999_999_999_999

function startedBy(entry: LogEntry): ChildView | undefined {
  if (entry.type !== 'effect' || entry.effect !== 'start' || !entry.outcome.ok) return undefined
  const { value: payload } = entry.outcome
  const said = payload !== undefined && 'value' in payload ? payload.value : undefined
  if (said === undefined || said === null || typeof said !== 'object' || Array.isArray(said)) return undefined
  const { id, onEnd } = said
  if (typeof id !== 'string') return undefined
  const more = typeof onEnd === 'string' ? { onEnd } : {}
  return { id, kind: entry.name, startedAt: entry.at, ...more }
}

/**
 * Loads a value of a process. One read of the log for an entry, one of the row for the input, and one more for a value that
 * is not inline. Throws `UnknownProcess`, and `InvalidInput` if no entry has the number, or if that entry has no value.
 */
export async function payloadOf(registry: ProcessRegistry, id: ProcessId, seq: Seq): Promise<PayloadView> {
  const payload = seq === 0 ? await inputOf(registry, id) : await valueAt(registry, id, seq)
  return { seq, value: await registry.load(id, payload) }
}

async function inputOf(registry: ProcessRegistry, id: ProcessId): Promise<Payload> {
  const record = await registry.get(id)
  if (record === undefined) throw new UnknownProcess({ id })
  return record.input
}

async function valueAt(registry: ProcessRegistry, id: ProcessId, seq: Seq): Promise<Payload> {
  const [entry] = await registry.eventsAfter(id, seq - 1, 1)
  if (entry?.seq !== seq) throw refused(`the log of ${id} has no entry ${seq}`)
  const payload = payloadIn(entry)
  if (payload === undefined) throw refused(`entry ${seq} of ${id} is of type ${entry.type} and has no value`)
  return payload
}

function payloadIn(entry: LogEntry): Payload | undefined {
  if (entry.type === 'signal') return entry.payload
  if (entry.type !== 'effect' && entry.type !== 'reply') return undefined
  return entry.outcome.ok ? entry.outcome.value : undefined
}

function refused(message: string): InvalidInput {
  return new InvalidInput({ what: 'the path', issues: [{ path: 'seq', message }] })
}
