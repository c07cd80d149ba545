import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { PayloadCodec } from './payload-ports.ts'

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
    return coded[0] === PLAIN ? coded.subarray(1) : promisify(gunzip)(coded)
  },
}
