import type { EpochMs } from '../../model/clock.ts'
import { PayloadTooLarge, PayloadUnavailable, StoreUnavailable, UnreadableItem } from '../../model/errors.ts'
import { storableFacts, wordless } from '../../model/failure.ts'
import { hashOf } from '../../model/hash.ts'
import type { ProcessId } from '../../model/ids.ts'
import { utf8Bytes, type Json } from '../../model/json.ts'
import {
  ERROR_MESSAGE_MAX_BYTES,
  INLINE_VALUE_MAX_BYTES,
  PAYLOAD_MAX_BYTES,
  REGISTRATION_MAX_BYTES,
} from '../../model/limits.ts'
import { cutText, type Payload } from '../../model/log.ts'
import type { Output, StoredOutput, TerminalRecord } from '../../model/record.ts'
import type { Limits, Registration } from '../../model/registration.ts'
import { outputKeptUntil } from '../../model/retention.ts'
import { expireAtSeconds } from '../codec/plans.ts'
import { INPUT_PUT_AT, SHAPE_VERSION, TTL, VERSION } from '../codec/rows.ts'
import { parseJson } from '../codec/values.ts'
import type { Context } from './context.ts'
import { blobKey, nameOf } from '../codec/keys.ts'
import type { Key } from '../store/store.ts'

const TEXT = 'j'
const CODED_TEXT = 'e'

// How a reference says where its value is, by what it begins with. Every other one names an item of the process.
/** In the reference itself, coded, as base64. */
const CODED = 'c:'
/** In the place for large values, as it is, or coded. */
const LARGE = 'x:'
const LARGE_CODED = 'y:'

/**
 * Stores a value in an item of its own where it is too big to ride in the process item. The reference is the hash of
 * the value, so that keeping it again, or sending the put twice, writes the same item. Throws `PayloadTooLarge`.
 */
export async function keep(ctx: Context, id: ProcessId, value: Json, what: string): Promise<Payload> {
  const text = payloadText(ctx, value, what)
  return put(ctx, id, { text, ref: `v-${hashOf(text)}`, what })
}

/**
 * The input stands before the process item does, so nothing fences it. The hash of the whole registration is in its
 * reference, so another registration that tries for the same id cannot replace it. So is the value's: a repeated start may
 * come with another value, which its schema made anew.
 */
export async function keepInput(
  ctx: Context,
  registration: Registration,
  { hash, value, now }: { hash: string; value: Json; now: EpochMs },
): Promise<Payload> {
  // What was sent counts too, though it is not stored: the limit must not depend on what a schema leaves out.
  payloadText(ctx, registration.input, 'the input')
  const text = payloadText(ctx, value, 'the input')
  const rest = utf8Bytes(JSON.stringify({ ...registration, input: null }))
  if (rest > REGISTRATION_MAX_BYTES)
    throw new PayloadTooLarge({ what: 'the registration', bytes: rest, maxBytes: REGISTRATION_MAX_BYTES })
  const ref = `i-${hashOf(`${hash} ${text}`)}`
  return put(ctx, registration.id, { text, ref, what: 'the input' }, { [INPUT_PUT_AT]: now })
}

/**
 * The output's value, kept before the terminal write that refers to it. Fence and hash are in the reference: an owner
 * that was fenced off cannot replace what the recorded end refers to, and its own leftover is removed by TTL.
 */
export async function keepOutput(
  ctx: Context,
  row: { id: ProcessId; fence: number; limits?: Limits; parent?: unknown },
  output: Output,
  now: EpochMs,
): Promise<StoredOutput> {
  if (output.outcome !== 'success') return output
  const text = payloadText(ctx, output.value, 'the output')
  const expireAt = expireAtSeconds(outputKeptUntil({ ...row, endedAt: now }), 0)
  const ref = `o-${row.fence}-${hashOf(text)}`
  const value = await put(ctx, row.id, { text, ref, what: 'the output' }, { [TTL]: expireAt })
  return { outcome: 'success', value }
}

/** An output as it can be stored: what people write in it is cut to its limit. */
export function storable(output: Output): Output {
  switch (output.outcome) {
    case 'success':
    case 'abandoned':
      return output
    case 'failure':
      return { ...output, error: storableFacts(output.error) }
    case 'cancelled':
      return output.reason === undefined
        ? output
        : { ...output, reason: cutText(output.reason, ERROR_MESSAGE_MAX_BYTES) }
  }
}

/**
 * Reads a payload back. Throws `UnreadableItem` where its item is gone or is not what was stored, `PayloadUnavailable` if the
 * place for large values fails.
 */
export async function load(ctx: Context, id: ProcessId, payload: Payload): Promise<Json> {
  if (!('ref' in payload)) return payload.value
  try {
    return await loadApart(ctx, id, payload)
  } catch (error) {
    if (!(error instanceof UnreadableItem)) throw error
    throw new UnreadableItem({ key: error.key, reason: error.reason }, error.cause, true)
  }
}

async function loadApart(
  ctx: Context,
  id: ProcessId,
  { ref, bytes }: Extract<Payload, { ref: string }>,
): Promise<Json> {
  const at = { key: nameOf(blobKey(id, ref.startsWith(CODED) ? 'coded' : ref)), path: TEXT }
  const text = await ctx.gate.pass(id, () => read(ctx, { id, ref, key: at.key }))
  if (utf8Bytes(text) !== bytes) {
    throw new UnreadableItem({ key: at.key, reason: `expected ${bytes} bytes, found ${utf8Bytes(text)}` })
  }
  return parseJson(text, at)
}

