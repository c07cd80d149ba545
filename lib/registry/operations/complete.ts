import type { EpochMs } from '../../model/clock.ts'
import { CompletionConflict, LeaseLost } from '../../model/errors.ts'
import { planExternalEnd, planFinish, sameOutput, type Holding } from '../../model/holding.ts'
import { hashOf } from '../../model/hash.ts'
import type { ProcessId } from '../../model/ids.ts'
import { invariant } from '../../model/invariant.ts'
import type { Entry } from '../../model/log.ts'
import {
  isEnded,
  statusOf,
  type Output,
  type ProcessRecord,
  type TerminalRecord,
} from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import { expectCompletable, planRetried, planSettled } from '../../model/requests.ts'
import { readRecord } from '../codec/rows.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { commit, lost } from './owner-writes.ts'
import { keepOutput, outputOf, storable } from './payloads.ts'
import { toWrite } from '../codec/plans.ts'
import { get, mustGet } from './read.ts'
import { isLong } from './rolling.ts'
import type { Item } from '../store/store.ts'

/**
 * The terminal write (C19). Repeated with the same output it answers the same record; throws `CompletionConflict`
 * where another end is recorded (C20), `LeaseLost` where the process is another owner's.
 */
export async function complete(
  ctx: Context,
  holding: Holding,
  entries: readonly Entry[],
  output: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  const asked = storable(output)
  if (isLong(holding, entries, ctx.shards)) return completeInTwo(ctx, holding, entries, asked, now)
  return completeAtOnce(ctx, holding, entries, asked, now)
}

async function completeAtOnce(
  ctx: Context,
  holding: Holding,
  entries: readonly Entry[],
  asked: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  const stored = await keepOutput(ctx, holding.row, asked, now)
  const plan = planFinish(holding, entries, stored, now)
  const reply = await ctx.store.write(toWrite(holding.row, plan, ctx.shards))
  if (reply.applied) return asEnded(reply.item)
  const found = reply.found === undefined ? undefined : readRecord(reply.found)
  if (found === undefined) throw lost(holding, 'the process is gone')
  if (isEnded(found)) return sameEnd(ctx, found, asked)
  throw lost(holding, `it is ${found.status} under fence ${found.fence}, at commit ${found.commit}`)
}

/** More entries than one item takes: they are committed first, in pages, and the end follows. */
async function completeInTwo(
  ctx: Context,
  holding: Holding,
  entries: readonly Entry[],
  asked: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  try {
    return await completeAtOnce(ctx, await commit(ctx, holding, entries), [], asked, now)
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
    const record = await get(ctx, holding.lease.id)
    if (record !== undefined && isEnded(record)) return sameEnd(ctx, record, asked)
    throw error
  }
}

/** The debts of an ended process are paid: it leaves the due index. Told twice, the second time changes nothing. */
export async function settled(ctx: Context, record: TerminalRecord): Promise<void> {
  await ctx.store.write(toWrite(record, planSettled(record), ctx.shards))
}

/** Marks an ended process as retried. A row that is gone by now, or was never there, stays as it is. */
export async function markRetried(ctx: Context, id: ProcessId, by: ProcessId): Promise<void> {
  await ctx.store.write(toWrite({ id }, planRetried(by), ctx.shards))
}

/** Ends an external process for a caller that has its token (C22). Only the token's hash is stored. */
export async function completeExternal(
  ctx: Context,
  id: ProcessId,
  token: string,
  output: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  const asked = storable(output)
  return raced({ id, operation: 'completion' }, async () => {
    const record = await mustGet(ctx, id)
    expectKept(record, now)
    expectCompletable(record, hashOf(token))
    if (isEnded(record)) return sameEnd(ctx, record, asked)
    const stored = await keepOutput(ctx, record, asked, now)
    const reply = await ctx.store.write(toWrite(record, planExternalEnd(record, stored, now), ctx.shards))
    return reply.applied ? asEnded(reply.item) : LOST_RACE
  })
}

async function sameEnd(ctx: Context, record: TerminalRecord, asked: Output): Promise<TerminalRecord> {
  if (sameOutput(await outputOf(ctx, record), asked)) return record
  throw new CompletionConflict({ id: record.id, recorded: record.status, asked: statusOf(asked) })
}

function asEnded(item: Item): TerminalRecord {
  const record: ProcessRecord = readRecord(item)
  invariant(isEnded(record), 'a terminal write ends the process', { id: record.id, status: record.status })
  return record
}
