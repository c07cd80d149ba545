import { grantFor, type ClaimRequest } from '../model/claim.ts'
import { invariant } from '../model/invariant.ts'
import type { EpochMs } from '../model/clock.ts'
import type { ProcessRecord, ProcessRow } from '../model/record.ts'
import {
  expectSameRegistration,
  registrationHash,
  toRegistration,
  type Registration,
} from '../model/registration.ts'
import { encodeRow, readRecord } from './codec.ts'
import { claim, claimed, claimFound } from './claiming.ts'
import { LOST_RACE, type Context } from './context.ts'
import { tokenHash } from './ending.ts'
import { keepInput } from './payloads.ts'
import type { ClaimReply, RegisterOptions } from './port.ts'
import type { Guard, Item } from './store.ts'
import { TABLE } from './table.ts'

const NOT_THERE: Guard = { attr: TABLE.partitionKey.name, absent: true }

/**
 * Records intent: the row is due at once, so that a lost doorbell costs a sweep and not the process. An external
 * process is never due: it waits for whoever has its token.
 */
export async function register(
  ctx: Context,
  raw: Registration,
  options: RegisterOptions,
): Promise<{ created: boolean; record: ProcessRecord }> {
  const { now, belled, completionToken } = options
  const base = await newRow(ctx, raw, now)
  const token = completionToken === undefined ? {} : { completionHash: tokenHash(completionToken) }
  const row: ProcessRow =
    base.recovery === 'external'
      ? { ...base, ...token, status: 'waiting', wait: { for: 'external' } }
      : { ...base, status: 'pending', dueAt: now, belled }
  const item = encodeRow(row, ctx.shards)
  const reply = await ctx.store.write({ do: 'put', item, when: NOT_THERE })
  if (reply.applied) return { created: true, record: readRecord(reply.item) }
  const record = sameRegistration(reply.found, row)
  return { created: reply.unsure === true && isUntouched(record, row), record }
}

/** Registers and claims in one put. Where the same registration stands already, goes on from it as a claim. */
export async function start(
  ctx: Context,
  raw: Registration,
  request: ClaimRequest,
  now: EpochMs,
): Promise<ClaimReply> {
  if (raw.recovery === 'external') {
    await register(ctx, raw, { now, belled: false })
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
    stalls: 1,
    dueAt: grant.until,
  }
  const reply = await ctx.store.write({ do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE })
  if (reply.applied) return claimed(ctx, readRecord(reply.item), undefined)
  const { id } = sameRegistration(reply.found, row)
  invariant(reply.found !== undefined, 'a put is refused by an item that is there', { id })
  const answer = await claimFound(ctx, reply.found, { request, now })
  return answer === LOST_RACE ? claim(ctx, id, request, now) : answer
}

async function newRow(ctx: Context, raw: Registration, now: EpochMs) {
  const registration = toRegistration(raw)
  const hash = registrationHash(registration)
  const input = await keepInput(ctx, registration, hash)
  return { ...registration, hash, input, fence: 0, commit: 0, seq: 0, tail: [], stalls: 0, createdAt: now }
}

/** The record that stands under the id already. Throws `RegistrationConflict` where it is of another registration (C2). */
function sameRegistration(found: Item | undefined, asked: ProcessRow): ProcessRecord {
  invariant(found !== undefined, 'a put is refused by an item that is there', { id: asked.id })
  const record = readRecord(found)
  expectSameRegistration(asked.id, { stored: record.hash, asked: asked.hash })
  return record
}

/** Is this the row that a put without an answer would have made? */
function isUntouched(record: ProcessRecord, row: ProcessRow): boolean {
  return record.createdAt === row.createdAt && record.fence === 0 && record.seq === 0
}
