import { isProcessId, type ProcessId } from '../../model/ids.ts'
import type { Grant } from '../../model/lease.ts'
import type { Entry } from '../../model/log.ts'
import {
  STATUSES,
  type Evidence,
  type ProcessRecord,
  type ProcessRow,
  type StandingRequest,
  type Status,
  type StoredOutput,
} from '../../model/record.ts'
import {
  RECOVERIES,
  type Concurrency,
  type Limits,
  type Parent,
  type Provenance,
} from '../../model/registration.ts'
import { ENTRY, POINTER } from './entries.ts'
import { PAYLOAD, REFERENCE, ERROR_FACTS, WAIT, WAIT_ATTR } from './values.ts'
import { dueKey, idOf, nameOf, processKey, type Shards } from './keys.ts'
import { listedItem } from './listed.ts'
import {
  flag,
  instant,
  listOf,
  needed,
  oneOf,
  optional,
  readFields,
  shown,
  struct,
  text,
  unreadable,
  variants,
  whole,
  writeFields,
  type Fields,
  type ItemShape,
  type ItemPath,
} from './shape.ts'
import { elementBytes, type Item, type Key } from '../store/store.ts'
import { TABLE } from '../table.ts'

/** The shape of a process item. Every write expects it, so this code never changes an item of a newer shape. */
export const SHAPE_VERSION = 1

export const processId: ItemShape<ProcessId> = {
  write: (id) => id,
  read(raw, at) {
    if (isProcessId(raw)) return raw
    throw unreadable(at, 'expected a process id')
  },
}

const GRANT = struct<Grant>({
  ownerId: needed('o', text),
  attemptId: needed('i', text),
  token: needed('t', text),
  claimedAt: needed('c', instant),
  until: needed('u', instant),
  hardAt: optional('h', instant),
})

const PROVENANCE = struct<Provenance>({ source: optional('s', text), retryOf: optional('r', text) })
const LIMITS = struct<Limits>({
  timeoutMs: optional('d', whole),
  maxStalls: optional('m', whole),
  retentionMs: optional('t', whole),
})
const PARENT = struct<Parent>({
  id: needed('i', processId),
  onEnd: needed('e', oneOf(['cancel', 'abandon', 'leave'])),
})
const CONCURRENCY = struct<Concurrency>({ key: needed('k', text), limit: needed('n', whole) })
const STANDING = struct<StandingRequest>({
  at: needed('a', instant),
  reason: optional('r', text),
  by: optional('b', text),
})

const EVIDENCE = struct<Evidence>({
  lastOwner: needed('o', text),
  lastFence: needed('f', whole),
  lastSeenAt: optional('s', instant),
  leaseExpiredAt: optional('e', instant),
  hardAt: optional('h', instant),
  writtenBy: needed('w', text),
  because: needed(
    'b',
    oneOf(['hard-deadline-passed', 'operator-request', 'attempts-exhausted', 'timed-out', 'interrupted']),
  ),
  claims: needed('c', whole),
  step: optional(
    'st',
    struct({ name: needed('n', text), attempt: needed('k', whole), since: needed('at', instant) }),
  ),
})

const OUTPUT = variants<StoredOutput, 'outcome'>('outcome', 'o', {
  success: { value: needed('v', PAYLOAD) },
  failure: { error: needed('e', ERROR_FACTS), evidence: optional('x', EVIDENCE) },
  cancelled: { reason: optional('r', text) },
  abandoned: { evidence: needed('x', EVIDENCE) },
})

type StoredFields = Omit<ProcessRow, 'id'>

/** The one place that names the attributes of a process item. */
export const ROW: Fields<StoredFields> = {
  kind: needed('k', text),
  recovery: needed('r', oneOf(RECOVERIES)),
  scope: optional('sc', text),
  provenance: optional('pr', PROVENANCE),
  limits: optional('l', LIMITS),
  parent: optional('pa', PARENT),
  startAt: optional('st', instant),
  concurrency: optional('cc', CONCURRENCY),
  urgent: optional('u', flag),
  version: optional('dv', text),
  events: optional('ev', listOf(text)),
  hash: needed('h', text),
  input: needed('i', PAYLOAD),
  status: needed('s', oneOf(STATUSES)),
  fence: needed('f', whole),
  commit: needed('c', whole),
  grant: optional('gr', GRANT),
  seq: needed('q', whole),
  tail: needed('t', listOf(ENTRY)),
  page: optional('p', POINTER),
  stalls: needed('n', whole),
  suspect: optional('su', flag),
  wait: optional(WAIT_ATTR, WAIT),
  dueAt: optional('da', instant),
  wakeupScheduled: optional('b', flag),
  cancel: optional('cr', STANDING),
  abandon: optional('ar', STANDING),
  children: optional('cn', whole),
  pendingNotifications: optional('ow', flag),
  completionHash: optional('ch', text),
  output: optional('o', OUTPUT),
  retriedBy: optional('rb', processId),
  createdAt: needed('ca', instant),
  startedAt: optional('sa', instant),
  endedAt: optional('ea', instant),
}

