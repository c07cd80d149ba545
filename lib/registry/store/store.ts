import { type Json, utf8Bytes } from '../../model/json.ts'
import type { IndexName } from '../table.ts'
import { UnreadableItem } from '../../model/errors.ts'

/**
 * What the registry needs of a store: conditional writes, transactions, strongly consistent reads, and the
 * indexes. It is DynamoDB's own semantics in plain data, so that one registry runs on DynamoDB and in memory.
 */
export interface ItemStore {
  /**
   * One conditional write. A condition that does not hold is an answer, not an error, and brings the item as it
   * stands. An applied update answers with the item after it. Sent again after a lost reply it may be applied twice:
   * conditions must make that harmless.
   */
  write(write: Write): Promise<WriteReply>
  /** All or nothing, each item at most once. `refused` brings what stood where a condition failed. */
  transact(writes: readonly Write[]): Promise<TransactReply>
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>
  /** Eventually consistent: a hint, for the sweep. At most 100 keys. */
  getMany(keys: readonly Key[]): Promise<readonly Item[]>
  /** Items of one partition from `from` to `to` by sort key, all or the first `atMost`, strongly consistent. */
  range(range: Range): Promise<readonly Item[]>
  /** One page of the keys of a partition, in order, strongly consistent: however large the items are, only keys come. */
  keys(query: KeysQuery): Promise<KeysPage>
  /** One page of an index, eventually consistent. `after` is the `next` of the page before. */
  index(query: IndexQuery): Promise<{ items: readonly Item[]; next?: Item }>
}

/** A stored item's attributes by name; `pk` and `sk` are among them. */
export type Item = { readonly [attribute: string]: Json }
export type Key = { readonly pk: string; readonly sk: string }
export type Range = {
  readonly pk: string
  readonly from: string
  readonly to: string
  /** At least 1. */
  readonly atMost?: number
}

/**
 * A condition on the item as it stands before the write. A missing item has no attributes, and comparisons with a
 * missing attribute fail, but for `not` and `lacks`. `attr` may be a path into maps: `w.f`.
 */
export type Guard =
  | { readonly attr: string; readonly is: string | number }
  | { readonly attr: string; readonly not: string | number }
  | { readonly attr: string; readonly in: readonly string[] }
  | { readonly attr: string; readonly below: number }
  | { readonly attr: string; readonly atMost: number }
  | { readonly attr: string; readonly above: number }
  | { readonly attr: string; readonly absent: true }
  /** A list with this text in it, or without it; a list of fewer elements than this, or of at least as many. */
  | { readonly attr: string; readonly has: string }
  | { readonly attr: string; readonly lacks: string }
  | { readonly attr: string; readonly shorter: number }
  | { readonly attr: string; readonly reaches: number }
  | { readonly all: readonly Guard[] }
  | { readonly any: readonly Guard[] }

/** What an update does to an item. No attribute stands in two of the parts. */
export type ItemChange = {
  readonly set?: Item
  /** Set only where the attribute is absent. */
  readonly once?: Item
  /** Adds to a number; an absent one counts as 0. */
  readonly add?: { readonly [attribute: string]: number }
  /** Puts values at the end of a list; an absent one counts as empty. */
  readonly append?: { readonly [attribute: string]: readonly Json[] }
  readonly remove?: readonly string[]
}

/** A put replaces the whole item; an update creates a missing item. */
export type Write =
  | { readonly do: 'put'; readonly item: Item & Key; readonly when?: Guard }
  | { readonly do: 'update'; readonly key: Key; readonly change: ItemChange; readonly when?: Guard }
  | { readonly do: 'check'; readonly key: Key; readonly when: Guard }

export type WriteReply =
  | { readonly applied: true; readonly item: Item }
  | {
      readonly applied: false
      readonly found: Item | undefined
      /** An earlier try of this very write got no answer: what was found may be its own doing. */
      readonly unsure?: true
    }

export type TransactReply =
  | { readonly applied: true }
  /** One answer a write: what stood there if its condition failed, else undefined. */
  | {
      readonly applied: false
      readonly failed: readonly ({ readonly found: Item | undefined } | undefined)[]
    }

/** `after` is the sort key that the page before ended with. */
export type KeysQuery = { readonly pk: string; readonly after?: string; readonly limit: number }
/** `expires`: the item goes by itself at some time. `next` where there may be more. */
export type KeysPage = {
  readonly keys: readonly { readonly sk: string; readonly expires: boolean }[]
  readonly next?: string
}

export type IndexQuery = {
  readonly index: IndexName
  readonly partition: string
  readonly from?: number
  /** Inclusive. */
  readonly to?: number
  readonly order: 'up' | 'down'
  readonly limit: number
  readonly after?: Item
}

