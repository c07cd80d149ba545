import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { LARGE_PAYLOAD_MAX_BYTES } from '../model/limits.ts'
import type { PayloadCodec } from './payload-ports.ts'

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
