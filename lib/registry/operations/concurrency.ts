import type { EpochMs } from '../../model/clock.ts'
import { SlotInUse } from '../../model/errors.ts'
import { expectHeld, type Ownership } from '../../model/ownership.ts'
import type { ProcessId } from '../../model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_RACE_TRIES, SLOTS_PASSED_ON_MAX } from '../../model/limits.ts'
import type { Concurrency } from '../../model/registration.ts'
import { isEnded, TERMINAL_STATUSES, type ProcessRecord } from '../../model/record.ts'
import { planSlotFree } from '../../model/requests.ts'
import type { SlotsOfKey } from '../port-lists.ts'
import { joinHolders, joinQueue, readSlots, replaceSlots, slotsItem, type Slots } from '../codec/slots.ts'
import { readRecord, ROW } from '../codec/rows.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { readOrSkip } from '../codec/projections.ts'
import { processKey, slotsKey } from '../codec/keys.ts'
import { NOT_THERE, toCheck, toWrite } from '../codec/plans.ts'
import { lostTo } from './owner-writes.ts'
import { itemBytes, type Item, type Write } from '../store/store.ts'

// At most `limit` processes of a key run at a time. One item holds the running and the waiting ids. Two joins do not refuse
// each other while there is room for both; a leave rewrites the item, and lets the next ones through. No process polls:
//   1. P finds no place and joins the queue. 2. P parks, in one transaction with the check that it still waits there.
//   3. H ends and leaves. In the same transaction P comes to the front and becomes due. Then H's worker wakes P.
// If H leaves between 1 and 2, P's park is refused, and P continues at once. If H's worker dies before its wake-up, the sweep
// finds P due.
//
// The queue is one item, so it has an end. A process that finds it full parks with a due time, and asks again by itself.

/** A place among the running ones, one in the queue, or none: the queue is `full`. */
export type SlotReply = 'held' | 'queued' | 'full'

/**
 * A place among the holders, or one in the queue; the same again where it has one. Throws `LeaseLost`.
 *
 * NO PLACE OUTLIVES ITS PROCESS: nothing but the end of a process gives its place back, so one that was taken after the
 * end would be held for ever.
 *   1. A claims P (fence 1) and sends its join. 2. It is slow. 3. B takes over (fence 2), ends P, and leaves for it.
 *   4. The join arrives: everyone behind P waits for ever.
 * So a join is one transaction with the check that P is running under the joining owner's fence. An end leaves `running` and
 * is never undone, so each join comes before the end. A worker that leaves for P has read its end, so each leave comes after
 * it, and reads every join. The fence alone is not enough: the owner's own end does not move it, and a join may be late within
 * one claim too. Replies without a write need no check: the next write of a stale owner is refused.
 */
export async function takeSlot(
  ctx: Context,
  ownership: Ownership,
  { key, limit }: Concurrency,
): Promise<SlotReply> {
  const { id } = ownership.lease
  return raced({ id, operation: 'taking a slot', tries: SLOT_RACE_TRIES }, async () => {
    const { slot, join } = wayIn(ctx, id, { key, limit }, await ctx.store.get(slotsKey(key)))
    if (join === undefined) return slot
    const reply = await ctx.store.transact([toCheck(id, expectHeld(ownership)), join])
    if (reply.applied) return slot
    const [own] = reply.failed
    if (own === undefined) return LOST_RACE
    throw lostTo(ownership, own.found === undefined ? undefined : readRecord(own.found))
  })
}

type SlotPlan = { readonly slot: SlotReply; readonly join?: Write }

/** The place that the slots have for it; `join` where it is not there yet. */
function wayIn(ctx: Context, id: ProcessId, { key, limit }: Concurrency, item: Item | undefined): SlotPlan {
  if (item === undefined) {
    const first = slotsItem(key, { limit, holders: [id], queue: [], version: 1 })
    return { slot: 'held', join: { do: 'put', item: first, when: NOT_THERE } }
  }
  const slots = readSlots(item)
  const { holders, queue } = slots
  if (holders.includes(id)) return { slot: 'held' }
  const before = queue.indexOf(id)
  if (before >= 0) {
    // A waiting process continues if the limit was raised since, and all before it would find a place as well.
    if (holders.length + before >= limit) return { slot: 'queued' }
    const next = { limit, holders: [...holders, id], queue: queue.filter((each) => each !== id) }
    return { slot: 'held', join: replaceSlots(key, slots, next) }
  }
  if (holders.length < limit && queue.length === 0) return { slot: 'held', join: joinHolders(id, key, limit) }
  if (queue.length >= ctx.slotQueueMax || itemBytes(item) >= SLOT_ITEM_MAX_BYTES) return { slot: 'full' }
  return { slot: 'queued', join: joinQueue(id, key, limit) }
}

/**
 * Gives the place back, whether held or queued, and passes it on. Answers the processes that came to the front and were
 * parked: each is due by the write that let it through, so only their wake-ups are left to send. Repeated, or for a process
 * that never had a place, it finds nothing to do. One read and one put; where places are passed on, one read for each and a
 * transaction.
 */
