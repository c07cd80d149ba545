import type { OutsideRequest } from '../../model/requests.ts'
import type { Json } from '../../model/json.ts'
import {
  EFFECT_KINDS,
  EFFECT_TAGS,
  type EffectKind,
  type Entry,
  type LastStep,
  type LogPage,
  type PagePointer,
} from '../../model/log.ts'
import {
  EntryParts,
  instant,
  text,
  unreadable,
  whole,
  type ItemShape,
  type ItemPath,
  listOf,
  mapOf,
  shown,
} from './shape.ts'
import { errorParts, outcomeParts, parseJson, readError, readOutcome } from './values.ts'
import { invariant } from '../../model/invariant.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { PagePlan } from '../../model/writes.ts'
import { nameOf, pageKey, parsePageKey } from './keys.ts'
import type { Item, Key } from '../store/store.ts'

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

const textOrNull: ItemShape<string | null> = {
  write: (value) => value,
  read: (raw, at) => (raw === null ? null : text.read(raw, at)),
}
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

// A page of the log, and how the process item points at it.

export const POINTER: ItemShape<PagePointer> = {
  write: ({ first, last, fence }) => `${first}#${last}#${fence}`,
  read(raw, at) {
    const match = /^(\d+)#(\d+)#(\d+)$/.exec(text.read(raw, at))
    if (match === null) throw unreadable(at, 'expected a page pointer')
    return { first: Number(match[1]), last: Number(match[2]), fence: Number(match[3]) }
  },
}

const PAGE_VERSION = 1
const ENTRIES = listOf(ENTRY)

export function pageItem(id: ProcessId, page: PagePlan): Item & Key {
  invariant(page.entries.length === page.last - page.first + 1, 'a page holds what its key says', {
    first: page.first,
    last: page.last,
    entries: page.entries.length,
  })
  return {
    ...pageKey(id, page),
    v: PAGE_VERSION,
    t: ENTRIES.write(page.entries),
    ...(page.before === undefined ? {} : { p: POINTER.write(page.before) }),
  }
}

/** The entries of a page as they stand in its item, unread. */
export function storedEntries({ t }: Item): Json[] {
  return Array.isArray(t) ? t : []
}

export function readPage(item: Item): LogPage {
  const at = { key: nameOf(item), path: '' }
  const { sk, v, t, p } = mapOf(item, at)
  if (v !== PAGE_VERSION) throw unreadable(at, `its version is ${shown(v)}, this code reads ${PAGE_VERSION}`)
  const pointer = typeof sk === 'string' ? parsePageKey(sk) : undefined
  if (pointer === undefined) throw unreadable(at, 'its key names no page')
  const entries = ENTRIES.read(t ?? null, { ...at, path: 't' })
  if (entries.length !== pointer.last - pointer.first + 1)
    throw unreadable(at, `holds ${entries.length} entries, its key says ${pointer.first} to ${pointer.last}`)
  const before = p === undefined ? undefined : POINTER.read(p, { ...at, path: 'p' })
  if ((before?.last ?? 0) !== pointer.first - 1)
    throw unreadable(at, `begins at ${pointer.first}, the page before it ends at ${before?.last ?? 0}`)
  if (before !== undefined && before.first > before.last)
    throw unreadable(at, `the page before it begins at ${before.first} and ends at ${before.last}`)
  return { ...pointer, entries, ...(before === undefined ? {} : { before }) }
}
