import type { EpochMs } from '../../model/clock.ts'
import { LeaseLost } from '../../model/errors.ts'
import {
  planCommit,
  planPark,
  type Ownership,
  type Roll,
  dueAtOnceIfRequested,
  requestsAbsent,
  type ParkRequest,
} from '../../model/ownership.ts'
import { invariant } from '../../model/invariant.ts'
import { TAIL_ROLL_TRIES } from '../../model/limits.ts'
import type { Entry, PagePointer } from '../../model/log.ts'
import type { ProcessRecord, Status } from '../../model/record.ts'
import type { Plan } from '../../model/writes.ts'
import { encodeRow, readRecord } from '../codec/rows.ts'
import { ENTRY, readPage } from '../codec/entries.ts'
import { pageKey } from '../codec/keys.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { applyChange, type TransactReply, type Write } from '../store/store.ts'
import { toWrite } from '../codec/plans.ts'
import { isHeldBy } from './read.ts'
import { isTooMuch, rollFor, storedAs, putPages } from './rolling.ts'
import { inQueue } from '../codec/slots.ts'
import type { ParkReply } from '../port.ts'

/** Appends entries under the fence. Throws `LeaseLost` (C17). */
export async function commit(
  ctx: Context,
  ownership: Ownership,
  entries: readonly Entry[],
): Promise<Ownership> {
  const row = await ownerWrite(ctx, ownership, {
    operation: 'commit',
    entries,
    leaves: ['running'],
    plan: (held, roll) => planCommit(held, entries, roll),
  })
  invariant(row.status === 'running', 'a commit leaves the process running', {
    id: row.id,
    status: row.status,
  })
  return { lease: ownership.lease, row }
}

/** Gives the lease back, so that anyone may claim at once. A stale or repeated release does nothing (C14). */
export async function release(ctx: Context, ownership: Ownership, now: EpochMs): Promise<void> {
  let held = ownership
  await raced({ id: ownership.lease.id, operation: 'release' }, async () => {
    const plan = planPark(held, [], {
      wait: { for: 'worker', since: now },
      dueAt: now,
      wakeupScheduled: false,
    })
    const reply = await ctx.store.write(toWrite(held.row, plan, ctx.shards))
    if (reply.applied || reply.found === undefined) return undefined
    const record = readRecord(reply.found)
    if (!isHeldBy(record, ownership)) return undefined
    // Still this lease, but a commit of its own was applied that it never heard of.
    held = { lease: ownership.lease, row: record }
    return LOST_RACE
  })
}

export type OwnerWrite = {
  readonly operation: string
  readonly entries: readonly Entry[]
  /** The statuses that the write leaves a process in. */
  readonly leaves: readonly Status[]
  plan(held: Ownership, roll: Roll | undefined): Plan
  /** Writes that stand or fall with it, in one transaction. */
  readonly beside?: readonly Write[]
}

export type AttemptResult =
  /** `repeated`: it was applied by an earlier sending, whose answer was lost. */
  | { readonly applied: true; readonly record: ProcessRecord; readonly repeated: boolean }
  /** Still this owner's, at the same commit: `held` is the row as it stands. `beside` is what refused the other writes. */
  | { readonly applied: false; readonly held: Ownership; readonly beside: FailedWrites }
type FailedWrites = Extract<TransactReply, { applied: false }>['failed']

/** Puts the pages, then sends the one write that points at them. Tries again if a client appended an entry in between. */
async function ownerWrite(ctx: Context, ownership: Ownership, write: OwnerWrite): Promise<ProcessRecord> {
  const attempt = writeAttempts(ctx, ownership, write)
  let held = ownership
  return raced({ id: ownership.lease.id, operation: write.operation }, async () => {
    const attempted = await attempt(held)
    if (attempted.applied) return attempted.record
    held = attempted.held
    return LOST_RACE
  })
}

/** Attempts of one write, each from the row as it was last seen. Throws `LeaseLost` once it is another owner's. */
export function writeAttempts(
  ctx: Context,
  ownership: Ownership,
  write: OwnerWrite,
): (held: Ownership) => Promise<AttemptResult> {
  const own: PagePointer[] = []
  let tries = 0
  return async (held) => {
    // A roll stands or falls with all that others append meanwhile. Where they are many, the entries ride in the tail.
    const mayRoll = tries < TAIL_ROLL_TRIES || isTooMuch(held, write.entries, ctx.shards)
    const roll = mayRoll ? await rolled(ctx, held, write.entries) : undefined
    tries += 1
    own.push(...(roll?.pages ?? []))
    const plan = write.plan(held, roll)
    const reply =
      write.beside === undefined
        ? await sendAlone(ctx, held, plan)
        : await sendTogether(ctx, held, plan, write.beside)
    if (reply.applied) return { ...reply, repeated: false }
    const [refusal, ...beside] = reply.failed
    // The process is as it was thought to be: what stands beside it refused.
    if (refusal === undefined) return { applied: false, held, beside }
    if (refusal.found === undefined) throw lostTo(ownership, undefined)
    const found = readRecord(refusal.found)
    if (await wasAppliedBefore(ctx, found, { ownership, write, own }))
      return { applied: true, record: found, repeated: true }
    if (!isHeldBy(found, ownership) || found.commit !== ownership.row.commit) throw lostTo(ownership, found)
    return { applied: false, held: { lease: ownership.lease, row: found }, beside }
  }
}