/** DynamoDB refuses larger items. */
export const ITEM_MAX_BYTES = 400 * 1024
/** A write is billed per this much of the item. */
export const WRITE_UNIT_BYTES = 1024

/**
 * An item's bytes by DynamoDB's published rules ("DynamoDB item sizes and formats", developer guide). Names and strings
 * count as UTF-8. A number has one byte for each two significant digits and one more; true, false and null have one. A list
 * or map has three bytes, and one more for each element.
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + utf8Bytes(name) + valueBytes(value), 0)
}

export function valueBytes(value: Json): number {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'string') return utf8Bytes(value)
  if (typeof value === 'number') return numberBytes(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + elementBytes(element), 3)
  return Object.entries(value).reduce(
    (sum, [name, element]) => sum + utf8Bytes(name) + elementBytes(element),
    3,
  )
}

/** What a value adds to the list it is put in. */
export function elementBytes(value: Json): number {
  return valueBytes(value) + 1
}

/** The pairs are counted from the decimal point, which the guide does not say: 12340 is 01 23 40, and takes three. */
function numberBytes(value: number): number {
  const [whole = '', fraction = ''] = String(Math.abs(value)).replace(/e.*$/, '').split('.')
  const pairs = `${'0'.repeat(whole.length % 2)}${whole}${fraction}${'0'.repeat(fraction.length % 2)}`
  const significant = pairs.replace(/^(00)+/, '').replace(/(00)+$/, '')
  return significant.length / 2 + 1 + (value < 0 ? 1 : 0)
}

// DynamoDB's conditions and changes as pure functions. The memory store runs on them. A transaction does too: DynamoDB does
// not return the items after it, so the store computes them.

/** Does the condition hold? A missing item has no attributes; a comparison with a missing one fails, but for `not` and `lacks`. */
export function holds(guard: Guard, item: Item | undefined): boolean {
  if ('all' in guard) return guard.all.every((each) => holds(each, item))
  if ('any' in guard) return guard.any.some((each) => holds(each, item))
  const value = valueAt(guard.attr, item)
  if ('absent' in guard) return value === undefined
  if ('is' in guard) return value === guard.is
  if ('not' in guard) return value !== guard.not
  if ('in' in guard) return typeof value === 'string' && guard.in.includes(value)
  if ('has' in guard) return Array.isArray(value) && value.includes(guard.has)
  if ('lacks' in guard) return !(Array.isArray(value) && value.includes(guard.lacks))
  if ('shorter' in guard) return Array.isArray(value) && value.length < guard.shorter
  if ('reaches' in guard) return Array.isArray(value) && value.length >= guard.reaches
  if (typeof value !== 'number') return false
  if ('below' in guard) return value < guard.below
  if ('atMost' in guard) return value <= guard.atMost
  return value > guard.above
}

function valueAt(path: string, item: Item | undefined): Json | undefined {
  return path.split('.').reduce<Json | undefined>(
    (at, name) => {
      if (at === undefined || at === null || typeof at !== 'object' || Array.isArray(at)) return undefined
      return at[name]
    },
    item as Json | undefined,
  )
}

/** The item after the change. Parts of `before` may be shared with the answer. Throws `UnreadableItem`. */
export function applyChange(before: Item, change: ItemChange): Item {
  const after: { [attr: string]: Json } = { ...before, ...change.set }
  // A null is an attribute like any other: it is there, and is neither a number nor a list.
  for (const [attr, value] of Object.entries(change.once ?? {})) {
    if (before[attr] === undefined) after[attr] = value
  }
  for (const [attr, by] of Object.entries(change.add ?? {})) after[attr] = asNumber(before, attr) + by
  for (const [attr, values] of Object.entries(change.append ?? {})) {
    after[attr] = [...asList(before, attr), ...values]
  }
  for (const attr of change.remove ?? []) delete after[attr]
  return after
}

function asNumber(item: Item, attr: string): number {
  const { [attr]: value = 0 } = item
  if (typeof value === 'number') return value
  throw ofAnotherType(item, `${attr}: only a number is added to`)
}

function asList(item: Item, attr: string): Json[] {
  const { [attr]: value = [] } = item
  if (Array.isArray(value)) return value
  throw ofAnotherType(item, `${attr}: only a list is appended to`)
}

/** What DynamoDB, too, refuses without looking further: the item is damaged, and stays as it is. */
export function ofAnotherType({ pk, sk }: Item, reason: string): UnreadableItem {
  return new UnreadableItem({
    key: [pk, sk].map((part) => (typeof part === 'string' ? part : '?')).join('/'),
    reason,
  })
}
