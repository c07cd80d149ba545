import { hash } from 'node:crypto'

type Data = string | ArrayBuffer | ArrayBufferView

/** Of SHA-256 (FIPS 180-4). */
const [BLOCK_BYTES, DIGEST_BYTES] = [64, 32]
/** Of HMAC (RFC 2104). */
const [INNER_PAD, OUTER_PAD] = [0x36, 0x5c]

/**
 * SHA-256 and HMAC-SHA-256 as the SDK's signer asks for them, by Node's hash in one call. Node's own HMAC makes an object of each
 * key, which costs six times as much.
 */
export class Sha256 {
  readonly #key: Uint8Array | undefined
  readonly #chunks: Uint8Array[] = []

  constructor(secret?: Data) {
    this.#key = secret === undefined ? undefined : keyOf(bytesOf(secret))
  }

  update(chunk: Data): void {
    this.#chunks.push(bytesOf(chunk))
  }

  async digest(): Promise<Uint8Array> {
    const [first] = this.#chunks
    const data = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    return this.#key === undefined ? hash('sha256', data, 'buffer') : hmac(this.#key, data)
  }

  reset(): void {
    throw new Error('a hash of a signature is used once')
  }
}

/** A key that fits a block. */
function keyOf(secret: Uint8Array): Uint8Array {
  return secret.length > BLOCK_BYTES ? hash('sha256', secret, 'buffer') : secret
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + data.length)
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES)
  for (let at = 0; at < BLOCK_BYTES; at += 1) {
    const byte = key[at] ?? 0
    inner[at] = byte ^ INNER_PAD
    outer[at] = byte ^ OUTER_PAD
  }
  inner.set(data, BLOCK_BYTES)
  outer.set(hash('sha256', inner, 'buffer'), BLOCK_BYTES)
  return hash('sha256', outer, 'buffer')
}

function bytesOf(value: Data): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}
