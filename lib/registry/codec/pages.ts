import { invariant } from '../../model/invariant.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { Json } from '../../model/json.ts'
import type { LogPage, PagePointer } from '../../model/log.ts'
import type { PagePlan } from '../../model/writes.ts'
import { ENTRY } from './entries.ts'
import { nameOf, pageKey, parsePageKey } from './keys.ts'
import { listOf, mapOf, shown, text, unreadable, type ItemShape } from './shape.ts'
import type { Item, Key } from '../store/store.ts'

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
