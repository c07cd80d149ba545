import { awaits } from '../../model/arrivals.ts'
import type { EpochMs } from '../../model/clock.ts'
import { ProcessEnded, SignalRefused, UnknownProcess, KeyConflict } from '../../model/errors.ts'
import type { Roll } from '../../model/ownership.ts'
import type { ProcessId } from '../../model/ids.ts'
import { invariant } from '../../model/invariant.ts'
import { jsonBytes, type Json } from '../../model/json.ts'
import {
  BACKLOG_MAX_BYTES,
  INLINE_VALUE_MAX_BYTES,
  TAIL_ROLL_TRIES,
  TAIL_ROLLED_BYTES,
  SIGNAL_NAME_MAX,
} from '../../model/limits.ts'
import type { ArrivalEntry, Payload } from '../../model/log.ts'
import { isEnded, isTerminal, type ProcessRecord } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import {
  expectTakes,
  planArrival,
  planRollingArrival,
  wakes,
  type ChildEndReply,
  type FoundRow,
  type OpenStatus,
} from '../../model/requests.ts'
import { readRecord, tailBytesIn } from '../codec/rows.ts'
import { noticeOwner } from '../codec/lease-item.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { keep } from './payloads.ts'
import { putPages, rollOfTail } from './rolling.ts'
import { toWrite, type UpdateWrite } from '../codec/plans.ts'
import type { Arrival, SignalRequest } from '../port.ts'
import { get, mustGet } from './read.ts'
import type { Item, TransactReply, Write } from '../store/store.ts'
import { contentHash, readOnce, takeKey } from '../codec/once.ts'

/** What arrives, and what makes it count once. */
export type ArrivalRequest = {
  readonly id: ProcessId
  /** As errors name it. */
  readonly asked: string
  readonly entry: ArrivalEntry
  /** Stands or falls with the entry. */
  readonly once: Write
  /** Reads the item that refused `once`. True where the same was said before. Throws where something else was. */
  readonly saidBefore: (found: Item | undefined) => boolean
}

/**
 * Appends an entry of a client, once, whatever the state of the process. The first attempt expects a parked process that
 * waits for the entry: then this is one transaction. In any other state the refusal contains the row, and the next attempt fits it.
 *
 * A running owner gets a notice afterwards, and again by each repetition, since the first sender may have died before its notice.
 * Between the append and the notice nothing can be lost: a park that has not seen the entry is refused.
 */
export async function appendArrival(ctx: Context, arriving: ArrivalRequest, now: EpochMs): Promise<Arrival> {
  const { id, entry, once, saidBefore, asked } = arriving
  const append = new Append(ctx, { id, entry, asked, now })
  const arrival = await raced<Arrival>({ id, operation: 'an arrival' }, async () => {
    const reply = await ctx.store.transact([await append.write(), once])
    if (reply.applied) return { id, ...append.at, fresh: true }
    const [own, said] = reply.failed
    const found = refusingProcess(id, own)
    if (said !== undefined && saidBefore(said.found)) {
      if (found === undefined) return { id, ...append.at, fresh: false }
      return { id, status: statusFound(found), wakes: needsWakeup(entry, found), fresh: false }
    }
    if (own?.found !== undefined) append.refusedBy(own.found)
    return LOST_RACE
  })
  if (arrival.status === 'running') {
    // The append answered without its number. That of the row now is no lower, and an owner who knows it saw the entry.
    const record = await get(ctx, id)
    if (record !== undefined) await noticeRunningOwner(ctx, record, now)
  }
  return arrival
}

type AppendRequest = Pick<ArrivalRequest, 'id' | 'entry' | 'asked'> & { readonly now: EpochMs }

/**
 * The append of one arrival, made anew from each row that refused it. Where the tail of that row is long, the append rolls
 * it: no owner need come by, so arrivals that no wait takes never keep out one that a wait does (C64).
 */
class Append {
  readonly #ctx: Context
  readonly #arriving: AppendRequest
  #found: FoundRow | undefined
  #rolls = 0
  #rolling = false

  constructor(ctx: Context, arriving: AppendRequest) {
    this.#ctx = ctx
    this.#arriving = arriving
  }

