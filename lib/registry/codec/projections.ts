import { UnreadableItem } from '../../model/errors.ts'
import type { ProcessRow } from '../../model/record.ts'
import { ENTRY } from './entries.ts'
import { idOf, nameOf } from './keys.ts'
import { ROW } from './rows.ts'
import { listOf, readFields, type Fields, type ItemPath, instant, needed } from './shape.ts'
import type { Item } from '../store/store.ts'
import type { DueRow } from '../../model/due.ts'
import type { EpochMs } from '../../model/clock.ts'
import type { AttentionRow, ListedProcess } from '../port-lists.ts'
import { ATTENTION_AT, LISTED_SUMMARY, type ListedSummary } from './listed.ts'

// What the indexes hold of a row: some of its attributes, by the names that they have in it.

const DUE_FIELDS: Fields<Pick<DueRow, 'kind' | 'status' | 'fence' | 'dueAt'>> = {
  kind: ROW.kind,
  status: ROW.status,
  fence: ROW.fence,
  dueAt: needed(ROW.dueAt.attr, instant),
}
type InList = Pick<ProcessRow, 'kind' | 'status' | 'createdAt' | 'scope' | 'endedAt'>
const LIST_FIELDS: Fields<InList & { shown?: ListedSummary }> = {
  kind: ROW.kind,
  status: ROW.status,
  createdAt: ROW.createdAt,
  scope: ROW.scope,
  endedAt: ROW.endedAt,
  shown: LISTED_SUMMARY,
}
const ATTENTION_FIELDS: Fields<{ at: EpochMs } & Pick<ProcessRow, 'retriedBy'>> = {
  at: ATTENTION_AT,
  retriedBy: ROW.retriedBy,
}

/** What the due index says of a row; undefined where it is damaged or of a newer version, which never stops a sweep. */
export function readDueRow(item: Item): DueRow | undefined {
  return readOrSkip(item, (at) => ({
    id: idOf(item),
    ...readFields(DUE_FIELDS, item, at),
    wakeupScheduled: item[ROW.wakeupScheduled.attr] === true,
    ...(item[ROW.urgent.attr] === true ? { urgent: true } : {}),
  }))
}

/** What the list index says of a process; undefined where it cannot be read. */
export function readListed(item: Item): ListedProcess | undefined {
  return readOrSkip(item, (at) => listedFrom(item, at))
}

/** What the attention index says of a process; undefined where it cannot be read. */
export function readAttention(item: Item): AttentionRow | undefined {
  return readOrSkip(item, (at) => ({
    ...listedFrom(item, at),
    ...readFields(ATTENTION_FIELDS, item, at),
  }))
}

function listedFrom(item: Item, at: ItemPath): ListedProcess {
  const { shown, ...row } = readFields(LIST_FIELDS, item, at)
  return { id: idOf(item), ...row, ...(shown === undefined ? {} : readSummary(shown)) }
}

function readSummary({
  for: waitsFor,
  name,
  ...rest
}: ListedSummary): Omit<ListedProcess, keyof InList | 'id'> {
  if (waitsFor === undefined) return rest
  const named = waitsFor === 'effects' ? name : `${waitsFor} ${name}`
  return { waitsFor: name === undefined || named === undefined ? waitsFor : named, ...rest }
}

/** For what must not stop at one item that is damaged or of a newer version. */
export function readOrSkip<T>(item: Item, read: (at: ItemPath) => T): T | undefined {
  try {
    return read({ key: nameOf(item), path: '' })
  } catch (error) {
    if (error instanceof UnreadableItem) return undefined
    throw error
  }
}

/** What a reader of the table's stream needs of a process item: some of its fields, most of which may be missing. */
export type ProcessImage = Pick<ProcessRow, 'id' | NeededField> & Partial<Pick<ProcessRow, OptionalField>>

type NeededField = 'kind' | 'status' | 'fence' | 'commit' | 'seq' | 'createdAt'
type OptionalField = (typeof OPTIONAL_FIELDS)[number]

const NEEDED: Fields<Pick<ProcessRow, NeededField>> = {
  kind: ROW.kind,
  status: ROW.status,
  fence: ROW.fence,
  commit: ROW.commit,
  seq: ROW.seq,
  createdAt: ROW.createdAt,
}
const OPTIONAL_FIELDS = [
  'scope',
  'provenance',
  'limits',
  'parent',
  'input',
  'tail',
  'page',
  'grant',
  'wait',
  'dueAt',
  'output',
  'startedAt',
  'endedAt',
] as const satisfies readonly (keyof ProcessRow)[]

/**
 * Reads an item of the stream, whatever the version of its shape. A newer version of the library may write while an older
 * one still reads the stream. The newer one keeps the meaning of the fields that it keeps. A field that cannot be read is
 * left out, but for those without which nothing can be said. Throws `UnreadableItem`.
 */
export function readImage(item: Item): ProcessImage {
  const at = { key: nameOf(item), path: '' }
  const image = { id: idOf(item), ...readFields(NEEDED, item, at) }
  return Object.assign(image, ...OPTIONAL_FIELDS.map((field) => readField(field, item, at)))
}

function readField(field: OptionalField, item: Item, at: ItemPath): object {
  const { attr, shape } = field === 'tail' ? TAIL : ROW[field]
  const raw = item[attr]
  if (raw === undefined) return {}
  try {
    return { [field]: shape.read(raw, at) }
  } catch (error) {
    if (error instanceof UnreadableItem) return {}
    throw error
  }
}

const TAIL = { attr: ROW.tail.attr, shape: listOf(ENTRY) }
