import type { EpochMs } from '../../model/clock.ts'
import { SignalRefused, UnknownProcess, ProcessEnded } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { ERROR_MESSAGE_MAX_BYTES, SIGNAL_NAME_MAX } from '../../model/limits.ts'
import { cutText } from '../../model/log.ts'
import { type ProcessRecord, isEnded } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import {
  planFurtherRequest,
  planRequest,
  readRequestRefusal,
  type OutsideRequest,
  type RequestKind,
  planResume,
} from '../../model/requests.ts'
import { readRecord } from '../codec/rows.ts'
import { noticeOwner } from '../codec/lease-item.ts'
import { contentHash, takeKey } from '../codec/once.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { toWrite } from '../codec/plans.ts'
import { mustGet } from './read.ts'
import { refused } from './append.ts'

export function requestCancel(ctx: Context, id: ProcessId, asked: OutsideRequest, now: EpochMs) {
  return request(ctx, id, 'cancel', asked, now)
}

export function requestAbandon(ctx: Context, id: ProcessId, asked: OutsideRequest, now: EpochMs) {
  return request(ctx, id, 'abandon', asked, now)
}

/**
 * Records a request of a client as one entry, whatever the state of the process (C29). The first attempt expects a running
 * process: its owner then gets a notice, and reads the request with its next renewal. If the process is not running, the refusal
 * contains its row, and the next attempt records the request and makes the process due at once.
 *
 * A repetition with the same reason changes nothing in the process. With another reason it is one more entry, and the first
 * request counts. A running owner gets a notice again, since the first sender may have died before its notice. Throws
 * `UnknownProcess`, `ProcessEnded`, `NoLongerRetained`, `SignalRefused` (another reason, and the backlog is full).
 */
async function request(
  ctx: Context,
  id: ProcessId,
  kind: RequestKind,
  asked: OutsideRequest,
  now: EpochMs,
): Promise<ProcessRecord> {
  const cut = cutRequest(asked)
  let status: 'running' | 'other' = 'running'
  const record = await raced({ id, operation: kind }, async () => {
    const reply = await ctx.store.write(toWrite({ id }, planRequest(kind, cut, now, status), ctx.shards))
    if (reply.applied) return readRecord(reply.item)
    if (reply.found === undefined) throw new UnknownProcess({ id })
    const found = readRecord(reply.found)
    expectKept(found, now)
    if (readRequestRefusal(kind, found) === 'standing')
      return found[kind]?.reason === cut.reason ? found : again(ctx, found, kind, { request: cut, now })
    status = found.status === 'running' ? 'running' : 'other'
    return LOST_RACE
  })
  if (record.status === 'running') await ctx.store.write(noticeOwner(id, record.seq, now))
  return record
}

/** A request beside the one that stands. Its key makes it count once, however often it is made. */
async function again(
  ctx: Context,
  found: ProcessRecord,
  kind: RequestKind,
  { request: asked, now }: { readonly request: OutsideRequest; readonly now: EpochMs },
): Promise<ProcessRecord | typeof LOST_RACE> {
  const { id, status } = found
  const plan = planFurtherRequest(kind, asked, status, now)
  const key = requestKey(kind, asked)
  const reply = await ctx.store.transact([
    toWrite({ id }, plan, ctx.shards),
    takeKey(id, key, contentHash(kind)),
  ])
  if (reply.applied) return mustGet(ctx, id)
  const [own, said] = reply.failed
  if (said !== undefined) return found
  if (own?.found !== undefined && readRecord(own.found).status === status)
    throw new SignalRefused({
      id,
      asked: `a further ${kind}`,
      because: 'its unread signals and answers take all the room there is; try again once it has taken some',
    })
  return LOST_RACE
}

/**
 * Lets a stuck process continue: it is due at once, and its next run replays the journal on the code deployed then.
 * Throws `UnknownProcess`, `ProcessEnded`, `SignalRefused` if it is not stuck.
 */
export async function resume(
  ctx: Context,
  id: ProcessId,
  by: string | undefined,
  now: EpochMs,
): Promise<ProcessRecord> {
  const who = by === undefined ? undefined : cutText(by, ERROR_MESSAGE_MAX_BYTES)
  const plan = planResume(who, now)
  const reply = await ctx.store.write(toWrite({ id }, plan, ctx.shards))
  if (reply.applied) return readRecord(reply.item)
  if (reply.found === undefined) throw new UnknownProcess({ id })
  const found = readRecord(reply.found)
  expectKept(found, now)
  // The first sending was applied, and its answer lost: the entry is there, and nothing else is to be done.
  const last = found.tail.at(-1)
  if (reply.unsure === true && last?.type === 'resume' && last.at === now && last.by === who) return found
  if (isEnded(found)) throw new ProcessEnded({ id, status: found.status, asked: 'a resume' })
  throw refused(id, 'a resume', `it is ${found.status}, not stuck`)
}

/** Longer than the key of any signal, so it is never one of theirs. */
function requestKey(kind: RequestKind, { reason }: OutsideRequest): string {
  return JSON.stringify(reason === undefined ? [kind] : [kind, reason]).padEnd(SIGNAL_NAME_MAX + 1)
}

function cutRequest(asked: OutsideRequest): OutsideRequest {
  const { reason, by } = asked
  return {
    ...(reason === undefined ? {} : { reason: cutText(reason, ERROR_MESSAGE_MAX_BYTES) }),
    ...(by === undefined ? {} : { by: cutText(by, ERROR_MESSAGE_MAX_BYTES) }),
  }
}