/** The path of the reference to a big input. */
export const INPUT_REFERENCE = `${ROW.input.attr}.${REFERENCE}`

/** Attributes that stand for no field: what follows from fields (index partitions, the tail's bytes), the shape's version, the TTL. */
export const DUE_PARTITION = 'd'
export const TAIL_BYTES = 'y'
export const VERSION = 'v'
export const TTL = TABLE.ttlAttribute
/** When the item of an input was put: epoch ms. */
export const INPUT_PUT_AT = 'pa'

/** The whole process item, as it is put when a process is registered. */
export function encodeRow(row: ProcessRow, shards: Shards): Item & Key {
  return {
    ...processKey(row.id),
    ...writeFields(ROW, row),
    [VERSION]: SHAPE_VERSION,
    ...listedItem(row, shards),
    ...(row.dueAt === undefined ? {} : { [DUE_PARTITION]: dueKey(row.id, shards) }),
    ...(row.tail.length === 0 ? {} : { [TAIL_BYTES]: tailBytesOf(row.tail) }),
  }
}

/** What these entries take in the tail. */
export function tailBytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + elementBytes(ENTRY.write(entry)), 0)
}

/** The bytes of an item's tail, as the appending writers counted them. */
export function tailBytesIn(item: Item): number {
  const { [TAIL_BYTES]: bytes = 0 } = item
  return typeof bytes === 'number' ? bytes : 0
}

/** Throws `UnreadableItem` where the item is damaged, or written by a newer version. */
export function readRecord(item: Item): ProcessRecord {
  const at = { key: nameOf(item), path: '' }
  const version = item[VERSION]
  if (version !== SHAPE_VERSION) {
    throw unreadable(at, `its version is ${shown(version)}, this code reads ${SHAPE_VERSION}`)
  }
  const row = { id: idOf(item), ...readFields(ROW, item, at) }
  // What is not in the tail is in the pages before it.
  const paged = row.page?.last ?? 0
  if (row.seq !== paged + row.tail.length)
    throw unreadable(at, `of ${row.seq} entries, ${paged} are in pages and ${row.tail.length} in its tail`)
  return asRecord(row, at)
}

/** Checks that a row has what its status demands, and leaves out what its status does not know. */
function asRecord(row: ProcessRow, at: ItemPath): ProcessRecord {
  const { status, grant, wait, dueAt, output, startedAt, endedAt, ...base } = row
  const started = startedAt === undefined ? {} : { startedAt }
  switch (status) {
    case 'pending':
      return { ...base, status, dueAt: there(dueAt, 'dueAt', status, at) }
    case 'running':
      return {
        ...base,
        status,
        grant: there(grant, 'grant', status, at),
        dueAt: there(dueAt, 'dueAt', status, at),
        startedAt: there(startedAt, 'startedAt', status, at),
        ...(wait === undefined ? {} : { wait }),
      }
    case 'waiting': {
      const due = dueAt === undefined ? {} : { dueAt }
      return { ...base, status, wait: there(wait, 'wait', status, at), ...due, ...started }
    }
    case 'stuck':
      return { ...base, status, wait: there(wait, 'wait', status, at), ...started }
    case 'completed':
    case 'failed':
    case 'cancelled':
    case 'abandoned':
      return {
        ...base,
        status,
        output: there(output, 'output', status, at),
        endedAt: there(endedAt, 'endedAt', status, at),
        ...started,
      }
  }
}

function there<T>(value: T | undefined, field: keyof StoredFields, status: Status, at: ItemPath): T {
  if (value === undefined)
    throw unreadable({ ...at, path: ROW[field].attr }, `a ${status} process has a ${field}`)
  return value
}
