import type { EpochMs } from '../model/clock.ts'
import { LeaseLost } from '../model/errors.ts'
import { planCommit, planPark, type Holding, type ParkRequest, type Roll } from '../model/holding.ts'
import { invariant } from '../model/invariant.ts'
import type { Entry, PagePointer } from '../model/log.ts'
import type { ProcessRecord, Status } from '../model/record.ts'
import type { Plan } from '../model/writes.ts'
import { readRecord } from './codec.ts'
import { ENTRY, pageItem } from './codec-log.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { toWrite } from './plans.ts'
import { isHeldBy } from './reading.ts'
import { rollFor } from './rolling.ts'

/** Appends entries under the fence. Throws `LeaseLost` (C17). */
export async function commit(ctx: Context, holding: Holding, entries: readonly Entry[]): Promise<Holding> {
  const row = await ownerWrite(ctx, holding, {
    operation: 'commit',
    entries,
    leaves: ['running'],
    plan: (held, roll) => planCommit(held, entries, roll),
  })
  invariant(row.status === 'running', 'a commit leaves the process running', {
    id: row.id,
    status: row.status,
  })
  return { lease: holding.lease, row }
}

/**
 * The last entries of a segment, and the process is nobody's until it is due. Throws `LeaseLost`.
 *
 * 1. The owner decides to sleep for a month. 2. Someone asks to cancel; the row is running, so the request leaves its
 * due time alone and pokes the owner. 3. The owner parks before it saw the poke: nobody would look for a month.
 * So a park that finds a request its owner has not seen is due at once.
 */
export async function park(
  ctx: Context,
  holding: Holding,
  entries: readonly Entry[],
  request: ParkRequest,
  now: EpochMs,
): Promise<ProcessRecord> {
  return ownerWrite(ctx, holding, {
    operation: 'park',
    entries,
    leaves: ['waiting', 'stuck'],
    plan(held, roll) {
      const unseen = REQUESTS.some((kind) => held.row[kind] !== undefined && holding.row[kind] === undefined)
      const plan = planPark(held, entries, unseen ? { ...request, dueAt: now, belled: false } : request, roll)
      const absent = REQUESTS.filter((kind) => held.row[kind] === undefined)
      return { ...plan, expect: { ...plan.expect, absent } }
    },
  })
}

const REQUESTS = ['cancel', 'abandon'] as const

/** Gives the lease back, so that anyone may claim at once. A stale or repeated release does nothing (C14). */
export async function release(ctx: Context, holding: Holding, now: EpochMs): Promise<void> {
  let held = holding
  await raced({ id: holding.lease.id, operation: 'release' }, async () => {
    const plan = planPark(held, [], { wait: { for: 'worker' }, dueAt: now, belled: false })
    const reply = await ctx.store.write(toWrite(held.row, plan, ctx.shards))
    if (reply.applied || reply.found === undefined) return undefined
    const record = readRecord(reply.found)
    if (!isHeldBy(record, holding)) return undefined
    // Still this lease, but a commit of its own was applied that it never heard of.
    held = { lease: holding.lease, row: record }
    return LOST_RACE
  })
}

type OwnerWrite = {
  readonly operation: string
  readonly entries: readonly Entry[]
  /** The statuses that the write leaves a process in. */
  readonly leaves: readonly Status[]
  plan(held: Holding, roll: Roll | undefined): Plan
}

/** Puts the pages, then the one write that points at them. Made anew where someone outside appended in between. */
async function ownerWrite(ctx: Context, holding: Holding, write: OwnerWrite): Promise<ProcessRecord> {
  const { lease } = holding
  const rolled: PagePointer[] = []
  let held = holding
  return raced({ id: lease.id, operation: write.operation }, async () => {
    const roll = rollFor(held, write.entries, ctx.shards)
    for (const page of roll?.pages ?? []) {
      await ctx.store.write({ do: 'put', item: pageItem(lease.id, page) })
      rolled.push(page)
    }
    const reply = await ctx.store.write(toWrite(held.row, write.plan(held, roll), ctx.shards))
    if (reply.applied) return readRecord(reply.item)
    if (reply.found === undefined) throw lost(holding, 'the process is gone')
    const found = readRecord(reply.found)
    if (isOwnDoing(found, holding, write, rolled)) return found
    if (!isHeldBy(found, holding) || found.commit !== holding.row.commit) {
      throw lost(holding, `it is ${found.status} under fence ${found.fence}, at commit ${found.commit}`)
    }
    held = { lease, row: found }
    return LOST_RACE
  })
}

/**
 * True where this very write was applied already and its reply was lost (C18): the same fence, one commit on, and
 * the entries are there. One commit on without them is another write of this owner, which says nothing of this one.
 */
function isOwnDoing(
  found: ProcessRecord,
  holding: Holding,
  write: OwnerWrite,
  rolled: readonly PagePointer[],
): boolean {
  if (found.fence !== holding.lease.fence || found.commit !== holding.row.commit + 1) return false
  if (!write.leaves.includes(found.status)) return false
  const inPages = rolled.some(({ first, last }) => found.page?.first === first && found.page.last === last)
  return inPages || endsWithin(found.tail, write.entries)
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

export function lost(holding: Holding, because: string): LeaseLost {
  const { id, fence } = holding.lease
  return new LeaseLost({ id, fence, because })
}
