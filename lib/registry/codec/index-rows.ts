import type { DueRow } from '../../model/due.ts'
import { UnreadableItem } from '../../model/errors.ts'
import { ROW } from './rows.ts'
import { idOf, nameOf } from './keys.ts'
import type { ListedProcess } from '../port.ts'
import { instant, needed, readFields, type Fields, type Where } from './shape.ts'
import type { Item } from '../store/store.ts'

// What the indexes hold of a row: some of its attributes, by the names that they have in it.

const DUE_FIELDS: Fields<Pick<DueRow, 'kind' | 'status' | 'fence' | 'dueAt'>> = {
  kind: ROW.kind,
  status: ROW.status,
  fence: ROW.fence,
  dueAt: needed(ROW.dueAt.attr, instant),
}
const LIST_FIELDS: Fields<Omit<ListedProcess, 'id'>> = {
  kind: ROW.kind,
  status: ROW.status,
  createdAt: ROW.createdAt,
}

/** What the due index says of a row; undefined where it is damaged or of a newer version, which never stops a sweep. */
export function readDueRow(item: Item): DueRow | undefined {
  return readOrSkip(item, (at) => ({
    id: idOf(item),
    ...readFields(DUE_FIELDS, item, at),
    belled: item[ROW.belled.attr] === true,
    ...(item[ROW.urgent.attr] === true ? { urgent: true } : {}),
  }))
}

/** What the list index says of a process; undefined where it cannot be read. */
export function readListed(item: Item): ListedProcess | undefined {
  return readOrSkip(item, (at) => ({
    id: idOf(item),
    ...readFields(LIST_FIELDS, item, at),
  }))
}

/** For what must not stop at one item that is damaged or of a newer version. */
export function readOrSkip<T>(item: Item, read: (at: Where) => T): T | undefined {
  try {
    return read({ key: nameOf(item), path: '' })
  } catch (error) {
    if (error instanceof UnreadableItem) return undefined
    throw error
  }
}
