import { createHash } from 'node:crypto'
import type { EpochMs } from '../../model/clock.ts'
import { PayloadTooLarge, UnreadableItem } from '../../model/errors.ts'
import type { ProcessId } from '../../model/ids.ts'
import { utf8Bytes, type Json } from '../../model/json.ts'
import { ERROR_MESSAGE_MAX_BYTES, INLINE_VALUE_MAX_BYTES, PAYLOAD_MAX_BYTES } from '../../model/limits.ts'
import { cutText, type Payload } from '../../model/log.ts'
import type { Output, StoredOutput, TerminalRecord } from '../../model/record.ts'
import type { Limits, Registration } from '../../model/registration.ts'
import { expireAtSeconds, keptMsOf, SHAPE_VERSION, TTL, VERSION } from '../codec/rows.ts'
import { parseJson } from '../codec/entries.ts'
import type { Context } from './context.ts'
import { blobKey, nameOf } from '../codec/keys.ts'

const TEXT = 'j'

/**
 * Stores a value in an item of its own where it is too big to ride in the process item. The reference is the hash of
 * the value, so that keeping it again, or sending the put twice, writes the same item. Throws `PayloadTooLarge`.
 */
export async function keep(ctx: Context, id: ProcessId, value: Json, what: string): Promise<Payload> {
  const text = checkedText(value, what)
  return put(ctx, id, text, `v-${hashOf(text)}`)
}

/**
 * The input stands before the process item does, so nothing fences it: the hash of the whole registration is in its
 * reference, and another registration that tries for the same id cannot replace it.
 */
export async function keepInput(ctx: Context, registration: Registration, hash: string): Promise<Payload> {
  const text = checkedText(registration.input, 'the input')
  const rest = utf8Bytes(JSON.stringify({ ...registration, input: null }))
  if (rest > PAYLOAD_MAX_BYTES)
    throw new PayloadTooLarge({ what: 'the registration', bytes: rest, maxBytes: PAYLOAD_MAX_BYTES })
  return put(ctx, registration.id, text, `i-${hash}`)
}

/**
 * The output's value, kept before the terminal write that refers to it. Fence and hash are in the reference: an owner
 * that was fenced off cannot replace what the recorded end refers to, and its own leftover is removed by TTL.
 */
export async function keepOutput(
  ctx: Context,
  row: { id: ProcessId; fence: number; limits?: Limits },
  output: Output,
  now: EpochMs,
): Promise<StoredOutput> {
  if (output.outcome !== 'success') return output
  const text = checkedText(output.value, 'the output')
  const expireAt = expireAtSeconds(now, keptMsOf(row))
  const value = await put(ctx, row.id, text, `o-${row.fence}-${hashOf(text)}`, { [TTL]: expireAt })
  return { outcome: 'success', value }
}

/** An output as it can be stored: what people write in it is cut to its limit. */
export function storable(output: Output): Output {
  switch (output.outcome) {
    case 'success':
    case 'abandoned':
      return output
    case 'failure': {
      const { error } = output
      return { ...output, error: { ...error, message: cutText(error.message, ERROR_MESSAGE_MAX_BYTES) } }
    }
    case 'cancelled':
      return { ...output, reason: cutText(output.reason, ERROR_MESSAGE_MAX_BYTES) }
  }
}

/** Reads a payload back. Throws `UnreadableItem` where its item is gone or is not what was stored. */
export async function load(ctx: Context, id: ProcessId, payload: Payload): Promise<Json> {
  if (!('ref' in payload)) return payload.value
  const key = blobKey(id, payload.ref)
  const at = { key: nameOf(key), path: TEXT }
  const text = (await ctx.store.get(key))?.[TEXT]
  if (typeof text !== 'string') throw new UnreadableItem({ key: at.key, reason: 'the payload is missing' })
  if (utf8Bytes(text) !== payload.bytes) {
    throw new UnreadableItem({
      key: at.key,
      reason: `expected ${payload.bytes} bytes, found ${utf8Bytes(text)}`,
    })
  }
  return parseJson(text, at)
}

/** The output of an ended process, with its value loaded. */
export async function outputOf(ctx: Context, record: TerminalRecord): Promise<Output> {
  const { output } = record
  if (output.outcome !== 'success') return output
  return { outcome: 'success', value: await load(ctx, record.id, output.value) }
}

function checkedText(value: Json, what: string): string {
  const text = JSON.stringify(value)
  const bytes = utf8Bytes(text)
  if (bytes > PAYLOAD_MAX_BYTES) throw new PayloadTooLarge({ what, bytes, maxBytes: PAYLOAD_MAX_BYTES })
  return text
}

async function put(
  ctx: Context,
  id: ProcessId,
  text: string,
  ref: string,
  extra: { [attr: string]: number } = {},
): Promise<Payload> {
  const bytes = utf8Bytes(text)
  if (bytes <= INLINE_VALUE_MAX_BYTES) return { value: parseJson(text, { key: ref, path: '' }) }
  const item = { ...blobKey(id, ref), [VERSION]: SHAPE_VERSION, [TEXT]: text, ...extra }
  await ctx.store.write({ do: 'put', item })
  return { ref, bytes }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
