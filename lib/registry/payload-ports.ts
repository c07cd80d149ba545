import type { Options } from '../model/options.ts'
import type { EpochMs } from '../model/clock.ts'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { LARGE_PAYLOAD_MAX_BYTES } from '../model/limits.ts'

/**
 * What payloads go through before they are stored: compression, encryption, or both. It sees every input, outcome,
 * signal and output; names, ids, errors and the registration's other fields are stored as they are. What it wrote it
 * must be able to read for as long as a process is kept: a change of codec has to read the old one's bytes too.
 */
export interface PayloadCodec {
  encode(plain: Uint8Array): Promise<Uint8Array>
  /** Throws where the bytes are not its own: the process is then unreadable, and no other is harmed. */
  decode(coded: Uint8Array): Promise<Uint8Array>
}

/** Where values go that are too large for an item of the table, such as an S3 bucket. */
export interface LargePayloads {
  /** Anything larger is refused with `PayloadTooLarge`. */
  readonly maxBytes: number
  /** Keeps the bytes under a key; the same key again brings the same bytes, or an equal value coded anew. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Undefined where there is nothing under the key. */
  get(key: string): Promise<Uint8Array | undefined>
  /**
   * Lets go of what was put under a process's id before an instant, once the process is removed. Newer values belong to a new
   * process of that id and stay. Returns how many it let go of. Absent: something else removes them, or nothing does.
   */
  release?(id: string, before: EpochMs): Promise<number>
}

/** How a registry keeps payloads besides the items of its table. */
export type PayloadPorts = { readonly codec?: PayloadCodec; readonly large?: LargePayloads }

export const PAYLOAD_PORTS: Options<PayloadPorts> = { codec: 'any', large: 'any' }

/** No value that was kept is longer, so what unpacks to more was not written by this: it would fill a worker's memory. */
const BOUND = { maxOutputLength: LARGE_PAYLOAD_MAX_BYTES }

/** A first byte that no gzip stream has, for what is stored as it is. */
const PLAIN = 0

/**
 * Compresses what gets smaller by it. Repetitive JSON shrinks to a tenth, so more of it rides in the process item and
 * less of it is paid for; small values are left alone.
 */
export const GZIP: PayloadCodec = {
  async encode(plain) {
    const packed = await promisify(gzip)(plain)
    return packed.length < plain.length ? packed : Buffer.concat([Buffer.from([PLAIN]), plain])
  },
  async decode(coded) {
    return coded[0] === PLAIN ? coded.subarray(1) : promisify(gunzip)(coded, BOUND)
  },
}
