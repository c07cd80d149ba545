import { differencesOf } from '../../model/conflict.ts'
import { grantFor, type ClaimRequest } from '../../model/claim.ts'
import { deadlineOf } from '../../model/due.ts'
import { hashOf } from '../../model/hash.ts'
import { invariant } from '../../model/invariant.ts'
import type { EpochMs } from '../../model/clock.ts'
import { SQS_DELAY_MAX_MS, RELATED_ITEMS_KEPT_MS } from '../../model/limits.ts'
import { type ProcessRecord, type ProcessRow, isEnded, TERMINAL_STATUSES } from '../../model/record.ts'
import { expectKept, relatedItemsKeptUntil } from '../../model/retention.ts'
import {
  expectSameRegistration,
  registrationHash,
  toRegistration,
  type Registration,
} from '../../model/registration.ts'
import { encodeRow, readRecord, INPUT_REFERENCE, ROW } from '../codec/rows.ts'
import { claim, claimed, claimFound } from './claim.ts'
import { LOST_RACE, type Context } from './context.ts'
import { keepInput, itemOf } from './payloads.ts'
import { NOT_THERE, expiryWrite } from '../codec/plans.ts'
import type { ClaimReply, RegisterOptions } from '../port.ts'
import type { Item, Guard } from '../store/store.ts'
import { processKey } from '../codec/keys.ts'
import { TABLE } from '../table.ts'

/** Records intent. The row is due once it may start, so that a lost wake-up costs a sweep and not the process. */
export async function register(
  ctx: Context,
  raw: Registration,
  options: RegisterOptions,
): Promise<{ created: boolean; record: ProcessRecord }> {
  const row = await openRow(ctx, raw, options)
  const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE })
  if (reply.applied) return { created: true, record: readRecord(reply.item) }
  const record = await sameRegistration(ctx, reply.found, { row, now: options.now })
  return { created: reply.unsure === true && isUntouched(record, row), record }
}

/**
 * The row of a new registration. An external process waits for the caller that has its token: only its timeout, if it has
 * one, makes it due. The sweep wakes a start that is too far in the future for a wake-up.
 */
export async function openRow(
  ctx: Context,
  raw: Registration,
  { now, wakeupScheduled, completionToken }: RegisterOptions,
): Promise<ProcessRow> {
  const base = await newRow(ctx, raw, now)
  if (base.recovery === 'external') {
    const token = completionToken === undefined ? {} : { completionHash: hashOf(completionToken) }
    const timeout = deadlineOf(base)
    const due = timeout === undefined ? {} : { dueAt: timeout, wakeupScheduled: false }
    return { ...base, ...token, status: 'waiting', wait: { for: 'external', since: now }, ...due }
  }
  const dueAt = Math.max(now, base.startAt ?? now)
  return {
    ...base,
    status: 'pending',
    dueAt,
    wakeupScheduled: wakeupScheduled && dueAt - now <= SQS_DELAY_MAX_MS,
  }
}

/**
 * Registers and claims in one put. If the same registration exists already, continues as a claim. A start in the future is
 * only registered: the sweep wakes it.
 */
export async function start(
  ctx: Context,
  raw: Registration,
  request: ClaimRequest,
  now: EpochMs,
): Promise<ClaimReply> {
  const later = raw.startAt !== undefined && raw.startAt > now
  if (later || raw.recovery === 'external') {
    const { created, record } = await register(ctx, raw, { now, wakeupScheduled: false })
    if (created && record.status === 'pending') return { outcome: 'not-due', dueAt: record.dueAt }
    return claim(ctx, raw.id, request, now)
  }
  const base = await newRow(ctx, raw, now)
  const grant = grantFor(request, now)
  const row: ProcessRow = {
    ...base,
    status: 'running',
    fence: 1,
    grant,
    startedAt: now,
    dueAt: grant.until,
  }
  const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE })
  if (reply.applied) return claimed(ctx, readRecord(reply.item), undefined)
  const { id } = await sameRegistration(ctx, reply.found, { row, now })
  invariant(reply.found !== undefined, 'a put is refused by an item that is there', { id })
  const answer = await claimFound(ctx, reply.found, { request, now })
  return answer === LOST_RACE ? claim(ctx, id, request, now) : answer
}

async function newRow(ctx: Context, raw: Registration, now: EpochMs) {
  const { made, ...given } = raw
  const registration = toRegistration(given)
  const hash = registrationHash(registration)
  const input = await keepInput(ctx, registration, { hash, value: made ?? registration.input, now })
  return { ...registration, hash, input, fence: 0, commit: 0, seq: 0, tail: [], stalls: 0, createdAt: now }
}

/** The record that stands under the id already. Throws `RegistrationConflict` where it is of another registration (C2), `NoLongerRetained`. */
async function sameRegistration(
  ctx: Context,
  found: Item | undefined,
  asked: { readonly row: ProcessRow; readonly now: EpochMs },
): Promise<ProcessRecord> {
  const { row, now } = asked
  invariant(found !== undefined, 'a put is refused by an item that is there', { id: row.id })
  const record = readRecord(found)
  await discardInput(ctx, row, record, now)
  expectKept(record, now)
  expectSameRegistration(row.id, { stored: record.hash, asked: row.hash }, () => differencesOf(record, row))
  return record
}

/** Is this the row that a put without an answer would have made? */
function isUntouched(record: ProcessRecord, row: ProcessRow): boolean {
  return record.createdAt === row.createdAt && record.fence === 0 && record.seq === 0
}

/**
 * Sets the expiry of an input that no row refers to. A big input is put before its row, since no worker could run a row
 * without it. If the row is then refused, nothing else would ever remove the input:
 *
 *   1. P ends, and its input gets an expiry. 2. SQS delivers the message that started P once more: the worker puts the input
 *   again, without an expiry. 3. The row refuses the start, since P has ended.
 *
 * The same holds for a repeated start whose schema made another value of the same input: the row keeps the first one.
 *
 * `found` is the row that refused the start; undefined if no row can be registered for this start any more. The expiry is set
 * in one transaction with the check of that row, so an input of a running process never expires.
 */
export async function discardInput(
  ctx: Context,
  asked: Pick<ProcessRow, 'id' | 'input'>,
  found: ProcessRecord | undefined,
  now: EpochMs,
): Promise<void> {
  const key = itemOf(asked.id, asked.input)
  if (key === undefined || !('ref' in asked.input)) return
  const { ref } = asked.input
  const same = found !== undefined && 'ref' in found.input && found.input.ref === ref
  if (same && !isEnded(found)) return
  const until = same && isEnded(found) ? relatedItemsKeptUntil(found) : now + RELATED_ITEMS_KEPT_MS
  const is = { attr: INPUT_REFERENCE, is: ref } as const
  const isOther = { attr: INPUT_REFERENCE, not: ref } as const
  const hasEnded = { attr: ROW.status.attr, in: TERMINAL_STATUSES } as const
  const isThere = { attr: TABLE.partitionKey.name, is: key.pk } as const
  const when: Guard = same
    ? { all: [is, hasEnded] }
    : found === undefined
      ? isOther
      : { all: [isThere, isOther] }
  await ctx.store.transact([{ do: 'check', key: processKey(asked.id), when }, expiryWrite(key, until)])
}
