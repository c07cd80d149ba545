import type { Json } from '../../model/json.ts'
import type { IndexName } from '../table.ts'

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
