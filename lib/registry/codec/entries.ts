import type { OutsideRequest } from '../../model/requests.ts'
import type { Json } from '../../model/json.ts'
import {
  EFFECT_KINDS,
  EFFECT_TAGS,
  type EffectKind,
  type Entry,
  type LastStep,
  type Outcome,
  type Payload,
} from '../../model/log.ts'
import type { ErrorFacts } from '../../model/recorded-error.ts'
import { EntryParts } from './shape.ts'
import { ERROR_MORE, errorParts } from './error-facts.ts'
import { instant, needed, struct, text, unreadable, whole, type ItemShape, type ItemPath } from './shape.ts'

/**
 * A value as JSON text, never as a native map: DynamoDB nests 32 levels deep at most and keeps 38 digits of a
 * number, JSON text keeps whatever the author gave. A value in an item of its own is a map with its reference.
 */
export const PAYLOAD: ItemShape<Payload> = {
  write: (payload) =>
    'ref' in payload ? { r: payload.ref, b: payload.bytes } : JSON.stringify(payload.value),
  read(raw, at) {
    if (typeof raw === 'string') return { value: parseJson(raw, at) }
    return BY_REFERENCE.read(raw, at)
  },
}
/** The attribute that names the item of a value, in the map that stands for it. */
export const REFERENCE = 'r'
const BY_REFERENCE = struct<{ ref: string; bytes: number }>({
  ref: needed(REFERENCE, text),
  bytes: needed('b', whole),
})

const ENTRY_TAGS = {
  effect: 'e',
  begin: 'b',
  attempt: 'f',
  signal: 'g',
  reply: 'r',
  child: 'k',
  resume: 'u',
  takeover: 't',
  cancel: 'c',
  abandon: 'a',
  end: 'z',
} as const satisfies Record<Entry['type'], string>
/** The tag of an effect with `took`. */
const DECIDED = 'v'

/**
 * One entry as one compact JSON text, some 45 to 55 bytes for a small step. It is part of every write of the process until
 * its page is rolled out. A native map with a name for each field would be paid for in each of them.
 *   ["e", at, position, effect, name, 1, value?]    ["e", …, 2, ref, bytes]    ["e", …, 0, class, code, message, more?]
 *   ["b", at, position, effect, name, dueAt?]    ["f", at, position, name, dueAt, class, code, message, more?]
 *   ["v", at, took, position, effect, name, …outcome]: an effect whose schema decided on what it took
 *   ["g", at, name, key, 1, value]    ["r", at, position, …outcome]    ["k", at, id, status]    ["u", at, by?]
 *   ["t", at, fence, from, to, (step, attempt, since)?]    ["c" | "a", at, reason | null, by?]    ["z", at, status]
 */
export const ENTRY: ItemShape<Entry> = {
  write: (entry) => JSON.stringify([tagOf(entry), entry.at, ...partsOf(entry)]),
  read(raw, at) {
    const parts = parseJson(text.read(raw, at), at)
    if (!Array.isArray(parts)) throw unreadable(at, 'expected a log entry')
    return readEntry(new EntryParts(parts, at), at)
  },
}

function tagOf(entry: Entry): string {
  return entry.type === 'effect' && entry.outcome.took !== undefined ? DECIDED : ENTRY_TAGS[entry.type]
}

function partsOf(entry: Entry): Json[] {
  switch (entry.type) {
    case 'effect': {
      const { took } = entry.outcome
      const parts = [entry.position, EFFECT_TAGS[entry.effect], entry.name, ...outcomeParts(entry.outcome)]
      return took === undefined ? parts : [took, ...parts]
    }
    case 'begin': {
      const begun = [entry.position, EFFECT_TAGS[entry.effect], entry.name]
      return entry.dueAt === undefined ? begun : [...begun, entry.dueAt]
    }
    case 'attempt':
      return [entry.position, entry.name, entry.dueAt, ...errorParts(entry.error)]
    case 'signal':
      return [entry.name, entry.key, ...outcomeParts({ ok: true, value: entry.payload })]
    case 'reply':
      return [entry.position, ...outcomeParts(entry.outcome)]
    case 'child':
      return [entry.id, entry.status]
    case 'resume':
      return entry.by === undefined ? [] : [entry.by]
    case 'takeover':
      return [entry.fence, entry.from, entry.to, ...lastStepParts(entry.step)]
    case 'cancel':
    case 'abandon':
      if (entry.by !== undefined) return [entry.reason ?? null, entry.by]
      return entry.reason === undefined ? [] : [entry.reason]
    case 'end':
      return [entry.status]
  }
}

function lastStepParts(step: LastStep | undefined): Json[] {
  return step === undefined ? [] : [step.name, step.attempt, step.since]
}

