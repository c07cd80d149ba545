import { createHash } from 'node:crypto'
import { InvalidInput } from '../../model/errors.ts'
import { utf8Bytes, type Json } from '../../model/json.ts'
import type { Key } from '../store/store.ts'

/**
 * Where a page of an index ended: the last row that was answered, or nothing where none of that shard was, or that
 * the shard is at its end.
 */
export type Position = (Key & { readonly at: number }) | 'start' | 'end'

/**
 * A cursor is opaque text. It carries a digest over itself and the query it belongs to, so that one of another query,
 * cut short or changed, is refused instead of leading somewhere else.
 */
export function encodeCursor(query: Json, positions: readonly Position[]): string {
  const body = JSON.stringify(positions.map((p) => (typeof p === 'string' ? p : [p.pk, p.sk, p.at])))
  return Buffer.from(JSON.stringify([digest(query, body), body]), 'utf8').toString('base64url')
}

/** Throws `InvalidInput`. */
export function decodeCursor(
  query: Json,
  cursor: string,
  { shards, from = -Infinity, to = Infinity }: { shards: number; from?: number; to?: number },
): readonly Position[] {
  const parts = parsed(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Array.isArray(parts)) throw refused()
  const [seal, body] = parts
  if (typeof body !== 'string' || seal !== digest(query, body)) throw refused()
  const positions = parsed(body)
  if (!Array.isArray(positions) || positions.length !== shards) throw refused()
  return positions.map(readPosition).map((position) => {
    if (typeof position !== 'string' && (position.at < from || position.at > to)) throw refused()
    return position
  })
}

function readPosition(raw: Json): Position {
  if (raw === 'start' || raw === 'end') return raw
  if (!Array.isArray(raw)) throw refused()
  const [pk, sk, at] = raw
  if (!isKeyPart(pk, KEY_MAX_BYTES.pk) || !isKeyPart(sk, KEY_MAX_BYTES.sk)) throw refused()
  if (typeof at !== 'number' || !isSortNumber(at)) throw refused()
  return { pk, sk, at }
}

/** A seal is no secret, so a position may be anything: what DynamoDB would not take as a key is refused here. */
const KEY_MAX_BYTES = { pk: 2_048, sk: 1_024 } as const

/** Within what DynamoDB can hold, and what is sent as it was read. */
function isSortNumber(at: number): boolean {
  const size = Math.abs(at)
  return size === 0 || (size > 1e-100 && size <= Number.MAX_SAFE_INTEGER)
}

function isKeyPart(raw: Json | undefined, maxBytes: number): raw is string {
  return typeof raw === 'string' && raw !== '' && raw.isWellFormed() && utf8Bytes(raw) <= maxBytes
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function digest(query: Json, body: string): string {
  return createHash('sha256')
    .update(`${JSON.stringify(query)}\n${body}`, 'utf8')
    .digest('base64url')
    .slice(0, 16)
}

function refused(): InvalidInput {
  return new InvalidInput({
    what: 'the query',
    flaws: [{ path: 'cursor', message: 'is not a cursor of this query; start again without one' }],
  })
}
