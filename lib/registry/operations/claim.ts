import {
  grantFor,
  decideClaim,
  planBlindClaim,
  planTakeover,
  type ClaimRequest,
  type ClaimDecision,
} from '../../model/claim.ts'
import type { EpochMs } from '../../model/clock.ts'
import { LeaseLost, PayloadUnavailable, ProcessTimedOut, UnreadableItem } from '../../model/errors.ts'
import { factsOf } from '../../model/failure.ts'
import { cancelledBy } from '../../model/requests.ts'
import { planUnownedEnd, type RunningRecord } from '../../model/ownership.ts'
import type { ProcessId } from '../../model/ids.ts'
import { invariant } from '../../model/invariant.ts'
import { leaseOf, type Lease, type LeaseItem } from '../../model/lease.ts'
import { joinLog, type LogEntry } from '../../model/log.ts'
import { isEnded, type Evidence, type ProcessRecord, type StoredOutput } from '../../model/record.ts'
import { evidenceOf } from '../../model/recovery.ts'
import { readRecord } from '../codec/rows.ts'
import { closeLease, takeoverLease } from '../codec/lease-item.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { applyChange, type Item } from '../store/store.ts'
import { load } from './payloads.ts'
import { toWrite } from '../codec/plans.ts'
import type { ClaimedProcess, ClaimReply } from '../port.ts'
import { logOf, readProcessItems, type ProcessItems } from './log-pages.ts'
import { renew } from './lease.ts'

type ClaimAttempt = ClaimReply | typeof LOST_RACE
type ClaimCall = { readonly request: ClaimRequest; readonly now: EpochMs }

/**
 * Claims a process that no live owner runs. The first request is the claim itself, without a read: it succeeds on a parked
 * row, and its refusal contains the row, from which `decideClaim` decides. For a suspect the row is read first: DynamoDB
 * bills a refused claim as a write.
 */
export async function claim(
  ctx: Context,
  id: ProcessId,
  request: ClaimRequest,
  now: EpochMs,
): Promise<ClaimReply> {
  let readFirst = request.ofSuspect === true
  return raced({ id, operation: 'claim' }, async (): Promise<ClaimAttempt> => {
    if (readFirst) {
      readFirst = false
      return claimRead(ctx, id, { request, now })
    }
    const reply = await ctx.store.write(toWrite({ id }, planBlindClaim(request, now), ctx.shards))
    if (reply.applied) return claimed(ctx, readRecord(reply.item), undefined)
    if (reply.found === undefined) return { outcome: 'unknown' }
    return claimFound(ctx, reply.found, { request, now })
  })
}

/** Continues from the item in a refused write. `LOST_RACE`: the blind claim can claim it now. */
export async function claimFound(ctx: Context, item: Item, asked: ClaimCall): Promise<ClaimAttempt> {
  const record = readRecord(item)
  // Only an expired grant needs the lease item and the pages: with a live grant the process is busy anyway.
  if (record.status === 'running' && record.grant.until <= asked.now) return claimRead(ctx, record.id, asked)
  return carryOut(ctx, { item, record, leaseItem: undefined, chain: undefined }, asked)
}

async function claimRead(ctx: Context, id: ProcessId, asked: ClaimCall): Promise<ClaimAttempt> {
  const history = await readProcessItems(ctx, id)
  return history === undefined ? { outcome: 'unknown' } : carryOut(ctx, history, asked)
}

/** What was read of a process: the pages of its log only where the lease item was read as well. */
type FoundItems = Omit<ProcessItems, 'chain'> & { readonly chain: ProcessItems['chain'] | undefined }

/**
 * Called before any write. Throws `UnreadableItem` if another worker, of a later version, may be able to read the log. With a page
 * missing no worker can, so the claim is made: its owner records the reason in the process.
 */
function pagesOf({ chain }: FoundItems): FoundItems['chain'] {
  if (chain instanceof UnreadableItem && !chain.isValue) throw chain
  return chain
}

function carryOut(ctx: Context, seen: FoundItems, asked: ClaimCall): Promise<ClaimAttempt> | ClaimAttempt {
  const verdict = decideClaim(seen.record, seen.leaseItem, asked.request, asked.now)
  switch (verdict.do) {
    case 'take-parked':
      return LOST_RACE
    case 'take-over':
      return takeOver(ctx, seen, asked)
    case 'already-mine':
      return claimed(ctx, seen.record, seen.leaseItem, pagesOf(seen))
    case 'extend':
      return extend(ctx, seen, verdict.lease, asked)
    case 'end':
      return endUnowned(ctx, seen, verdict, asked)
    case 'skip':
      return skipped(verdict)
  }
}

function skipped(verdict: Extract<ClaimDecision, { do: 'skip' }>): ClaimReply {
  switch (verdict.because) {
    case 'leased':
      return { outcome: 'busy', lease: verdict.lease }
    case 'not-due':
      return { outcome: 'not-due', dueAt: verdict.dueAt }
    case 'ended':
      return { outcome: 'ended', record: verdict.record }
    case 'suspect':
      return { outcome: 'suspect' }
    case 'external':
    case 'stuck':
    case 'never-rerun':
      return { outcome: 'refused', because: verdict.because }
  }
}

