import type { EpochMs } from './clock.ts'
import { NoLongerRetained } from './errors.ts'
import { RELATED_ITEMS_KEPT_MS, RETENTION_MS, TOMBSTONE_MS } from './limits.ts'
import { isEnded, type ProcessRecord } from './record.ts'
import type { Limits } from './registration.ts'

// How long an ended process can be read. Its row stays for a while after that, unreadable, as the proof that its id was
// used: so there is no moment at which a repeated start would find the id free too soon.

type EndedProcess = { readonly endedAt: EpochMs; readonly limits?: Limits }

function keptMsOf({ limits }: { readonly limits?: Limits }): number {
  return limits?.retentionMs ?? RETENTION_MS
}

function keptUntil(ended: EndedProcess): EpochMs {
  return ended.endedAt + keptMsOf(ended)
}

/** Until when the items beside the row of an ended process are kept. The notifications after the end read them for some seconds. */
export function relatedItemsKeptUntil(ended: EndedProcess): EpochMs {
  return Math.max(keptUntil(ended), ended.endedAt + RELATED_ITEMS_KEPT_MS)
}

/** Until when the row of an ended process stays: after its retention it is the proof that its id was used. */
export function rowKeptUntil(ended: EndedProcess): EpochMs {
  return keptUntil(ended) + TOMBSTONE_MS
}

/** Until when the output of an ended process stays. Its parent may read it late, for as long as its row is there. */
export function outputKeptUntil(ended: EndedProcess & { readonly parent?: unknown }): EpochMs {
  return ended.parent === undefined ? relatedItemsKeptUntil(ended) : rowKeptUntil(ended)
}

/** Throws `NoLongerRetained` where the process was kept for as long as it was to be (C55). One with pending notifications is kept. */
export function expectKept(record: ProcessRecord, now: EpochMs): void {
  if (!isEnded(record) || record.pendingNotifications === true) return
  const until = keptUntil(record)
  if (now >= until) throw new NoLongerRetained({ id: record.id, keptUntil: until })
}
