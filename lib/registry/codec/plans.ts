import { takenAs } from '../../model/arrivals.ts'
import { invariant } from '../../model/invariant.ts'
import type { ProcessId } from '../../model/ids.ts'
import type { ArrivalEntry } from '../../model/log.ts'
import type { ProcessRow } from '../../model/record.ts'
import type { Limits } from '../../model/registration.ts'
import type { Expect, Plan, RowChange } from '../../model/writes.ts'
import { DUE_PARTITION, ROW, SHAPE_VERSION, TAIL_BYTES, tailBytesOf, TTL, VERSION } from './rows.ts'
import { ENTRY } from './entries.ts'
import { dueKey, processKey, type Shards } from './keys.ts'
import { ATTENTION_AT, listedAttributes, needsAttention } from './listed.ts'
import { writeFields } from './shape.ts'
import { WAIT_ANY_OF, WAIT_FOR, WAIT_ON } from './values.ts'
import type { ItemChange, Guard, Write, Key } from '../store/store.ts'
import { TABLE } from '../table.ts'
import type { EpochMs } from '../../model/clock.ts'
import { TOMBSTONE_MS } from '../../model/limits.ts'
import { rowKeptUntil } from '../../model/retention.ts'

/** NOT THERE: a put that replaces nothing. */
export const NOT_THERE: Guard = { attr: TABLE.partitionKey.name, absent: true }

export type UpdateWrite = Extract<Write, { do: 'update' }>

/** What the process item needs to know beyond the plan: whose it is, and how long it is kept once it has ended. */
export type Subject = { readonly id: ProcessId; readonly limits?: Limits }

/** A plan in the store's terms. The attributes that follow from fields (index partition, TTL) follow here. */
export function toWrite(subject: Subject, plan: Plan, shards: Shards): UpdateWrite {
  return {
    do: 'update',
    key: processKey(subject.id),
    change: toChange(subject, plan.change, shards),
    when: { all: [...toGuards(plan.expect), ...countable(plan)] },
  }
}

/** Holds while the process is as expected, for a transaction that writes elsewhere. */
export function toCheck(id: ProcessId, expect: Expect): Write {
  return { do: 'check', key: processKey(id), when: { all: toGuards(expect) } }
}

/** The item has to be there in the shape this code knows: an update may neither make a row nor touch a newer one. */
function toGuards(expect: Expect): Guard[] {
  const guards: Guard[] = [{ attr: VERSION, is: SHAPE_VERSION }]
  const { fence, commit, seq, statusIn, recoveryIsNot, dueBy, notDueBy, waitFor, awaits, tailBytesAtMost } =
    expect
  if (fence !== undefined) guards.push({ attr: ROW.fence.attr, is: fence })
  if (commit !== undefined) guards.push({ attr: ROW.commit.attr, is: commit })
  if (seq !== undefined) guards.push({ attr: ROW.seq.attr, is: seq })
  if (statusIn !== undefined) guards.push({ attr: ROW.status.attr, in: statusIn })
  if (recoveryIsNot !== undefined) guards.push({ attr: ROW.recovery.attr, not: recoveryIsNot })
  if (dueBy !== undefined) guards.push({ attr: ROW.dueAt.attr, atMost: dueBy })
  if (notDueBy !== undefined) guards.push(absentOr({ attr: ROW.dueAt.attr, above: notDueBy }))
  if (waitFor !== undefined) guards.push({ attr: WAIT_FOR, is: waitFor })
  if (awaits !== undefined) guards.push(takes(awaits))
  if (tailBytesAtMost !== undefined) guards.push(absentOr({ attr: TAIL_BYTES, atMost: tailBytesAtMost }))
  for (const field of expect.absent ?? []) guards.push({ attr: attrOf(field), absent: true })
  return guards
}

/**
 * DynamoDB adds to a missing counter as if it were 0, so a process with a damaged fence would get a lower fence. This guard
 * refuses the write, and the item in the refusal shows the damage.
 */
function countable({ expect, change }: Plan): Guard[] {
  return COUNTED.filter((field) => change.add?.[field] !== undefined && !(field in expect)).map((field) => ({
    attr: ROW[field].attr,
    above: -1,
  }))
}