/** The text behind a reference: in the reference itself, in an item, or in the place for large values. */
async function read(ctx: Context, at: { id: ProcessId; ref: string; key: string }): Promise<string> {
  if (at.ref.startsWith(CODED)) return decoded(ctx, Buffer.from(at.ref.slice(CODED.length), 'base64'), at.key)
  const large = at.ref.startsWith(LARGE_CODED) || at.ref.startsWith(LARGE)
  if (large) {
    const name = `${at.id}/${at.ref}`
    const found = await inPlace(name, 'read', async () => ctx.payloads?.large?.get(name))
    if (found === undefined) throw new UnreadableItem({ key: at.key, reason: 'the payload is missing' })
    return at.ref.startsWith(LARGE) ? Buffer.from(found).toString('utf8') : decoded(ctx, found, at.key)
  }
  const item = await ctx.store.get(blobKey(at.id, at.ref))
  const [text, coded] = [item?.[TEXT], item?.[CODED_TEXT]]
  if (typeof text === 'string') return text
  if (typeof coded === 'string') return decoded(ctx, Buffer.from(coded, 'base64'), at.key)
  throw new UnreadableItem({ key: at.key, reason: 'the payload is missing' })
}

/** The key of the item that holds a payload; undefined where none of the table does. */
export function itemOf(id: ProcessId, payload: Payload): Key | undefined {
  if (!('ref' in payload)) return undefined
  const apart = [CODED, LARGE, LARGE_CODED].some((mark) => payload.ref.startsWith(mark))
  return apart ? undefined : blobKey(id, payload.ref)
}

async function decoded(ctx: Context, coded: Uint8Array, key: string): Promise<string> {
  const codec = ctx.payloads?.codec
  if (codec === undefined)
    throw new UnreadableItem({ key, reason: 'it is coded, and this registry has no codec' })
  try {
    return Buffer.from(await codec.decode(coded)).toString('utf8')
  } catch (cause) {
    throw new UnreadableItem({ key, reason: 'its codec does not read it' }, wordless(cause))
  }
}

/** Undefined where values are kept as they are. Throws `StoreUnavailable`: a key that is not to be had now may be later. */
async function encoded(ctx: Context, text: string, what: string): Promise<Buffer | undefined> {
  const codec = ctx.payloads?.codec
  if (codec === undefined) return undefined
  try {
    return Buffer.from(await codec.encode(Buffer.from(text)))
  } catch (cause) {
    const facts = { operation: what, tries: 1, reason: 'its codec does not write it' }
    throw new StoreUnavailable(facts, wordless(cause))
  }
}

/** The output of an ended process, with its value loaded. */
export async function outputOf(ctx: Context, record: TerminalRecord): Promise<Output> {
  const { output } = record
  if (output.outcome !== 'success') return output
  return { outcome: 'success', value: await load(ctx, record.id, output.value) }
}

function payloadText(ctx: Context, value: Json, what: string): string {
  const text = JSON.stringify(value)
  const bytes = utf8Bytes(text)
  const maxBytes = ctx.payloads?.large?.maxBytes ?? PAYLOAD_MAX_BYTES
  if (bytes > maxBytes) throw new PayloadTooLarge({ what, bytes, maxBytes })
  return text
}

/** By its size: with whatever refers to it, in an item of its own, or in the place for large values. */
async function put(
  ctx: Context,
  id: ProcessId,
  { text, ref, what }: { text: string; ref: string; what: string },
  extra: { [attr: string]: number } = {},
): Promise<Payload> {
  const inline = ctx.payloads?.codec === undefined && utf8Bytes(text) <= INLINE_VALUE_MAX_BYTES
  if (inline) return { value: parseJson(text, { key: ref, path: '' }) }
  return ctx.gate.pass(id, () => putApart(ctx, id, { text, ref, what }, extra))
}

async function putApart(
  ctx: Context,
  id: ProcessId,
  { text, ref, what }: { text: string; ref: string; what: string },
  extra: { [attr: string]: number },
): Promise<Payload> {
  const large = ctx.payloads?.large
  const bytes = utf8Bytes(text)
  const coded = await encoded(ctx, text, what)
  // Items hold text, so what a codec made is stored as base64.
  const stored = coded?.toString('base64') ?? text
  const storedBytes = utf8Bytes(stored)
  if (coded !== undefined && storedBytes <= INLINE_VALUE_MAX_BYTES) return { ref: `${CODED}${stored}`, bytes }
  if (storedBytes <= PAYLOAD_MAX_BYTES) {
    const attr = coded === undefined ? TEXT : CODED_TEXT
    await ctx.store.write({
      do: 'put',
      item: { ...blobKey(id, ref), [VERSION]: SHAPE_VERSION, [attr]: stored, ...extra },
    })
    return { ref, bytes }
  }
  if (large === undefined)
    throw new PayloadTooLarge({ what, bytes: storedBytes, maxBytes: PAYLOAD_MAX_BYTES })
  const largeRef = `${coded === undefined ? LARGE : LARGE_CODED}${ref}`
  const key = `${id}/${largeRef}`
  await inPlace(key, 'write', () => large.put(key, coded ?? Buffer.from(text)))
  return { ref: largeRef, bytes }
}

/** The place for large values is not the table: what it refuses says nothing of the table, and may last. */
async function inPlace<T>(key: string, operation: 'read' | 'write', call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new PayloadUnavailable({ key, operation, reason: String(error) }, error)
  }
}
