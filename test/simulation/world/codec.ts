import type { PayloadCodec } from '../../../lib/registry/payload-ports.ts'

const MARK = 0xc5
const MASK = 0x5a

/** What it makes of a value begins with a mark and a number: the same value is never coded the same way twice, as with a key. */
export function simulatedCodec(): PayloadCodec {
  let nonce = 0
  return {
    encode: (plain) => {
      nonce = (nonce + 1) % 256
      return Promise.resolve(Uint8Array.from([MARK, nonce, ...masked(plain, nonce)]))
    },
    decode: (coded) => {
      const [mark, number = 0] = coded
      if (mark !== MARK) return Promise.reject(new Error('these bytes are not of this codec'))
      return Promise.resolve(masked(coded.subarray(2), number))
    },
  }
}

function masked(bytes: Uint8Array, nonce: number): Uint8Array {
  return bytes.map((byte) => byte ^ MASK ^ nonce)
}
