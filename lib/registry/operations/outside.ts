import type { EpochMs } from '../../model/clock.ts'
import { UnknownProcess } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { ERROR_MESSAGE_MAX_BYTES } from '../../model/limits.ts'
import { cutText } from '../../model/log.ts'
import type { ProcessRecord } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import {
  planRequest,
  readRequestRefusal,
  type OutsideRequest,
  type RequestKind,
} from '../../model/requests.ts'
import { readRecord } from '../codec/rows.ts'
import { poke } from '../codec/lease-item.ts'
import { LOST_RACE, raced, type Context } from './context.ts'
import { toWrite } from '../codec/plans.ts'

/**
 * Records a request of someone outside as one entry, whoever holds the process (C29). A running one is tried first:
 * its owner is then poked, and sees the request with its next renewal. Where the process is not running, the refusal
 * brings its row, and the same request makes it due at once.
 *
 * Asked again, it changes nothing in the process; a running owner is poked again, for the first poke may have been
 * lost with its sender. Throws `UnknownProcess`, `ProcessEnded`, `NoLongerRetained`.
 */
export async function request(
  ctx: Context,
  id: ProcessId,
  kind: RequestKind,
  asked: OutsideRequest,
  now: EpochMs,
): Promise<ProcessRecord> {
  const cut = { reason: cutText(asked.reason, ERROR_MESSAGE_MAX_BYTES), ...byOf(asked) }
  let status: 'running' | 'other' = 'running'
  const record = await raced({ id, operation: kind }, async () => {
    const reply = await ctx.store.write(toWrite({ id }, planRequest(kind, cut, now, status), ctx.shards))
    if (reply.applied) return readRecord(reply.item)
    if (reply.found === undefined) throw new UnknownProcess({ id })
    const found = readRecord(reply.found)
    expectKept(found, now)
    if (readRequestRefusal(kind, found) === 'standing') return found
    status = found.status === 'running' ? 'running' : 'other'
    return LOST_RACE
  })
  if (record.status === 'running') await ctx.store.write(poke(id, record.seq, now))
  return record
}

function byOf({ by }: OutsideRequest): { by?: string } {
  return by === undefined ? {} : { by: cutText(by, ERROR_MESSAGE_MAX_BYTES) }
}
