import type { EpochMs } from '../../model/clock.ts'
import { TooManyWait } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { SLOT_ITEM_MAX_BYTES, SLOT_QUEUE_MAX, SLOT_RACE_TRIES } from '../../model/limits.ts'
import type { Concurrency } from '../../model/registration.ts'
import { planSlotFree } from '../../model/requests.ts'
import { joinHolders, joinQueue, readSlots, replaceSlots, slotsItem, type Slots } from '../codec/slots.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { slotsKey } from '../codec/keys.ts'
import { NOT_THERE, toWrite } from '../codec/plans.ts'
import { itemBytes } from '../store/size.ts'
import type { Item } from '../store/store.ts'

// At most `limit` processes of a key run at a time. One item says who runs and who waits. Coming is one update that any
// number may make at once; leaving rewrites the item, and lets the next ones through. Nobody polls:
//   1. P finds no place and joins the queue. 2. P parks, in one transaction with the check that it still waits there.
//   3. H ends, leaves, and P comes to the front: H makes P due and rings.
// Had H left between 1 and 2, P's park would have been refused, and P would have gone on at once. Were H to die between
// leaving and ringing, it would still owe: whoever settles H leaves again, and is answered all holders to ring.

/** A place among the holders, or one in the queue; the same again where it has one. Throws `TooManyWait`. One update. */
export async function takeSlot(
  ctx: Context,
  id: ProcessId,
  { key, limit }: Concurrency,
): Promise<'held' | 'queued'> {
  return raced({ id, operation: 'taking a slot', tries: SLOT_RACE_TRIES }, async () => {
    const reply = await ctx.store.write(joinHolders(id, key, limit))
    if (reply.applied) return 'held'
    if (reply.found === undefined) {
      const item = slotsItem(key, { limit, holders: [id], queue: [], version: 1 })
      const made = await ctx.store.write({ do: 'put', item, when: NOT_THERE })
      return made.applied ? 'held' : LOST_RACE
    }
    const slots = readSlots(reply.found)
    if (slots.holders.includes(id)) return 'held'
    const place = slots.queue.indexOf(id)
    if (place >= 0) return waitOn(ctx, id, { key, slots: { ...slots, limit }, place })
    expectRoom(id, key, reply.found, slots)
    const queued = await ctx.store.write(joinQueue(id, key, limit))
    return queued.applied ? 'queued' : LOST_RACE
  })
}

/** One that waits already goes on where the limit was raised since, and all before it would find a place as well. */
async function waitOn(
  ctx: Context,
  id: ProcessId,
  { key, slots, place }: { key: string; slots: Slots; place: number },
): Promise<'held' | 'queued' | typeof LOST_RACE> {
  if (slots.holders.length + place >= slots.limit) return 'queued'
  const { limit } = slots
  const next = { limit, holders: [...slots.holders, id], queue: slots.queue.filter((each) => each !== id) }
  const reply = await ctx.store.write(replaceSlots(key, slots, next))
  return reply.applied ? 'held' : LOST_RACE
}

function expectRoom(id: ProcessId, key: string, item: Item, { queue }: Slots): void {
  if (queue.length >= SLOT_QUEUE_MAX || itemBytes(item) >= SLOT_ITEM_MAX_BYTES)
    throw new TooManyWait({ id, key, waiting: queue.length })
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

/** Makes a process that waits for a slot due at once. False where it does not wait for one. One update. */
export async function wakeForSlot(ctx: Context, id: ProcessId, now: EpochMs): Promise<boolean> {
  return (await ctx.store.write(toWrite({ id }, planSlotFree(now), ctx.shards))).applied
}
