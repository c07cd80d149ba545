import type { EpochMs } from '../../model/clock.ts'
import { TooManyWait } from '../../model/errors.ts'
import { expectHeld, type Holding } from '../../model/holding.ts'
import type { ProcessId } from '../../model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_QUEUE_MAX, SLOT_RACE_TRIES } from '../../model/limits.ts'
import type { Concurrency } from '../../model/registration.ts'
import type { ProcessRecord } from '../../model/record.ts'
import { planSlotFree } from '../../model/requests.ts'
import { joinHolders, joinQueue, readSlots, replaceSlots, slotsItem, type Slots } from '../codec/slots.ts'
import { readRecord } from '../codec/rows.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { slotsKey } from '../codec/keys.ts'
import { NOT_THERE, toCheck, toWrite } from '../codec/plans.ts'
import { lostTo } from './owner-writes.ts'
import { itemBytes } from '../store/size.ts'
import type { Item, Write } from '../store/store.ts'

// At most `limit` processes of a key run at a time. One item says who runs and who waits. Those who come do not refuse each
// other while there is room for both; leaving rewrites the item, and lets the next ones through. Nobody polls:
//   1. P finds no place and joins the queue. 2. P parks, in one transaction with the check that it still waits there.
//   3. H ends, leaves, and P comes to the front: H makes P due and rings.
// Had H left between 1 and 2, P's park would have been refused, and P would have gone on at once. Were H to die between
// leaving and ringing, it would still owe: whoever settles H leaves again, and is answered all holders to ring.

/**
 * A place among the holders, or one in the queue; the same again where it has one. Throws `TooManyWait`, `LeaseLost`.
 *
 * NO PLACE OUTLIVES ITS PROCESS: nothing but the end of a process gives its place back, so one that was taken after the
 * end would be held for ever.
 *   1. A claims P (fence 1) and sends its join. 2. It is slow. 3. B takes over (fence 2), ends P, and leaves for it.
 *   4. The join arrives: everyone behind P waits for ever.
 * So a join is one transaction with the check that P runs under the fence of whoever joins. An end leaves `running` and is
 * never undone, so each join comes before the end. Whoever leaves for P has read its end, so each leave comes after it, and
 * reads every join. The fence alone would not do: the owner's own end does not move it, and a join may be late within one
 * claim too. Answers that write nothing need no check: what a stale owner does with them is refused.
 */
export async function takeSlot(
  ctx: Context,
  holding: Holding,
  { key, limit }: Concurrency,
): Promise<'held' | 'queued'> {
  const { id } = holding.lease
  return raced({ id, operation: 'taking a slot', tries: SLOT_RACE_TRIES }, async () => {
    const { place, join } = wayIn(id, { key, limit }, await ctx.store.get(slotsKey(key)))
    if (join === undefined) return place
    const reply = await ctx.store.transact([toCheck(id, expectHeld(holding)), join])
    if (reply.applied) return place
    const [own] = reply.failed
    if (own === undefined) return LOST_RACE
    throw lostTo(holding, own.found === undefined ? undefined : readRecord(own.found))
  })
}

type WayIn = { readonly place: 'held' | 'queued'; readonly join?: Write }

/** The place that the slots have for it; `join` where it is not there yet. Throws `TooManyWait`. */
function wayIn(id: ProcessId, { key, limit }: Concurrency, item: Item | undefined): WayIn {
  if (item === undefined) {
    const first = slotsItem(key, { limit, holders: [id], queue: [], version: 1 })
    return { place: 'held', join: { do: 'put', item: first, when: NOT_THERE } }
  }
  const slots = readSlots(item)
  const { holders, queue } = slots
  if (holders.includes(id)) return { place: 'held' }
  const before = queue.indexOf(id)
  if (before >= 0) {
    // One that waits goes on where the limit was raised since, and all before it would find a place as well.
    if (holders.length + before >= limit) return { place: 'queued' }
    const next = { limit, holders: [...holders, id], queue: queue.filter((each) => each !== id) }
    return { place: 'held', join: replaceSlots(key, slots, next) }
  }
  if (holders.length < limit && queue.length === 0)
    return { place: 'held', join: joinHolders(id, key, limit) }
  if (queue.length >= SLOT_QUEUE_MAX || itemBytes(item) >= SLOT_ITEM_MAX_BYTES)
    throw new TooManyWait({ id, key, waiting: queue.length })
  return { place: 'queued', join: joinQueue(id, key, limit) }
}

/**
 * Gives the place back, whether held or queued, and answers who came to the front. Where it had none, since an earlier
 * call got through and its answer was lost, all holders are answered: any of them may not have been rung for.
 * One read and one put.
 */
export async function leaveSlot(
  ctx: Context,
  id: ProcessId,
  { key }: Concurrency,
): Promise<readonly ProcessId[]> {
  return raced({ id, operation: 'leaving a slot', tries: SLOT_RACE_TRIES }, async () => {
    const item = await ctx.store.get(slotsKey(key))
    if (item === undefined) return []
    const slots = readSlots(item)
    const { next, promoted } = without(slots, id)
    const had = slots.holders.includes(id) || slots.queue.includes(id)
    const answer = had ? promoted : next.holders
    if (!had && promoted.length === 0) return answer
    const reply = await ctx.store.write(replaceSlots(key, slots, next))
    return reply.applied ? answer : LOST_RACE
  })
}

/** The slots once `id` has left: the queue moves up, from its head, while there is a place. */
function without(slots: Slots, id: ProcessId): { next: Slots; promoted: readonly ProcessId[] } {
  const holders = slots.holders.filter((each) => each !== id)
  const queue = slots.queue.filter((each) => each !== id)
  const promoted = queue.splice(0, Math.max(0, slots.limit - holders.length))
  return { next: { ...slots, holders: [...holders, ...promoted], queue }, promoted }
}

/** Makes a process that waits for a slot due at once, and returns it. Undefined if it does not wait for one. One update. */
export async function wakeForSlot(
  ctx: Context,
  id: ProcessId,
  now: EpochMs,
): Promise<ProcessRecord | undefined> {
  const reply = await ctx.store.write(toWrite({ id }, planSlotFree(now), ctx.shards))
  return reply.applied ? readRecord(reply.item) : undefined
}