type SendResult =
  | { readonly applied: true; readonly record: ProcessRecord }
  | Extract<TransactReply, { applied: false }>

async function sendAlone(ctx: Context, held: Ownership, plan: Plan): Promise<SendResult> {
  const reply = await ctx.store.write(toWrite(held.row, plan, ctx.shards))
  return reply.applied
    ? { applied: true, record: storedAs(readRecord(reply.item), reply.item) }
    : { applied: false, failed: [{ found: reply.found }] }
}

/**
 * A transaction answers without the items. So the row is pinned to what is known of it, up to its last entry: else the
 * owner would count an entry that it has not seen as one of its own.
 */
async function sendTogether(
  ctx: Context,
  held: Ownership,
  plan: Plan,
  beside: readonly Write[],
): Promise<SendResult> {
  const pinned = { ...plan, expect: { ...plan.expect, seq: held.row.seq } }
  const update = toWrite(held.row, pinned, ctx.shards)
  const reply = await ctx.store.transact([update, ...beside])
  if (!reply.applied) return reply
  return { applied: true, record: readRecord(applyChange(encodeRow(held.row, ctx.shards), update.change)) }
}

/** The pages that these entries make, put. None where the entries can ride in the tail. */
async function rolled(ctx: Context, held: Ownership, entries: readonly Entry[]): Promise<Roll | undefined> {
  const roll = rollFor(held, entries, ctx.shards)
  return roll !== undefined && (await putPages(ctx, held.lease.id, roll)) ? roll : undefined
}

/**
 * True where this very write was applied already and its reply was lost (C18): the same fence, one commit on, and
 * the entries are there. One commit on without them is another write of this owner, which says nothing of this one.
 */
async function wasAppliedBefore(
  ctx: Context,
  found: ProcessRecord,
  sent: { ownership: Ownership; write: OwnerWrite; own: readonly PagePointer[] },
): Promise<boolean> {
  const { ownership, write, own } = sent
  if (found.fence !== ownership.lease.fence || found.commit !== ownership.row.commit + 1) return false
  if (!write.leaves.includes(found.status)) return false
  const { page } = found
  const inPages = own.some(({ first, last }) => page?.first === first && page.last === last)
  if (inPages || endsWithin(found.tail, write.entries)) return true
  // An arrival may have rolled the tail since, with the entries in it.
  if (page === undefined || page.last <= ownership.row.seq) return false
  const item = await ctx.store.get(pageKey(found.id, page))
  return item !== undefined && endsWithin([...readPage(item).entries, ...found.tail], write.entries)
}

/** Are the entries in the tail, side by side? Others may have appended after them. */
function endsWithin(tail: readonly Entry[], entries: readonly Entry[]): boolean {
  const texts = tail.map((entry) => ENTRY.write(entry))
  const wanted = entries.map((entry) => ENTRY.write(entry))
  return (
    texts.some((_, start) => wanted.every((text, index) => texts[start + index] === text)) ||
    wanted.length === 0
  )
}

/** The process was found as it should not be, or was not found at all. */
export function lostTo(ownership: Ownership, found: ProcessRecord | undefined): LeaseLost {
  if (found === undefined) return lost(ownership, 'the process is gone')
  return lost(ownership, `it is ${found.status} under fence ${found.fence}, at commit ${found.commit}`)
}

export function lost(ownership: Ownership, because: string): LeaseLost {
  const { id, fence } = ownership.lease
  return new LeaseLost({ id, fence, because })
}

/**
 * Writes the last entries of a segment and gives the process up until it is due. Throws `LeaseLost`.
 *
 * 1. The owner decides to sleep for a month. 2. A client asks to cancel. The row is running, so the request leaves its due
 * time as it is and leaves a notice. 3. The owner parks before it reads the notice: no worker would look for a month.
 * So a park becomes due at once if the row holds a request that its owner has not seen, or if only the end is left to write.
 *
 * Two waits are refused instead, since the owner can continue at once. One is a wait for effects if there is an arrival that
 * the owner has not read. The other is a wait for a slot if the process has reached the front of the queue meanwhile. The
 * process that left the slot found
 * it running, and did not wake it.
 */
export async function park(
  ctx: Context,
  ownership: Ownership,
  entries: readonly Entry[],
  request: ParkRequest,
  now: EpochMs,
): Promise<ParkReply> {
  const { wait } = request
  const { id } = ownership.lease
  const write: OwnerWrite = {
    operation: 'park',
    entries,
    leaves: ['waiting', 'stuck'],
    plan(held, roll) {
      const requested = dueAtOnceIfRequested(request, ownership.row, held.row, now)
      const plan = planPark(held, entries, { ...requested, wait: { ...requested.wait, since: now } }, roll)
      return { ...plan, expect: { ...plan.expect, absent: requestsAbsent(held.row) } }
    },
    ...(wait.for === 'slot' && wait.tries === undefined ? { beside: [inQueue(id, wait.key)] } : {}),
  }
  const attempt = writeAttempts(ctx, ownership, write)
  let held = ownership
  return raced<ParkReply>({ id, operation: write.operation }, async () => {
    const attempted = await attempt(held)
    if (attempted.applied) return { parked: true, record: attempted.record }
    held = attempted.held
    const arrived = wait.for === 'effects' && held.row.seq !== ownership.row.seq
    const cameToFront = attempted.beside.some((refusal) => refusal !== undefined)
    return arrived || cameToFront ? { parked: false, ownership: held } : LOST_RACE
  })
}
