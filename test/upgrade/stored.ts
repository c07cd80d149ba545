import type { Json } from '../../lib/model/json.ts'
import type { Lease } from '../../lib/model/lease.ts'
import { isProcessId, type ProcessId } from '../../lib/model/ids.ts'
import { readCallback, readOnce, putCallback, takeKey } from '../../lib/registry/codec/once.ts'
import { closeLease, noticeOwner, readLeaseItem, renewal } from '../../lib/registry/codec/lease-item.ts'
import { encodeRow, readRecord, ROW } from '../../lib/registry/codec/rows.ts'
import { pageItem, readPage } from '../../lib/registry/codec/entries.ts'
import { readFields } from '../../lib/registry/codec/shape.ts'
import { readSlots, slotsItem } from '../../lib/registry/codec/slots.ts'
import { putSweepNote, readSweepNote } from '../../lib/registry/operations/sweep-notes.ts'
import { DUE_SHARDS, LIST_SHARDS } from '../../lib/model/limits.ts'
import type { Item, ItemStore, Key, Write } from '../../lib/registry/store/store.ts'

type Stored = Item & Key

/** Each kind of item, by the first word of its sort key, as today's code reads it and would write it again. */
const AGAIN = {
  PROCESS: (item) => {
    readRecord(item)
    const row = { id: idIn(item), ...readFields(ROW, item, { key: item.pk, path: '' }) }
    const { lw: _, ...written } = encodeRow(row, { due: DUE_SHARDS, list: LIST_SHARDS })
    // The expiry and the summary were set when the status was: the row may have changed since. A tail that was rolled
    // out counts 0 bytes.
    const { x, lw, y } = item
    return { ...written, ...given({ x, lw }), ...(y === 0 ? { y } : {}) }
  },
  LEASE: (item) => {
    const { o: ownerId = '', i: attemptId = '', x } = item
    const { fence = 0, token, expiresAt = 0, renewedAt, notice, step } = readLeaseItem(item)
    const id = idIn(item)
    const lease = { id, fence, token, ownerId, attemptId, claimedAt: 0, expiresAt } as Lease
    // A lease without a token is closed: no owner has its fence.
    const { rn, ...set } = setBy(
      token === undefined
        ? closeLease(id, { read: 0, next: fence }, expiresAt)
        : renewal(lease, expiresAt, renewedAt ?? 0, step),
    )
    return {
      ...set,
      ...(renewedAt === undefined ? {} : given({ rn })),
      ...(notice === undefined ? {} : setBy(noticeOwner(id, notice, 0))),
      ...given({ x }),
    }
  },
  LOG: (item) => pageItem(idIn(item), readPage(item)),
  BLOB: ({ pk, sk, v, j, e, x }) => ({ pk, sk, ...given({ v, j, e, x }) }),
  KEY: (item) => setBy(takeKey(idIn(item), '', readOnce(item).content)),
  CB: (item) => setBy(putCallback(idIn(item), 0, readCallback(item))),
  SLOTS: (item) => slotsItem(item.pk.slice(2), readSlots(item)),
  PASS: (item) => setBy(putSweepNote(readSweepNote(item))),
} satisfies Record<string, (item: Stored) => Item>

export const ITEM_KINDS = Object.keys(AGAIN) as readonly (keyof typeof AGAIN)[]

export function kindOf({ sk }: Key): keyof typeof AGAIN {
  const kind = ITEM_KINDS.find((each) => each === sk.replace(/#.*$/su, ''))
  if (kind === undefined) throw new Error(`no kind of item has the sort key ${sk}`)
  return kind
}

/** The item as today's code writes what it has read of it: what it no longer reads is missing. Throws `UnreadableItem`. */
export function writtenAgain(item: Stored): Item {
  // The key of a signal is known by its hash only, and the place of a callback by its sort key.
  return { ...AGAIN[kindOf(item)](item), pk: item.pk, sk: item.sk }
}

export async function load(store: ItemStore, items: readonly Stored[]): Promise<void> {
  for (const item of items) await store.write({ do: 'put', item })
}

/** The ids of the processes among the items. */
export function idsOf(items: readonly Stored[]): readonly ProcessId[] {
  return items.filter(({ sk }) => sk === 'PROCESS').map(idIn)
}

function idIn({ pk }: Key): ProcessId {
  const id = pk.replace(/^P#/u, '')
  if (!isProcessId(id)) throw new Error(`${pk} names no process`)
  return id
}

function given(attributes: { readonly [attr: string]: Json | undefined }): Item {
  const there = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(there) as Item
}

function setBy(write: Write): Item {
  if (write.do === 'put') return write.item
  return write.do === 'update' ? { ...write.change.set } : {}
}
