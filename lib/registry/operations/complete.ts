import type { EpochMs } from '../../model/clock.ts'
import { CompletionConflict, LeaseLost } from '../../model/errors.ts'
import {
  planExternalEnd,
  planFinish,
  sameOutput,
  type Ownership,
  type RunningRecord,
} from '../../model/ownership.ts'
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
import { expectCompletable, planRetried, planDependentsNotified } from '../../model/requests.ts'
import { readRecord } from '../codec/rows.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { commit, lostTo } from './owner-writes.ts'
import { keepOutput, outputOf, storable } from './payloads.ts'
import { toWrite } from '../codec/plans.ts'
import { get, mustGet } from './read.ts'
import { isLong } from './rolling.ts'
import type { Shards } from '../codec/keys.ts'

/**
 * The terminal write (C19). Repeated with the same output it returns the same record. Throws `CompletionConflict` if another
 * end is recorded (C20), `LeaseLost` if another owner has the process.
 */
export async function complete(
  ctx: Context,
  ownership: Ownership,
  entries: readonly Entry[],
  output: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  const { lease } = ownership
  const asked = storable(output)
  let row: RunningRecord | TerminalRecord = ownership.row
  for (const write of planEnd(ownership, entries, ctx.shards)) {
    if (isEnded(row)) break
    const send = write.ends ? finish : commitBefore
    row = await send(ctx, { lease, row }, write.entries, asked, now)
  }
  return asEnded(row)
}

/** One write of an end. The last one `ends` the process. */
type EndWrite = { readonly ends: boolean; readonly entries: readonly Entry[] }

/** One write in most cases. More entries than an ended process should carry are committed first, in pages. */
function planEnd(ownership: Ownership, entries: readonly Entry[], shards: Shards): readonly EndWrite[] {
  if (!isLong(ownership, entries, shards)) return [{ ends: true, entries }]
  return [
    { ends: false, entries },
    { ends: true, entries: [] },
  ]
}

async function finish(
  ctx: Context,
  held: Ownership,
  entries: readonly Entry[],
  asked: Output,
  now: EpochMs,
): Promise<TerminalRecord> {
  const stored = await keepOutput(ctx, held.row, asked, now)
  const reply = await ctx.store.write(toWrite(held.row, planFinish(held, entries, stored, now), ctx.shards))
  if (reply.applied) return asEnded(readRecord(reply.item))
  return endFound(ctx, held, asked, reply.found === undefined ? undefined : readRecord(reply.found))
}

/** The commit before the terminal write. Returns the ended process if an earlier call has ended it. */
async function commitBefore(
  ctx: Context,
  held: Ownership,
  entries: readonly Entry[],
  asked: Output,
): Promise<RunningRecord | TerminalRecord> {
  try {
    return (await commit(ctx, held, entries)).row
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
    return endFound(ctx, held, asked, await get(ctx, held.lease.id))
  }
}

/** The row that refused a write of this end. Throws `LeaseLost` unless the process has ended, `CompletionConflict`. */
async function endFound(
  ctx: Context,
  held: Ownership,
  asked: Output,
  found: ProcessRecord | undefined,
): Promise<TerminalRecord> {
  if (found === undefined || !isEnded(found)) throw lostTo(held, found)
  return sameEnd(ctx, found, asked)
}

/** The dependents of an ended process are notified: it leaves the due index. Repeated, it changes nothing. */
export async function dependentsNotified(ctx: Context, record: TerminalRecord): Promise<void> {
  await ctx.store.write(toWrite(record, planDependentsNotified(record), ctx.shards))
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
    return reply.applied ? asEnded(readRecord(reply.item)) : LOST_RACE
  })
}

async function sameEnd(ctx: Context, record: TerminalRecord, asked: Output): Promise<TerminalRecord> {
  if (sameOutput(await outputOf(ctx, record), asked)) return record
  throw new CompletionConflict({ id: record.id, recorded: record.status, asked: statusOf(asked) })
}

function asEnded(record: ProcessRecord): TerminalRecord {
  invariant(isEnded(record), 'a terminal write ends the process', { id: record.id, status: record.status })
  return record
}
