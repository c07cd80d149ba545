import type { EffectKind, LogEntry, LastStep } from '../../../model/log.ts'
import type { ErrorFacts } from '../../../model/recorded-error.ts'
import { timesText } from './words.ts'

// From a history to the effects and marks of its timeline.

/** A failed try of a step, and when the next one was due. */
type Attempt = { readonly at: number; readonly dueAt: number; readonly error: ErrorFacts }

/** An effect of a process over its time. */
export type Lane = {
  readonly position: number
  readonly effect: EffectKind
  readonly name: string
  /** When the log first speaks of it, or the process's own entry before: the log has no beginning of most steps. */
  readonly from: number
  /** Absent while it is open. */
  readonly to?: number
  readonly state: 'open' | 'done' | 'failed'
  readonly attempts: readonly Attempt[]
  /** The error of its outcome. */
  readonly error?: ErrorFacts
  /** When it ends by itself, as its beginning says. */
  readonly dueAt?: number
  /** The number of its newest entry. */
  readonly seq: number
  /** The child that it started or waited for. */
  readonly child?: string
}

type MarkType = 'signal' | 'reply' | 'child' | 'resume' | 'cancel' | 'abandon' | 'takeover' | 'end'
/** What others did to a process, at one moment. */
export type Mark = {
  readonly type: MarkType
  readonly at: number
  readonly seq: number
  /** Name of the signal, id of the child, reason of the request, status of the end. */
  readonly name?: string
  readonly by?: string
  readonly takeover?: { readonly from: string; readonly to: string; readonly step?: LastStep }
}

/** Effects that end by what others do or by time: no code runs meanwhile. */
export const WAITING_EFFECTS: ReadonlySet<string> = new Set(['sleep', 'signal', 'reply', 'child'])
/** Effects that return at once: too many and too short for a lane of their own, unless a reader asks. */
export const INSTANT_EFFECTS: ReadonlySet<string> = new Set(['now', 'random', 'uuid', 'patched'])

type Draft = { -readonly [Key in keyof Lane]: Lane[Key] } & { attempts: Attempt[] }

/** The effects of a history in the order of the code. `startedAt`: where the first one begins. */
export function lanesOf(entries: readonly LogEntry[], startedAt?: number): readonly Lane[] {
  const lanes = new Map<number, Draft>()
  let before = startedAt
  for (const entry of entries) {
    // A new owner begins what it continues no earlier than its claim.
    if (entry.type === 'takeover') before = entry.at
    if (entry.type !== 'effect' && entry.type !== 'begin' && entry.type !== 'attempt') continue
    const lane = lanes.get(entry.position) ?? newLane(entry, before ?? entry.at)
    lanes.set(entry.position, lane)
    lane.seq = entry.seq
    if (entry.type === 'begin' && entry.dueAt !== undefined) lane.dueAt = entry.dueAt
    if (entry.type === 'attempt') lane.attempts.push({ at: entry.at, dueAt: entry.dueAt, error: entry.error })
    if (entry.type === 'effect') close(lane, entry)
    before = entry.at
  }
  return [...lanes.values()].toSorted((a, b) => a.position - b.position)
}

function newLane(entry: Extract<LogEntry, { position: number; name: string }>, before: number): Draft {
  const effect = entry.type === 'attempt' ? 'step' : entry.effect
  const { position, name, seq, at, type } = entry
  const instant = INSTANT_EFFECTS.has(effect) || effect === 'start' || effect === 'emit'
  const from = type === 'begin' || instant ? at : Math.min(before, at)
  return { position, effect, name, from, state: 'open', attempts: [], seq }
}

function close(lane: Draft, entry: Extract<LogEntry, { type: 'effect' }>): void {
  lane.to = Math.max(entry.at, lane.from)
  lane.state = entry.outcome.ok ? 'done' : 'failed'
  if (!entry.outcome.ok) lane.error = entry.outcome.error
  const child = childOf(entry)
  if (child !== undefined) lane.child = child
}

/** The id of the child that an entry is of. */
function childOf(entry: LogEntry): string | undefined {
  if (entry.type === 'child') return entry.id
  if (entry.type !== 'effect') return undefined
  if (entry.effect === 'child') return entry.name
  if (entry.effect !== 'start' || !entry.outcome.ok) return undefined
  const { value: payload } = entry.outcome
  const said = payload !== undefined && 'value' in payload ? payload.value : undefined
  if (said === undefined || said === null || typeof said !== 'object' || Array.isArray(said)) return undefined
  return typeof said['id'] === 'string' ? said['id'] : undefined
}

/** What others did, in order. */
export function marksOf(entries: readonly LogEntry[]): readonly Mark[] {
  return entries.flatMap((entry) => {
    const mark = markOf(entry)
    return mark === undefined ? [] : [mark]
  })
}

function markOf(entry: LogEntry): Mark | undefined {
  const { at, seq } = entry
  switch (entry.type) {
    case 'signal':
      return { type: 'signal', at, seq, name: entry.name }
    case 'reply':
      return { type: 'reply', at, seq, name: `callback at ${entry.position}` }
    case 'child':
      return { type: 'child', at, seq, name: `${entry.id} ${entry.status}` }
    case 'resume':
      return { type: 'resume', at, seq, ...by(entry.by) }
    case 'cancel':
    case 'abandon':
      return {
        type: entry.type,
        at,
        seq,
        ...(entry.reason === undefined ? {} : { name: entry.reason }),
        ...by(entry.by),
      }
    case 'takeover': {
      const { from, to, step } = entry
      return { type: 'takeover', at, seq, takeover: { from, to, ...(step === undefined ? {} : { step }) } }
    }
    case 'end':
      return { type: 'end', at, seq, name: entry.status }
    case 'effect':
    case 'begin':
    case 'attempt':
      return undefined
  }
}

function by(name: string | undefined): { readonly by?: string } {
  return name === undefined ? {} : { by: name }
}

/** How many takeovers, failed attempts and so on: the timeline in one sentence, for readers who do not see it. */
export function timelineSummary(lanes: readonly Lane[], marks: readonly Mark[]): string {
  const count = (is: boolean[]): number => is.filter(Boolean).length
  const open = count(lanes.map((lane) => lane.state === 'open'))
  const failed = count(lanes.map((lane) => lane.state === 'failed'))
  const retried = count(lanes.map((lane) => lane.attempts.length > 0))
  const takeovers = count(marks.map((mark) => mark.type === 'takeover'))
  return [
    `${lanes.length} effects`,
    ...(open > 0 ? [`${open} open`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(retried > 0 ? [`${retried} with failed attempts`] : []),
    ...(takeovers > 0 ? [`taken over ${timesText(takeovers)}`] : []),
  ].join(', ')
}
