import type { Item } from '../../../lib/registry/store/store.ts'

// The checker's own reading of what is stored. It is written from the layout of the table, and uses nothing of the code
// that it judges: a mistake in that code's reading would else be made twice, and stay unseen.

/** A process item, as far as a checker looks at it. */
export type StoredProcess = {
  readonly kind: string
  readonly status: string
  /** What becomes of it where its owner dies. */
  readonly recovery: string
  readonly fence: number
  readonly commit: number
  /** Entries in the log: the last one's number. */
  readonly seq: number
  readonly tail: readonly string[]
  /** The newest page that the item points at: `first#last#fence`. */
  readonly page: string | undefined
  readonly owner: string | undefined
  readonly claimedAt: number | undefined
  readonly grantedUntil: number | undefined
  readonly dueAt: number | undefined
  /** The writer of the due time sends a wake-up for it. */
  readonly wakeupScheduled: boolean
  readonly inDueIndex: boolean
  readonly inListIndex: boolean
  readonly waitsFor: string | undefined
  /** The first effects that it waits for: `sleep nap`. */
  readonly waitsOn: readonly string[]
  readonly cancelAsked: boolean
  readonly abandonAsked: boolean
  readonly createdAt: number | undefined
  readonly endedAt: number | undefined
  /** Not to be started before this. */
  readonly startAt: number | undefined
  /** Claims since the last progress. */
  readonly stalls: number
  readonly scope: string | undefined
  readonly urgent: boolean
  /** The partition of the list index that it is in, and that of the index of scopes. */
  readonly listedIn: string | undefined
  readonly scopedIn: string | undefined
  /** Its place in the attention index. */
  readonly attentionIn: string | undefined
  readonly attentionAt: number | undefined
  /** The concurrency key that it runs under. */
  readonly key: string | undefined
  readonly parent: { readonly id: string; readonly onEnd: string } | undefined
  readonly pendingNotifications: boolean
  /** As it is stored. */
  readonly output: string
  readonly outputValue: unknown
  /** Absent: as long as is usual. */
  readonly retentionMs: number | undefined
  /** Of the error that it failed with. */
  readonly code: string | undefined
  readonly timeoutMs: number | undefined
  /** The sort key of its input, where that stands in an item of its own. */
  readonly inputKey: string | undefined
}

export function readProcess(item: Item): StoredProcess {
  const [grant, wait, parent, output] = [map(item['gr']), map(item['w']), map(item['pa']), item['o']]
  const inputRef = text(map(item['i'])?.['r'])
  return {
    inputKey: inputRef === undefined ? undefined : `BLOB#${inputRef}`,
    kind: text(item['k']) ?? '',
    status: text(item['s']) ?? '',
    recovery: text(item['r']) ?? '',
    fence: number(item['f']) ?? -1,
    commit: number(item['c']) ?? -1,
    seq: number(item['q']) ?? -1,
    tail: Array.isArray(item['t']) ? item['t'].map(String) : [],
    page: text(item['p']),
    owner: text(grant?.['o']),
    claimedAt: number(grant?.['c']),
    grantedUntil: number(grant?.['u']),
    dueAt: number(item['da']),
    wakeupScheduled: item['b'] === true,
    inDueIndex: item['d'] !== undefined,
    inListIndex: item['g'] !== undefined && item['ca'] !== undefined,
    waitsFor: text(wait?.['f']),
    waitsOn: Array.isArray(wait?.['o']) ? wait['o'].map((title) => String(title).replaceAll('"', '')) : [],
    cancelAsked: item['cr'] !== undefined,
    abandonAsked: item['ar'] !== undefined,
    createdAt: number(item['ca']),
    endedAt: number(item['ea']),
    stalls: number(item['n']) ?? 0,
    startAt: number(item['st']),
    scope: text(item['sc']),
    urgent: item['u'] === true,
    listedIn: text(item['g']),
    scopedIn: text(item['gs']),
    attentionIn: text(item['an']),
    attentionAt: number(item['aa']),
    key: text(map(item['cc'])?.['k']),
    parent: parent === undefined ? undefined : { id: String(parent['i']), onEnd: String(parent['e']) },
    pendingNotifications: item['ow'] === true,
    output: JSON.stringify(output ?? null),
    outputValue: map(output)?.['v'],
    retentionMs: number(map(item['l'])?.['t']),
    code: text(map(map(output)?.['e'])?.['d']),
    timeoutMs: number(map(item['l'])?.['d']),
  }
}

const ENDS = new Set(['completed', 'failed', 'cancelled', 'abandoned'])

export function hasEnded(row: { readonly status: string } | undefined): boolean {
  return row !== undefined && ENDS.has(row.status)
}

/** A log entry: `["e", at, position, effect, name, form, …]` and so on, by its tag. */
export type StoredEntry = readonly unknown[]

export function readEntry(raw: string): StoredEntry {
  const entry: unknown = JSON.parse(raw)
  return Array.isArray(entry) ? entry : []
}

export const TAG = {
  effect: 'e',
  begun: 'b',
  failed: 'f',
  signal: 'g',
  answer: 'r',
  childEnded: 'k',
  cancel: 'c',
  abandon: 'a',
  end: 'z',
  resume: 'u',
} as const
export const STEP = 's'
export const SIGNAL = 'g'
export const SLEEP = 'w'
/** A callback that was opened, and a wait for its answer. */
export const CALLBACK = 'b'
export const REPLY = 'y'

/** Effects by the letter that stands for them. */
export const EFFECT_NAMES: Readonly<Record<string, string>> = {
  s: 'step',
  w: 'sleep',
  g: 'signal',
  b: 'callback',
  y: 'reply',
  c: 'start',
  r: 'child',
  e: 'emit',
  n: 'now',
  x: 'random',
  u: 'uuid',
  p: 'patched',
}

/** A lease item. */
export type StoredLease = {
  readonly fence: number | undefined
  readonly token: string | undefined
  readonly expiresAt: number | undefined
  readonly renewedAt: number | undefined
}

export function readLease(item: Item | undefined): StoredLease {
  return {
    fence: number(item?.['f']),
    token: text(item?.['t']),
    expiresAt: number(item?.['e']),
    renewedAt: number(item?.['rn']),
  }
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function map(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