/**
 * 1. A (fence 4) stalls, and its lease expires. 2. B takes over: fence 5 in the process item, and in the lease item.
 * 3. A wakes. Its next write fails the fence; its next renewal finds fence 5, even if A's lease is live by A's clock.
 * 4. If A had renewed between B's read and B's write, the lease item would have refused B.
 */
async function takeOver(ctx: Context, seen: FoundItems, { request, now }: ClaimCall): Promise<ClaimAttempt> {
  const { record, item } = seen
  const pages = pagesOf(seen)
  const update = toWrite(record, planTakeover(record, seen.leaseItem, request, now), ctx.shards)
  const fence = { read: record.fence, next: record.fence + 1 }
  const reply = await ctx.store.transact([
    update,
    takeoverLease(record.id, fence, grantFor(request, now), now),
  ])
  // A transaction replies without the items. Its conditions pin the row to the values read, so the stored row is known.
  if (reply.applied) {
    return claimed(ctx, readRecord(applyChange(item, update.change)), undefined, pages)
  }
  // Another worker was faster, or this take-over was applied and its reply lost: the next attempt finds out, by the token.
  return LOST_RACE
}

/** The same owner and attempt claims again: its lease is extended, with the same token and fence (C10). */
async function extend(
  ctx: Context,
  seen: FoundItems,
  lease: Lease,
  { request, now }: ClaimCall,
): Promise<ClaimAttempt> {
  const reply = await claimed(ctx, seen.record, seen.leaseItem, pagesOf(seen))
  try {
    const renewal = await renew(ctx, lease, request.ttlMs, now)
    return { ...reply, ownership: { ...reply.ownership, lease: renewal.lease } }
  } catch (error) {
    if (error instanceof LeaseLost) return LOST_RACE
    throw error
  }
}

/** Writes the end of a process that no worker runs or will run. The same write fences off its last owner, if any. */
async function endUnowned(
  ctx: Context,
  seen: FoundItems,
  verdict: Extract<ClaimDecision, { do: 'end' }>,
  { request, now }: ClaimCall,
): Promise<ClaimAttempt> {
  const { record, item } = seen
  const output = unownedOutput(seen, verdict, `${request.ownerId}/${request.attemptId}`)
  const update = toWrite(record, planUnownedEnd(record, output, now), ctx.shards)
  if (record.status !== 'running') {
    const reply = await ctx.store.write(update)
    return reply.applied ? ended(reply.item) : LOST_RACE
  }
  const fence = { read: record.fence, next: record.fence + 1 }
  const reply = await ctx.store.transact([update, closeLease(record.id, fence, now)])
  return reply.applied ? ended(applyChange(item, update.change)) : LOST_RACE
}

function ended(item: Item): ClaimReply {
  const record = readRecord(item)
  invariant(isEnded(record), 'an end that was written is an end', { id: record.id, status: record.status })
  return { outcome: 'ended', record, fresh: true }
}

function unownedOutput(
  seen: FoundItems,
  verdict: Extract<ClaimDecision, { do: 'end' }>,
  writtenBy: string,
): StoredOutput {
  const { record, leaseItem: item } = seen
  if (verdict.as === 'cancelled') return cancelledBy(record.cancel ?? {})
  if (verdict.as === 'timed-out') {
    const error = new ProcessTimedOut({ id: record.id, timeoutMs: record.limits?.timeoutMs ?? 0 })
    return {
      outcome: 'failure',
      error: factsOf(error, error.code),
      evidence: neverOwned(record, verdict, writtenBy),
    }
  }
  const lease = record.status === 'running' ? leaseOf(record, item) : undefined
  const evidence =
    lease === undefined
      ? neverOwned(record, verdict, writtenBy)
      : evidenceOf(record, lease, { item, writtenBy, because: verdict.because })
  return { outcome: 'abandoned', evidence }
}

function neverOwned(
  { fence }: ProcessRecord,
  { because }: Pick<Evidence, 'because'>,
  writtenBy: string,
): Evidence {
  return { lastOwner: '', lastFence: fence, writtenBy, because, claims: fence }
}

/** The reply to the new owner of the process. An unreadable part does not undo the claim. */
export async function claimed(
  ctx: Context,
  record: ProcessRecord,
  leaseItem: LeaseItem | undefined,
  chain?: FoundItems['chain'],
): Promise<ClaimedProcess> {
  const row = asRunning(record)
  const reply = { outcome: 'claimed', ownership: { lease: leaseOf(row, leaseItem), row } } as const
  let log: readonly LogEntry[] = []
  try {
    if (chain instanceof UnreadableItem) throw chain
    log = chain === undefined ? await logOf(ctx, row) : joinLog(chain, row)
    return { ...reply, log, input: await load(ctx, row.id, row.input) }
  } catch (error) {
    if ((error instanceof UnreadableItem && error.isValue) || error instanceof PayloadUnavailable)
      return { ...reply, log, input: null, unreadable: error }
    throw error
  }
}

function asRunning(record: ProcessRecord): RunningRecord {
  invariant(record.status === 'running', 'a claimed process is running', {
    id: record.id,
    status: record.status,
  })
  return record
}