  /** Where the write would be applied. */
  get at(): { readonly status: OpenStatus; readonly wakes: boolean } {
    const { entry, now } = this.#arriving
    const status = this.#found?.record.status ?? 'waiting'
    invariant(!isTerminal(status), 'an arrival is sent to an open process', { status })
    return { status, wakes: wakes(entry, this.#found?.record, now) }
  }

  async write(): Promise<UpdateWrite> {
    const { id, entry, now } = this.#arriving
    const roll = await this.#roll()
    this.#rolling = roll !== undefined
    const plan =
      this.#found === undefined || roll === undefined
        ? planArrival(entry, this.#found, now)
        : planRollingArrival(entry, this.#found, roll, now)
    return toWrite({ id }, plan, this.#ctx.shards)
  }

  /** Takes over the row that refused the write. Throws what the arrival is refused with. */
  refusedBy(item: Item): void {
    const { now, asked, id } = this.#arriving
    const record = readRecord(item)
    expectKept(record, now)
    expectTakes(record, asked)
    const tailBytes = tailBytesIn(item)
    if (tailBytes > BACKLOG_MAX_BYTES && this.#found !== undefined && !this.#rolling)
      throw refused(id, asked, 'too many signals wait to be taken; send it again later')
    this.#found = { record, tailBytes }
  }

  async #roll(): Promise<Roll | undefined> {
    if (this.#found === undefined || this.#found.tailBytes <= TAIL_ROLLED_BYTES) return undefined
    if (this.#rolls >= TAIL_ROLL_TRIES) return undefined
    this.#rolls += 1
    const roll = rollOfTail(this.#found.record)
    return roll !== undefined && (await putPages(this.#ctx, this.#arriving.id, roll)) ? roll : undefined
  }
}

type WriteRefusal = Extract<TransactReply, { applied: false }>['failed'][number]

/** The process that refused; undefined where it did not. Throws `UnknownProcess`. */
function refusingProcess(id: ProcessId, refusal: WriteRefusal): ProcessRecord | undefined {
  if (refusal === undefined) return undefined
  if (refusal.found === undefined) throw new UnknownProcess({ id })
  return readRecord(refusal.found)
}

/** A repetition sends a wake-up though the process is due: the wake-up of the first sender may have been lost with it. */
function needsWakeup(entry: ArrivalEntry, record: ProcessRecord): boolean {
  return record.status === 'waiting' && awaits(record.wait, entry)
}

function statusFound(record: ProcessRecord): Arrival['status'] {
  return isEnded(record) ? 'ended' : record.status
}

/**
 * Keeps a value that comes from outside. Only one that is big costs anything: then the process has to be there and open
 * first, so that nothing is left behind under an id that no process has.
 */
export async function keepArrivalValue(
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
): Promise<ChildEndReply | undefined> {
  const entry: ArrivalEntry = { type: 'child', at: now, ...child }
  const append = new Append(ctx, { id: parent, entry, asked: 'the end of a child', now })
  const told = await raced({ id: parent, operation: 'the end of a child' }, async () => {
    const reply = await ctx.store.write(await append.write())
    if (reply.applied) return { record: readRecord(reply.item), wakes: append.at.wakes }
    if (reply.found === undefined) return undefined
    const found = readRecord(reply.found)
    if (isEnded(found) || found.recovery === 'external') return undefined
    append.refusedBy(reply.found)
    return LOST_RACE
  })
  if (told !== undefined) await noticeRunningOwner(ctx, told.record, now)
  return told
}

async function noticeRunningOwner(ctx: Context, record: ProcessRecord, now: EpochMs): Promise<void> {
  if (record.status === 'running') await ctx.store.write(noticeOwner(record.id, record.seq, now))
}

export function refused(id: ProcessId, asked: string, because: string): SignalRefused {
  return new SignalRefused({ id, asked, because })
}

/** Appends a signal, once by its key (C26, C38). The key counts for the process, whatever the signal's name. */
export async function signal(
  ctx: Context,
  id: ProcessId,
  sent: SignalRequest,
  now: EpochMs,
): Promise<Arrival> {
  const { name, key } = sent
  const asked = 'a signal'
  for (const [what, text] of Object.entries({ name, key })) {
    if (text.length < 1 || text.length > SIGNAL_NAME_MAX)
      throw refused(id, asked, `its ${what} has ${text.length} characters, expected 1 to ${SIGNAL_NAME_MAX}`)
    // Stored as UTF-8, half a character becomes another one, and no wait would be for that name.
    if (!text.isWellFormed()) throw refused(id, asked, `its ${what} holds half a character`)
  }
  const what = `signal ${JSON.stringify(name)}`
  const payload = await keepArrivalValue(ctx, id, sent.payload, { asked, what })
  const content = contentHash({ name, payload: sent.payload })
  return appendArrival(
    ctx,
    {
      id,
      asked,
      entry: { type: 'signal', at: now, name, key, payload },
      once: takeKey(id, key, content),
      saidBefore(found) {
        if (found === undefined || readOnce(found).content !== content) throw new KeyConflict({ id, key })
        return true
      },
    },
    now,
  )
}
