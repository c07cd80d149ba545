import type { EpochMs } from '../../model/clock.ts'
import { KeyConflict } from '../../model/errors.ts'
import { storableFacts } from '../../model/failure.ts'
import type { Ownership } from '../../model/ownership.ts'
import type { ProcessId } from '../../model/ids.ts'
import { jsonBytes } from '../../model/json.ts'
import { INLINE_VALUE_MAX_BYTES } from '../../model/limits.ts'
import type { Outcome } from '../../model/log.ts'
import type { ErrorFacts } from '../../model/recorded-error.ts'
import { appendArrival, keepArrivalValue, refused } from './append.ts'
import {
  contentHash,
  putCallback,
  readCallback,
  replaceStaleCallback,
  withToken,
  type CallbackItem,
} from '../codec/once.ts'
import { hashOf, sameHash } from '../../model/hash.ts'
import type { Context } from './context.ts'
import { callbackKey } from '../codec/keys.ts'
import type { Arrival, CallbackReply } from '../port.ts'
import { get, isHeldBy } from './read.ts'
import type { Item } from '../store/store.ts'

/**
 * Makes a callback known. It is not fenced, because that would cost a transaction. An owner that was overtaken may leave an
 * item. Its successor replaces that item when it comes to the same position, and never the other way round.
 *
 * 1. An owner that was overtaken under fence 7 leaves an item after its process has ended. 2. The id is free again, and a
 * new process of that id opens a callback under fence 1. The old item would keep its token out: all answers to it would be
 * refused. So a holder replaces an item that no owner of its process can have made: of a higher fence, or answered already.
 */
export async function openCallback(
  ctx: Context,
  ownership: Ownership,
  { position, tokenHash }: { position: number; tokenHash: string },
): Promise<void> {
  const { id, fence } = ownership.lease
  const callback = { tokenHash, fence }
  const reply = await ctx.store.write(putCallback(id, position, callback))
  if (reply.applied || reply.found === undefined) return
  const leftover = readCallback(reply.found)
  if (leftover.fence > fence) {
    const record = await get(ctx, id)
    // A successor made it known: the next write of this owner says that its lease is lost.
    if (record === undefined || !isHeldBy(record, ownership)) return
  }
  await ctx.store.write(replaceStaleCallback(id, position, { callback, leftover }))
}

/** Answers a callback, once (C26). Throws `SignalRefused` on a token that is not its own, `KeyConflict` on another answer. */
export async function reply(
  ctx: Context,
  id: ProcessId,
  { position, token, outcome }: CallbackReply,
  now: EpochMs,
): Promise<Arrival> {
  const asked = `the answer to callback ${position}`
  const said = storableReply(outcome)
  // What names the error: a system that repeats its answer may see another cause.
  const content = contentHash(said.ok ? said : { ok: false, error: namesOf(said.error) })
  const tokenHash = hashOf(token)
  const saidBefore = (found: Item | undefined): boolean => {
    const callback = expectToken(found, tokenHash, { id, asked })
    if (callback.content !== undefined && callback.content !== content)
      throw new KeyConflict({ id, key: `callback ${position}` })
    return callback.content !== undefined
  }
  // A value that is to be kept in an item of its own is kept only for who has the token.
  if (said.ok && jsonBytes(said.value) > INLINE_VALUE_MAX_BYTES) {
    saidBefore(await ctx.store.get(callbackKey(id, position)))
  }
  const recorded: Outcome = said.ok
    ? { ok: true, value: await keepArrivalValue(ctx, id, said.value, { asked, what: asked }) }
    : said
  const entry = { type: 'reply', at: now, position, outcome: recorded } as const
  const once = withToken(id, { position, tokenHash }, { content })
  return appendArrival(ctx, { id, asked, entry, once, saidBefore }, now)
}

/** Records a heartbeat of the system that holds the token. Throws `SignalRefused`. One update, and none of the process. */
export async function heartbeat(
  ctx: Context,
  id: ProcessId,
  { position, token }: { position: number; token: string },
  now: EpochMs,
): Promise<void> {
  const tokenHash = hashOf(token)
  const { applied, ...refusal } = await ctx.store.write(
    withToken(id, { position, tokenHash }, { beatAt: now }),
  )
  if (applied || !('found' in refusal)) return
  const asked = `a heartbeat of callback ${position}`
  expectToken(refusal.found, tokenHash, { id, asked })
  throw refused(id, asked, 'it is answered already')
}

/** The time of the callback's last heartbeat; undefined if there was none. One read. */
export async function lastHeartbeat(
  ctx: Context,
  id: ProcessId,
  position: number,
): Promise<EpochMs | undefined> {
  const item = await ctx.store.get(callbackKey(id, position))
  return item === undefined ? undefined : readCallback(item).beatAt
}

/** The callback of that token. A caller without the token cannot find out whether the callback exists. */
function expectToken(
  found: Item | undefined,
  tokenHash: string,
  { id, asked }: { id: ProcessId; asked: string },
): CallbackItem {
  const callback = found === undefined ? undefined : readCallback(found)
  if (callback !== undefined && sameHash(callback.tokenHash, tokenHash)) return callback
  throw refused(id, asked, 'no callback there has this token')
}

function namesOf({ class: name, code, message }: ErrorFacts): { [key: string]: string } {
  return { class: name, code, message }
}

/** What is recorded of an answer. */
function storableReply(outcome: CallbackReply['outcome']): CallbackReply['outcome'] {
  return outcome.ok ? { ok: true, value: outcome.value } : { ok: false, error: storableFacts(outcome.error) }
}
