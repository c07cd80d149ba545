import { dueShard } from '../../model/due.ts'
import { UnreadableItem } from '../../model/errors.ts'
import { isProcessId, type ProcessId, type Seq } from '../../model/ids.ts'
import { invariant } from '../../model/invariant.ts'
import { SWEEP_PARTITION } from '../table.ts'
import { ATTENTION_SHARDS } from '../../model/limits-lists.ts'
import type { PagePointer } from '../../model/log.ts'
import type { Item, Key } from '../store/store.ts'

// All items of a process share one partition. Sort keys are chosen so that one range query, LEASE to PROCESS, reads
// what a take-over needs, in this order: the lease, the pages of the log, the process item. Payloads sort before it.

export const PROCESS = 'PROCESS'
export const LEASE = 'LEASE'

export function processKey(id: ProcessId): Key {
  return { pk: partitionOf(id), sk: PROCESS }
}

export function leaseKey(id: ProcessId): Key {
  return { pk: partitionOf(id), sk: LEASE }
}

export function blobKey(id: ProcessId, ref: string): Key {
  return { pk: partitionOf(id), sk: `BLOB#${ref}` }
}

/** What makes an append count once: by the hash of the key, since callers choose keys of any text. */
export function onceKey(id: ProcessId, keyHash: string): Key {
  return { pk: partitionOf(id), sk: `KEY#${keyHash}` }
}

export function callbackKey(id: ProcessId, position: number): Key {
  return { pk: partitionOf(id), sk: `CB#${position}` }
}

/** The one item of a concurrency key. It belongs to no process. */
export function slotsKey(key: string): Key {
  return { pk: `C#${key}`, sk: 'SLOTS' }
}

/** The one item that tells of the sweep. The sweep's function may put it, and no other item. */
export const SWEEP_KEY: Key = { pk: SWEEP_PARTITION, sk: 'PASS' }

/** The last number comes first, so that a range from `pagesFrom` skips the pages that a reader already has. */
export function pageKey(id: ProcessId, page: PagePointer): Key {
  return { pk: partitionOf(id), sk: `LOG#${padded(page.last)}#${padded(page.first)}#${page.fence}` }
}

/** The lowest sort key of a page that holds an entry above `after`. */
export function pagesFrom(after: Seq): string {
  return `LOG#${padded(after + 1)}`
}

/** The lowest sort key after that of a page: a range continues from it. */
export function justAfter(page: Item | undefined): string {
  const sk = page?.['sk']
  invariant(typeof sk === 'string', 'a range that stopped has come to a page')
  return `${sk} `
}

export function isPage(item: Item): boolean {
  return typeof item['sk'] === 'string' && item['sk'].startsWith('LOG#')
}

export function parsePageKey(sk: string): PagePointer | undefined {
  const match = /^LOG#(\d+)#(\d+)#(\d+)$/.exec(sk)
  if (match === null) return undefined
  return { first: Number(match[2]), last: Number(match[1]), fence: Number(match[3]) }
}

export function partitionOf(id: ProcessId): string {
  return `P#${id}`
}

/** The id of the process that an item belongs to. Throws `UnreadableItem`. */
export function idOf(item: Item): ProcessId {
  const pk = item['pk']
  const id = typeof pk === 'string' && pk.startsWith('P#') ? pk.slice(2) : undefined
  if (!isProcessId(id))
    throw new UnreadableItem({ key: nameOf(item), reason: 'its partition key names no process' })
  return id
}

/** An item's key as errors name it. */
export function nameOf(item: Item): string {
  const { pk, sk } = item
  return `${typeof pk === 'string' ? pk : '?'}/${typeof sk === 'string' ? sk : '?'}`
}

export function duePartition(shard: number): string {
  return `due#${shard}`
}

export function kindPartition(kind: string, shard: number): string {
  return `k#${kind}#${shard}`
}

export function scopePartition(scope: string, shard: number): string {
  return `s#${scope}#${shard}`
}

export function attentionPartition(shard: number): string {
  return `a#${shard}`
}

/** How many shards each index has. Part of the stored keys, so a change needs a migration. */
export type Shards = { readonly due: number; readonly list: number }

export function dueKey(id: ProcessId, shards: Shards): string {
  return duePartition(dueShard(id, shards.due))
}

export function kindKey({ id, kind }: { id: ProcessId; kind: string }, shards: Shards): string {
  return kindPartition(kind, dueShard(id, shards.list))
}

export function scopeKey(id: ProcessId, scope: string, shards: Shards): string {
  return scopePartition(scope, dueShard(id, shards.list))
}

export function attentionKey(id: ProcessId): string {
  return attentionPartition(dueShard(id, ATTENTION_SHARDS))
}

/** Twelve digits: a log of a thousand entries a second for thirty years still sorts. */
function padded(seq: Seq): string {
  return String(seq).padStart(12, '0')
}
