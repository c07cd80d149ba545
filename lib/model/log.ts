import type { EpochMs } from './clock.ts'
import type { Fence, Seq } from './ids.ts'
import { invariant } from './invariant.ts'
import type { Json } from './json.ts'
import type { ErrorFacts } from './recorded-error.ts'
import { utf8Bytes } from './json.ts'

/** A value as the log holds it: inline, or by the reference of an item of its own. */
export type Payload = { readonly value: Json } | { readonly ref: string; readonly bytes: number }

/**
 * What an effect came to. A success without a value is `undefined`, which JSON cannot say. `took`: what the schema of a wait
 * made of an arrival, or why it refused it. The number is that of the signal, or the position of the callback.
 */
export type Outcome =
  | { readonly ok: true; readonly value?: Payload; readonly took?: number }
  | { readonly ok: false; readonly error: ErrorFacts; readonly took?: number }

/** Kinds of effects that have a place in the journal, each with the tag that a stored entry has for it. */
export const EFFECT_TAGS = {
  step: 's',
  sleep: 'w',
  signal: 'g',
  callback: 'b',
  reply: 'y',
  start: 'c',
  child: 'r',
  emit: 'e',
  now: 'n',
  random: 'x',
  uuid: 'u',
  patched: 'p',
} as const
export type EffectKind = keyof typeof EFFECT_TAGS
export const EFFECT_KINDS = Object.keys(EFFECT_TAGS) as readonly EffectKind[]

/** Effects that return at once. No code waits for them, so a replay gives their outcomes no turn. */
export const INSTANT_KINDS = ['now', 'random', 'uuid', 'patched'] as const satisfies readonly EffectKind[]
export type InstantKind = (typeof INSTANT_KINDS)[number]

/** One thing that took effect in a process. Its number is its place in the log, so it is not stored in it. */
export type Entry =
  /** An effect came to its outcome. `position` counts the effects a run asks for, from 0. */
  | {
      readonly type: 'effect'
      readonly at: EpochMs
      readonly position: number
      readonly effect: EffectKind
      readonly name: string
      readonly outcome: Outcome
    }
  /**
   * An effect began whose beginning matters: a wait that has to end at the same moment on every run, or a step that
   * must not run twice. `dueAt` is when the wait ends by itself.
   */
  | {
      readonly type: 'begin'
      readonly at: EpochMs
      readonly position: number
      readonly effect: EffectKind
      readonly name: string
      readonly dueAt?: EpochMs
    }
  /** A step's body failed and will be tried again at `dueAt`. The number of these is the number of attempts so far. */
  | {
      readonly type: 'attempt'
      readonly at: EpochMs
      readonly position: number
      readonly name: string
      readonly error: ErrorFacts
      readonly dueAt: EpochMs
    }
  /** A client sent a signal; its key makes it count once. */
  | {
      readonly type: 'signal'
      readonly at: EpochMs
      readonly name: string
      readonly key: string
      readonly payload: Payload
    }
  /** A caller with its token answered the callback at `position`. */
  | { readonly type: 'reply'; readonly at: EpochMs; readonly position: number; readonly outcome: Outcome }
  /** A child of this process has ended. */
  | { readonly type: 'child'; readonly at: EpochMs; readonly id: string; readonly status: string }
  /** An operator resumed a stuck process. */
  | { readonly type: 'resume'; readonly at: EpochMs; readonly by?: string }
  /** A later owner took over from one that was gone. */
  | {
      readonly type: 'takeover'
      readonly at: EpochMs
      readonly fence: Fence
      readonly from: string
      readonly to: string
      /** The step that the owner was in by its newest renewal; absent if it ran none then, or died before its first. */
      readonly step?: LastStep
    }
  | { readonly type: 'cancel'; readonly at: EpochMs; readonly reason?: string; readonly by?: string }
  | { readonly type: 'abandon'; readonly at: EpochMs; readonly reason?: string; readonly by?: string }
  /** The terminal mark: the last entry of an ended process, and the only one of its type. */
  | { readonly type: 'end'; readonly at: EpochMs; readonly status: string }