function outcomeParts(outcome: Outcome): Json[] {
  if (!outcome.ok) return [0, ...errorParts(outcome.error)]
  const { value } = outcome
  if (value === undefined) return [1]
  return 'ref' in value ? [2, value.ref, value.bytes] : [1, value.value]
}

const textOrNull: ItemShape<string | null> = {
  write: (value) => value,
  read: (raw, at) => (raw === null ? null : text.read(raw, at)),
}
const anyJson: ItemShape<Json> = { write: (value) => value, read: (raw) => raw }

function readEntry(parts: EntryParts, where: ItemPath): Entry {
  const tag = parts.take(text)
  const at = parts.take(instant)
  switch (tag) {
    case ENTRY_TAGS.effect:
      return { type: 'effect', at, ...readCall(parts, where), outcome: readOutcome(parts, where) }
    case DECIDED: {
      const took = parts.take(whole)
      const call = readCall(parts, where)
      return { type: 'effect', at, ...call, outcome: { ...readOutcome(parts, where), took } }
    }
    case ENTRY_TAGS.begin: {
      const call = readCall(parts, where)
      return { type: 'begin', at, ...call, ...optionally('dueAt', parts.maybe(instant)) }
    }
    case ENTRY_TAGS.attempt: {
      const [position, name, dueAt] = [parts.take(whole), parts.take(text), parts.take(instant)]
      return { type: 'attempt', at, position, name, dueAt, error: readError(parts) }
    }
    case ENTRY_TAGS.signal: {
      const [name, key, outcome] = [parts.take(text), parts.take(text), readOutcome(parts, where)]
      if (!outcome.ok || outcome.value === undefined) throw unreadable(where, 'a signal has no payload')
      return { type: 'signal', at, name, key, payload: outcome.value }
    }
    case ENTRY_TAGS.reply:
      return { type: 'reply', at, position: parts.take(whole), outcome: readOutcome(parts, where) }
    case ENTRY_TAGS.child:
      return { type: 'child', at, id: parts.take(text), status: parts.take(text) }
    case ENTRY_TAGS.resume:
      return { type: 'resume', at, ...optionally('by', parts.maybe(text)) }
    case ENTRY_TAGS.takeover:
      return {
        type: 'takeover',
        at,
        fence: parts.take(whole),
        from: parts.take(text),
        to: parts.take(text),
        ...optionally('step', readLastStep(parts)),
      }
    case ENTRY_TAGS.cancel:
      return { type: 'cancel', at, ...readRequest(parts) }
    case ENTRY_TAGS.abandon:
      return { type: 'abandon', at, ...readRequest(parts) }
    case ENTRY_TAGS.end:
      return { type: 'end', at, status: parts.take(text) }
    default:
      throw unreadable(where, `no entry has the tag ${shownTag(tag)}`)
  }
}

/** A tag of any version is one letter. What else stands in its place may be a value. */
function shownTag(tag: string): string {
  return tag.length <= 1 ? tag : `of ${tag.length} characters`
}

function optionally<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: T }
}

function readLastStep(parts: EntryParts): LastStep | undefined {
  const name = parts.maybe(text)
  return name === undefined ? undefined : { name, attempt: parts.take(whole), since: parts.take(instant) }
}

function readRequest(parts: EntryParts): OutsideRequest {
  const reason = parts.maybe(textOrNull) ?? undefined
  return { ...optionally('reason', reason), ...optionally('by', parts.maybe(text)) }
}

function readCall(parts: EntryParts, at: ItemPath): { position: number; effect: EffectKind; name: string } {
  const position = parts.take(whole)
  const tag = parts.take(text)
  const effect = EFFECT_KINDS.find((kind) => EFFECT_TAGS[kind] === tag)
  if (effect === undefined) throw unreadable(at, `no effect has the tag ${shownTag(tag)}`)
  return { position, effect, name: parts.take(text) }
}

function readError(parts: EntryParts): ErrorFacts {
  const own = { class: parts.take(text), code: parts.take(text), message: parts.take(text) }
  return { ...own, ...parts.maybe(ERROR_MORE) }
}

function readOutcome(parts: EntryParts, at: ItemPath): Outcome {
  const form = parts.take(whole)
  if (form === 1) {
    const value = parts.maybe(anyJson)
    return value === undefined ? { ok: true } : { ok: true, value: { value } }
  }
  if (form === 2) return { ok: true, value: { ref: parts.take(text), bytes: parts.take(whole) } }
  if (form !== 0) throw unreadable(at, `no outcome has the form ${form}`)
  return {
    ok: false,
    error: readError(parts),
  }
}

export function parseJson(raw: string, at: ItemPath): Json {
  try {
    return JSON.parse(raw) as Json
  } catch {
    // The parser's message quotes the text, which may be a secret of the author's.
    throw unreadable(at, 'is no JSON')
  }
}
