import type { Json } from '../../../model/json.ts'
import type { LogEntry } from '../../../model/log.ts'
import type { ProcessView } from '../../../client/processes.ts'
import { STATUS_WORDS } from './status.ts'

// A history that was dropped onto the page. `leasehold history ID -o FILE` writes such files.

export type DroppedHistory = {
  readonly view: Pick<ProcessView, 'id' | 'kind' | 'status' | 'fence' | 'input'> &
    Partial<Pick<ProcessView, 'output' | 'version' | 'endedAt'>>
  readonly entries: readonly LogEntry[]
  readonly payloads: { readonly [ref: string]: Json }
}

export type ReadFile =
  | { readonly ok: true; readonly history: DroppedHistory }
  | { readonly ok: false; readonly why: string }

const ENTRY_TYPES: ReadonlySet<string> = new Set([
  'effect',
  'begin',
  'attempt',
  'signal',
  'reply',
  'child',
  'resume',
  'takeover',
  'cancel',
  'abandon',
  'end',
] satisfies LogEntry['type'][])

/** Reads the text of a file. What a timeline is drawn from is checked; what is only shown is not. */
export function readDropped(text: string): ReadFile {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The text comes from a person's disk: any file may be dropped.
    return refused('It is not JSON.')
  }
  if (!isRecord(parsed) || parsed['format'] !== 'leasehold-history')
    return refused('It is not a history. `leasehold history ID -o FILE` writes one.')
  if (parsed['version'] !== 1)
    return refused(`Its version is ${JSON.stringify(parsed['version'])}, and this console reads version 1.`)
  const { process, entries, payloads } = parsed
  if (!isView(process)) return refused('Its process has no id, kind or known status.')
  if (!Array.isArray(entries)) return refused('It has no entries.')
  const broken = entries.findIndex((entry, index) => !isEntry(entry, index + 1))
  if (broken >= 0) return refused(`Its entry ${broken + 1} is unknown or out of order.`)
  const log = entries as readonly LogEntry[]
  const end = log.findLast((entry) => entry.type === 'end')
  const view = end === undefined ? process : { ...process, endedAt: end.at }
  return {
    ok: true,
    history: {
      view,
      entries: log,
      payloads: isRecord(payloads) ? (payloads as DroppedHistory['payloads']) : {},
    },
  }
}

function refused(why: string): ReadFile {
  return { ok: false, why }
}

function isView(value: unknown): value is DroppedHistory['view'] {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof value['status'] === 'string' &&
    Object.hasOwn(STATUS_WORDS, value['status']) &&
    isPayload(value['input'])
  )
}

function isEntry(value: unknown, seq: number): boolean {
  if (!isRecord(value) || value['seq'] !== seq || typeof value['at'] !== 'number') return false
  const { type, position, name, outcome, error, payload } = value
  if (typeof type !== 'string' || !ENTRY_TYPES.has(type)) return false
  const placed = typeof position === 'number' && typeof name === 'string'
  if (type === 'effect') return placed && typeof value['effect'] === 'string' && isOutcome(outcome)
  if (type === 'begin') return placed && typeof value['effect'] === 'string'
  if (type === 'attempt') return placed && isRecord(error) && typeof value['dueAt'] === 'number'
  if (type === 'signal') return typeof name === 'string' && isPayload(payload)
  if (type === 'reply') return typeof position === 'number' && isOutcome(outcome)
  if (type === 'takeover') return typeof value['from'] === 'string' && typeof value['to'] === 'string'
  return true
}

function isOutcome(value: unknown): boolean {
  if (!isRecord(value)) return false
  return value['ok'] === true
    ? value['value'] === undefined || isPayload(value['value'])
    : isRecord(value['error'])
}

function isPayload(value: unknown): boolean {
  return isRecord(value) && ('value' in value || typeof value['ref'] === 'string')
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
