import type { EpochMs } from '../../model/clock.ts'
import { ProcessEnded, SignalRefused, UnknownProcess } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { jsonBytes, type Json } from '../../model/json.ts'
import { INLINE_VALUE_MAX_BYTES } from '../../model/limits.ts'
import type { Entry, Payload } from '../../model/log.ts'
import { isEnded, type ProcessRecord } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import { planArrival, readArrivalRefusal, type Whereabouts } from '../../model/requests.ts'
import { readRecord } from '../codec/rows.ts'
import { poke } from '../codec/lease-item.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { keep } from './payloads.ts'
import { toWrite } from '../codec/plans.ts'
import type { Arrival } from '../port.ts'
import { get, mustGet } from './reading.ts'
import type { Item, TransactReply, Write } from '../store/store.ts'

/** What arrives, and what makes it count once. */
export type Arriving = {
  readonly id: ProcessId
  /** As errors name it. */
  readonly asked: string
  readonly entry: Entry
  /** Stands or falls with the entry. */
  readonly once: Write
  /** Reads the item that refused `once`. True where the same was said before. Throws where something else was. */
  readonly saidBefore: (found: Item | undefined) => boolean
}

/**
 * Appends an entry of someone outside, once, wherever the process is. A parked one is tried first, for most wait for
 * what arrives: then this is one transaction. Where it is elsewhere, the refusal says where.
 *
 * A running owner is poked afterwards, and again by each repetition, since the first poke may have been lost with its
 * sender. Between the append and the poke nothing can be lost: a park that has not seen the entry is refused.
 */
export async function arrive(ctx: Context, arriving: Arriving, now: EpochMs): Promise<Arrival> {
  const { id, entry, once, saidBefore, asked } = arriving
  let at: Whereabouts = 'waiting'
  const arrival = await raced<Arrival>({ id, operation: 'an arrival' }, async () => {
    const reply = await ctx.store.transact([toWrite({ id }, planArrival(entry, at, now), ctx.shards), once])
    if (reply.applied) return { id, whereabouts: at, fresh: true }
    const [own, said] = reply.failed
    const found = foundBy(id, own)
    if (said !== undefined && saidBefore(said.found)) {
      return { id, whereabouts: found === undefined ? at : whereaboutsOf(found), fresh: false }
    }
    if (found !== undefined) {
      expectKept(found, now)
      at = readArrivalRefusal(found, asked, at)
    }
    return LOST_RACE
  })
  if (arrival.whereabouts === 'running') {
    // The append answered without its number. That of the row now is no lower, and an owner who knows it saw the entry.
    const record = await get(ctx, id)
    if (record !== undefined) await pokeOwner(ctx, record, now)
  }
  return arrival
}

type Refusal = Extract<TransactReply, { applied: false }>['failed'][number]

/** The process that refused; undefined where it did not. Throws `UnknownProcess`. */
function foundBy(id: ProcessId, refusal: Refusal): ProcessRecord | undefined {
  if (refusal === undefined) return undefined
  if (refusal.found === undefined) throw new UnknownProcess({ id })
  return readRecord(refusal.found)
}

function whereaboutsOf(record: ProcessRecord): Arrival['whereabouts'] {
  return isEnded(record) ? 'ended' : record.status
}

/**
 * Keeps a value that comes from outside. Only one that is big costs anything: then the process has to be there and open
 * first, so that nothing is left behind under an id that no process has.
 */
export async function keepArriving(
  ctx: Context,
  id: ProcessId,
  value: Json,
  { asked, what }: { asked: string; what: string },
): Promise<Payload> {
  if (jsonBytes(value) > INLINE_VALUE_MAX_BYTES) {
    const record = await mustGet(ctx, id)
    if (isEnded(record)) throw new ProcessEnded({ id, status: record.status, asked })
  }
  return keep(ctx, id, value, what)
}

/**
 * Tells a parent that a child has ended. Told twice it has two entries, and takes the first: that costs less than to
 * remember who was told. Undefined where there is no parent any more that could take it. Throws `SignalRefused` where
 * too much waits there already: it is to be told again later.
 */
export async function childEnded(
  ctx: Context,
  parent: ProcessId,
  child: { id: ProcessId; status: string },
  now: EpochMs,
): Promise<ProcessRecord | undefined> {
  const entry: Entry = { type: 'child', at: now, ...child }
  let at: Whereabouts = 'waiting'
  const record = await raced({ id: parent, operation: 'the end of a child' }, async () => {
    const reply = await ctx.store.write(toWrite({ id: parent }, planArrival(entry, at, now), ctx.shards))
    if (reply.applied) return readRecord(reply.item)
    if (reply.found === undefined) return undefined
    const found = readRecord(reply.found)
    if (isEnded(found) || found.recovery === 'external') return undefined
    at = readArrivalRefusal(found, 'the end of a child', at)
    return LOST_RACE
  })
  if (record !== undefined) await pokeOwner(ctx, record, now)
  return record
}

async function pokeOwner(ctx: Context, record: ProcessRecord, now: EpochMs): Promise<void> {
  if (record.status === 'running') await ctx.store.write(poke(record.id, record.seq, now))
}

export function refused(id: ProcessId, asked: string, because: string): SignalRefused {
  return new SignalRefused({ id, asked, because })
}