export async function leaveSlot(
  ctx: Context,
  id: ProcessId,
  { key }: Pick<Concurrency, 'key'>,
  now: EpochMs,
  guard?: () => Promise<Write>,
): Promise<readonly ProcessRecord[]> {
  const woken: ProcessRecord[] = []
  for (;;) {
    const passed = await raced({ id, operation: 'leaving a slot', tries: SLOT_RACE_TRIES }, () =>
      passOn(ctx, { id, key, now, guard }),
    )
    woken.push(...passed.flatMap((each) => each.woken ?? []))
    // One transaction takes so many. The others are let through by the next one.
    if (passed.length < SLOTS_PASSED_ON_MAX) return woken
  }
}

/** See `ProcessRegistry.slots`. */
export async function slots(ctx: Context, key: string): Promise<SlotsOfKey> {
  const item = await ctx.store.get(slotsKey(key))
  const { limit, holders, queue } = item === undefined ? NO_SLOTS : readSlots(item)
  return { limit, holders, queue }
}
const NO_SLOTS: Slots = { limit: 0, holders: [], queue: [], version: 0 }

/**
 * See `ProcessRegistry.releaseSlot`. The write holds only as long as the process has ended or is gone:
 *   1. An operator reads that P is gone. 2. P is started again, and takes a place. 3. The release arrives.
 * Were it to go through, the next process would run beside P.
 */
export async function releaseSlot(
  ctx: Context,
  id: ProcessId,
  key: string,
  now: EpochMs,
): Promise<{ readonly released: boolean; readonly woken: readonly ProcessRecord[] }> {
  const had = await hasPlace(ctx, id, key)
  if (!had) return { released: false, woken: [] }
  const woken = await leaveSlot(ctx, id, { key }, now, async () => {
    const item = await ctx.store.get(processKey(id))
    const record = item === undefined ? undefined : readRecord(item)
    if (record !== undefined && !isEnded(record)) throw new SlotInUse({ id, key, status: record.status })
    const when = { any: [NOT_THERE, { attr: ROW.status.attr, in: TERMINAL_STATUSES }] }
    return { do: 'check', key: processKey(id), when }
  })
  return { released: true, woken }
}

async function hasPlace(ctx: Context, id: ProcessId, key: string): Promise<boolean> {
  const { holders, queue } = await slots(ctx, key)
  return holders.includes(id) || queue.includes(id)
}

/** One that comes to the front. `write` pins it as it was found: parked, and then made due, or not, and then left alone. */
type PromotedProcess = { readonly write?: Write; readonly woken?: ProcessRecord }

async function passOn(
  ctx: Context,
  {
    id,
    key,
    now,
    guard,
  }: {
    readonly id: ProcessId
    readonly key: string
    readonly now: EpochMs
    readonly guard: (() => Promise<Write>) | undefined
  },
): Promise<readonly PromotedProcess[] | typeof LOST_RACE> {
  const item = await ctx.store.get(slotsKey(key))
  if (item === undefined) return []
  const slots = readSlots(item)
  const { next, promoted } = without(slots, id)
  const had = slots.holders.includes(id) || slots.queue.includes(id)
  if (!had && promoted.length === 0) return []
  const fronts = await Promise.all(promoted.map((each) => promotedProcess(ctx, each, now)))
  const replace = replaceSlots(key, slots, next)
  const beside = [
    ...(guard === undefined || !had ? [] : [await guard()]),
    ...fronts.flatMap(({ write }) => write ?? []),
  ]
  const { applied } =
    beside.length === 0 ? await ctx.store.write(replace) : await ctx.store.transact([replace, ...beside])
  return applied ? fronts : LOST_RACE
}

/**
 * 1. P has joined the queue, and is about to park. 2. H leaves: P runs, so there is nothing to wake. 3. P parks before the
 * leaving arrives, for it still waits then. Were the leaving to go through, P would hold a place and sleep for ever. So
 * it names P's row as it was found.
 */
async function promotedProcess(ctx: Context, id: ProcessId, now: EpochMs): Promise<PromotedProcess> {
  const item = await ctx.store.get(processKey(id))
  const record = item === undefined ? undefined : readOrSkip(item, () => readRecord(item))
  // No worker can run an unreadable process: it keeps its place until an operator repairs it.
  if (record === undefined) return {}
  if (record.status !== 'waiting' || record.wait.for !== 'slot') {
    const { fence, commit, status } = record
    return { write: toCheck(id, { fence, commit, statusIn: [status] }) }
  }
  const write = toWrite(record, planSlotFree(now), ctx.shards)
  return { write, woken: { ...record, dueAt: now, wakeupScheduled: true } }
}

/** The slots once `id` has left: the queue moves up, from its head, while there is a place. */
function without(slots: Slots, id: ProcessId): { next: Slots; promoted: readonly ProcessId[] } {
  const holders = slots.holders.filter((each) => each !== id)
  const queue = slots.queue.filter((each) => each !== id)
  const free = Math.max(0, slots.limit - holders.length)
  const promoted = queue.splice(0, Math.min(free, SLOTS_PASSED_ON_MAX))
  return { next: { ...slots, holders: [...holders, ...promoted], queue }, promoted }
}
