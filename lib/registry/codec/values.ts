import type { Json } from '../../model/json.ts'
import { INNER_DEPTH_MAX } from '../../model/limits-errors.ts'
import type { ErrorFacts } from '../../model/recorded-error.ts'
import {
  listOf,
  mapOf,
  needed,
  optional,
  readFields,
  struct,
  text,
  whole,
  writeFields,
  type Fields,
  type ItemShape,
  flag,
  instant,
  oneOf,
  type EntryParts,
  unreadable,
  variants,
  type ItemPath,
} from './shape.ts'
import { ARRIVALS, type Outcome, type Payload } from '../../model/log.ts'
import type { Wait } from '../../model/record.ts'

type OwnFacts = Pick<ErrorFacts, 'class' | 'code' | 'message'>
type MoreFacts = Omit<ErrorFacts, keyof OwnFacts>

const OWN: Fields<OwnFacts> = {
  class: needed('c', text),
  code: needed('d', text),
  message: needed('m', text),
}

/** Errors are stored down to a depth. Deeper ones are not written, and a reader leaves them alone. */
function moreAt(depth: number): Fields<MoreFacts> {
  const inner = depth === 1 ? struct<OwnFacts>(OWN) : struct<ErrorFacts>({ ...OWN, ...moreAt(depth - 1) })
  return { status: optional('s', whole), cause: optional('k', inner), errors: optional('e', listOf(inner)) }
}
const MORE = moreAt(INNER_DEPTH_MAX)

/** An error as a map, in the process item. */
export const ERROR_FACTS: ItemShape<ErrorFacts> = struct<ErrorFacts>({ ...OWN, ...MORE })

/** What is recorded of an error besides class, code and message: the last element of its entry, where there is any. */
const ERROR_MORE: ItemShape<MoreFacts> = {
  write: (error) => writeFields(MORE, error),
  read: (raw, at) => readFields(MORE, mapOf(raw, at), at),
}

/** The elements of an entry that an error takes. */
export function errorParts(error: ErrorFacts): Json[] {
  const own = [error.class, error.code, error.message]
  const more = writeFields(MORE, error)
  return Object.keys(more).length === 0 ? own : [...own, more]
}

// What a parked process waits for, and the paths by which a condition asks for it.

export const WAIT_ATTR = 'w'
const KIND = 'f'
const TITLES = 'o'
const KINDS_OF_ANY = 'm'
const SINCE = { since: optional('a', instant) } as const

export const WAIT = variants<Wait, 'for'>('for', KIND, {
  worker: {
    ...SINCE,
    unbegun: optional('n', flag),
    tries: optional('t', whole),
    error: optional('e', ERROR_FACTS),
  },
  undeployed: { ...SINCE, kind: needed('k', text), tries: needed('n', whole) },
  external: SINCE,
  effects: {
    ...SINCE,
    on: needed(TITLES, listOf(text)),
    anyOf: optional(KINDS_OF_ANY, listOf(oneOf(ARRIVALS))),
  },
  slot: { ...SINCE, key: needed('k', text), tries: optional('n', whole) },
  resume: { ...SINCE, error: needed('e', ERROR_FACTS) },
})

export const WAIT_FOR = `${WAIT_ATTR}.${KIND}`
/** The titles that are shown of a wait for effects, and the kinds of which any arrival is taken. */
export const WAIT_ON = `${WAIT_ATTR}.${TITLES}`
export const WAIT_ANY_OF = `${WAIT_ATTR}.${KINDS_OF_ANY}`

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

export function parseJson(raw: string, at: ItemPath): Json {
  try {
    return JSON.parse(raw) as Json
  } catch {
    // The parser's message quotes the text, which may be a secret of the author's.
    throw unreadable(at, 'is no JSON')
  }
}

// The elements of an entry that an outcome takes.

export function outcomeParts(outcome: Outcome): Json[] {
  if (!outcome.ok) return [0, ...errorParts(outcome.error)]
  const { value } = outcome
  if (value === undefined) return [1]
  return 'ref' in value ? [2, value.ref, value.bytes] : [1, value.value]
}

export function readOutcome(parts: EntryParts, at: ItemPath): Outcome {
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

export function readError(parts: EntryParts): ErrorFacts {
  const own = { class: parts.take(text), code: parts.take(text), message: parts.take(text) }
  return { ...own, ...parts.maybe(ERROR_MORE) }
}

const anyJson: ItemShape<Json> = { write: (value) => value, read: (raw) => raw }
