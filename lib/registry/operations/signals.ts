import type { EpochMs } from '../../model/clock.ts'
import { KeyConflict, ProcessEnded, UnknownProcess } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { ERROR_MESSAGE_MAX_BYTES, SIGNAL_NAME_MAX } from '../../model/limits.ts'
import { cutText } from '../../model/log.ts'
import { isEnded, type ProcessRecord } from '../../model/record.ts'
import { expectKept } from '../../model/retention.ts'
import { planResume } from '../../model/requests.ts'
import { arrive, keepArriving, refused } from './append.ts'
import { readRecord } from '../codec/rows.ts'
import { contentHash, readOnce, takeKey } from '../codec/once.ts'
import type { Context } from './context.ts'
import { toWrite } from '../codec/plans.ts'
import type { Arrival, Signal } from '../port.ts'

/** Appends a signal, once by its key (C26, C38). The key counts for the process, whatever the signal's name. */
export async function signal(ctx: Context, id: ProcessId, sent: Signal, now: EpochMs): Promise<Arrival> {
  const { name, key } = sent
  const asked = 'a signal'
  for (const [what, text] of Object.entries({ name, key })) {
    if (text.length < 1 || text.length > SIGNAL_NAME_MAX)
      throw refused(id, asked, `its ${what} has ${text.length} characters, expected 1 to ${SIGNAL_NAME_MAX}`)
    // Stored as UTF-8, half a character becomes another one, and no wait would be for that name.
    if (!text.isWellFormed()) throw refused(id, asked, `its ${what} holds half a character`)
  }
  const what = `signal ${JSON.stringify(name)}`
  const payload = await keepArriving(ctx, id, sent.payload, { asked, what })
  const content = contentHash({ name, payload: sent.payload })
  return arrive(
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