/** A step as the record of a dead owner names it. */
export type LastStep = { readonly name: string; readonly attempt: number; readonly since: EpochMs }

export type LogEntry = Entry & { readonly seq: Seq }

/** Kinds of entries that others append for the process's code to take. */
export const ARRIVALS = ['signal', 'reply', 'child'] as const satisfies readonly Entry['type'][]
export type ArrivalKind = (typeof ARRIVALS)[number]
export type ArrivalEntry = Extract<Entry, { type: ArrivalKind }>

export function isArrival<Any extends Entry>(entry: Any): entry is Any & ArrivalEntry {
  return ARRIVALS.some((kind) => kind === entry.type)
}

/**
 * Names a page: the numbers it covers and the fence it was written under. All three are in its key. So a page that was
 * planned again, because a client appended meanwhile, never shares a key with the earlier one. A late duplicate of the
 * earlier put cannot overwrite a page that a commit already names.
 */
export type PagePointer = { readonly first: Seq; readonly last: Seq; readonly fence: Fence }

/** A page of the log: entries rolled out of the tail, and the page before it. */
export type LogPage = PagePointer & {
  readonly entries: readonly Entry[]
  readonly before?: PagePointer
}

/**
 * The numbered entries of a tail. The item counts all entries ever written (`seq`), so the tail's first number
 * follows from its length, and an append need not know what others appended before it.
 */
export function numberTail(row: { seq: Seq; tail: readonly Entry[] }): LogEntry[] {
  const first = row.seq - row.tail.length + 1
  return row.tail.map((entry, index) => ({ ...entry, seq: first + index }))
}

/**
 * Picks the pages that belong to the log out of all that stand under the process, following the chain back from
 * `newest`. A page of an owner that was fenced off before its commit is in no chain and is never read.
 * Answers undefined where a link is missing: the reader saw the item and its pages at different moments.
 */
export function chainOf(pages: readonly LogPage[], newest: PagePointer | undefined): LogPage[] | undefined {
  const byKey = new Map(pages.map((page) => [pageKey(page), page]))
  const chain: LogPage[] = []
  let at = newest
  while (at !== undefined) {
    const page = byKey.get(pageKey(at))
    if (page === undefined) return undefined
    chain.push(page)
    invariant(
      page.before === undefined || page.before.first < page.first,
      'a chain of pages runs backwards',
      { first: page.first },
    )
    at = page.before
  }
  return chain.reverse()
}

/** All entries of a log in order, gapless from 1 (C24). */
export function joinLog(chain: readonly LogPage[], row: { seq: Seq; tail: readonly Entry[] }): LogEntry[] {
  const numbered = chain.flatMap((page) =>
    page.entries.map((entry, index) => ({ ...entry, seq: page.first + index })),
  )
  const log = [...numbered, ...numberTail(row)]
  const gap = log.findIndex((entry, index) => entry.seq !== index + 1)
  invariant(gap === -1 && log.length === row.seq, 'a log has no gaps', {
    seq: row.seq,
    length: log.length,
    gap,
  })
  return log
}

/** An entry as readers of a log see it: without the secret of a callback, with which any reader could answer it. */
export function readable<Any extends Entry>(entry: Any): Any {
  if (entry.type !== 'effect' || entry.effect !== 'callback' || !entry.outcome.ok) return entry
  return { ...entry, outcome: { ok: true, value: { value: null } } }
}

/** Cuts a message for storage without breaking a character. */
export function cutText(given: string, maxBytes: number): string {
  // What cannot be stored as it is: it should read the same on the first run as on the next.
  const text = given.toWellFormed()
  if (utf8Bytes(text) <= maxBytes) return text
  const bytes = Buffer.from(text, 'utf8').subarray(0, maxBytes - 3)
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replace(/�+$/u, '')}…`
}

function pageKey(pointer: PagePointer): string {
  return `${pointer.first}#${pointer.last}#${pointer.fence}`
}