/** As `awaits` says it of a row in hand; one that an older worker parked may be refused, and is looked at then. */
function takes(entry: ArrivalEntry): Guard {
  const title = takenAs(entry)
  const ofKind = { attr: WAIT_ANY_OF, has: entry.type } as const
  return title === undefined ? ofKind : { any: [{ attr: WAIT_ON, has: title }, ofKind] }
}

function absentOr(guard: { readonly attr: string } & Guard): Guard {
  return { any: [{ attr: guard.attr, absent: true }, guard] }
}

function toChange(subject: Subject, change: RowChange, shards: Shards): ItemChange {
  const set = writeFields(ROW, change.set ?? {})
  if (change.set?.dueAt !== undefined) set[DUE_PARTITION] = dueKey(subject.id, shards)
  if (change.set?.endedAt !== undefined) {
    set[TTL] = rowExpiresAtSeconds({ ...subject, endedAt: change.set.endedAt })
  }
  if (change.set?.tail !== undefined) set[TAIL_BYTES] = tailBytesOf(change.set.tail)
  const { status } = change.set ?? {}
  const listed = status === undefined ? undefined : listedAttributes(subject.id, { ...change.set, status })
  const isShown = listed?.set[ATTENTION_AT.attr] !== undefined
  invariant(
    status === undefined || !needsAttention(status) || isShown,
    'what needs attention says since when',
  )
  const append = change.append?.map((entry) => ENTRY.write(entry)) ?? []
  return {
    set: { ...set, ...listed?.set },
    once: writeFields(ROW, change.once ?? {}),
    add: {
      ...toAdditions(change.add ?? {}),
      ...(append.length === 0 ? {} : { [TAIL_BYTES]: tailBytesOf(change.append ?? []) }),
    },
    append: append.length === 0 ? {} : { [ROW.tail.attr]: append },
    remove: [
      ...(change.remove ?? []).flatMap((field) =>
        field === 'dueAt' ? [ROW.dueAt.attr, DUE_PARTITION] : [attrOf(field)],
      ),
      ...(listed?.remove ?? []),
    ],
  }
}

const COUNTERS = ['fence', 'commit', 'seq', 'children'] as const satisfies readonly (keyof NonNullable<
  RowChange['add']
>)[]

/** Those that every row has. */
const COUNTED = ['fence', 'commit', 'seq'] as const satisfies readonly (typeof COUNTERS)[number][]

function toAdditions(add: NonNullable<RowChange['add']>): { [attr: string]: number } {
  return Object.fromEntries(
    COUNTERS.flatMap((field) => {
      const by = add[field]
      return by === undefined ? [] : [[attrOf(field), by]]
    }),
  )
}

function attrOf(field: keyof ProcessRow): string {
  return field === 'id' ? TABLE.partitionKey.name : ROW[field].attr
}

/** Sets the expiry of an item that exists and has none. The guard is needed: an update would create a missing item. */
export function expiryWrite(key: Key, keptUntil: EpochMs): UpdateWrite & { readonly when: Guard } {
  const when: Guard = {
    all: [
      { attr: TABLE.partitionKey.name, is: key.pk },
      { attr: TTL, absent: true },
    ],
  }
  return { do: 'update', key, change: { set: { [TTL]: expireAtSeconds(keptUntil, 0) } }, when }
}

/** The second from which DynamoDB may delete an ended process: the one place that knows TTL counts in seconds. */
export function expireAtSeconds(endedAt: EpochMs, keptMs: number): number {
  return Math.ceil((endedAt + keptMs) / 1_000)
}

/** The second from which DynamoDB may delete the row of an ended process: its id is known as used until then. */
function rowExpiresAtSeconds(ended: { endedAt: EpochMs; limits?: Limits }): number {
  return expireAtSeconds(rowKeptUntil(ended), 0)
}

/** Whether a row that expires then can no longer be read. */
export const isOverAt = (expiresAtSeconds: number, now: EpochMs): boolean =>
  expiresAtSeconds * 1_000 - TOMBSTONE_MS <= now
