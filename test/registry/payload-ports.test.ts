import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { PayloadTooLarge, UnreadableItem } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import { PAYLOAD_MAX_BYTES } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import {
  GZIP,
  type LargePayloads,
  type PayloadCodec,
  type PayloadPorts,
} from '../../lib/registry/payload-ports.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'

const id = parseProcessId('p-1')

class Shelf implements LargePayloads {
  readonly maxBytes = 2_000_000
  readonly kept = new Map<string, Uint8Array>()
  put(key: string, bytes: Uint8Array): Promise<void> {
    this.kept.set(key, Buffer.from(bytes))
    return Promise.resolve()
  }
  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.kept.get(key))
  }
}

function cipher(key: Buffer): PayloadCodec {
  return {
    encode(plain) {
      const iv = randomBytes(12)
      const aes = createCipheriv('aes-256-gcm', key, iv)
      const body = Buffer.concat([aes.update(plain), aes.final()])
      return Promise.resolve(Buffer.concat([iv, aes.getAuthTag(), body]))
    },
    async decode(coded) {
      const aes = createDecipheriv('aes-256-gcm', key, coded.subarray(0, 12))
      aes.setAuthTag(coded.subarray(12, 28))
      return Buffer.concat([aes.update(coded.subarray(28)), aes.final()])
    },
  }
}

const SIZES: readonly [string, Json][] = [
  ['small', { card: '4111 1111', note: 'ü€😀\u0000' }],
  ['medium', { list: Array.from({ length: 3_000 }, (_, n) => `row ${n} ü`) }],
  ['large', { text: 'x€'.repeat(300_000) }],
]
const shelf = (): PayloadPorts => ({ large: new Shelf() })
const PORTS: readonly [string, () => PayloadPorts][] = [
  ['a place for large values', shelf],
  ['compression', () => ({ ...shelf(), codec: GZIP })],
  ['encryption', () => ({ ...shelf(), codec: cipher(randomBytes(32)) })],
]

for (const [ports, make] of PORTS) {
  describe(`with ${ports}`, () => {
    test.each(SIZES)('a %s value comes back intact [C44]', async (_, value) => {
      const registry = new MemoryProcessRegistry({ payloads: make() })
      expect(await registry.load(id, await registry.keep(id, value, 'it'))).toEqual(value)
    })

    test.each(SIZES)(
      'a %s input and output come back intact, and nothing else of the process changes [C44]',
      async (_, value) => {
        const registry = new MemoryProcessRegistry({ payloads: make() })
        const request = { ownerId: 'w', attemptId: 'i', token: 't', ttlMs: 1_000 }
        const reply = await registry.start(toRegistration({ id, kind: 'k', input: value }), request, 0)
        expect(reply).toMatchObject({ outcome: 'claimed', input: value })
        if (reply.outcome !== 'claimed') return
        const record = await registry.complete(reply.ownership, [], { outcome: 'success', value }, 1)
        expect(await registry.outputOf(record)).toEqual({ outcome: 'success', value })
      },
    )
  })
}

test('an encrypted value stands nowhere in the table in the clear', async () => {
  const store = new MemoryStore()
  const registry = new MemoryProcessRegistry({ store, payloads: { codec: cipher(randomBytes(32)) } })
  const request = { ownerId: 'w', attemptId: 'i', token: 't', ttlMs: 1_000 }
  await registry.start(
    toRegistration({ id, kind: 'k', input: { card: 'SECRET-4111', more: 'y'.repeat(2_000) } }),
    request,
    0,
  )
  await registry.signal(id, { name: 'pay', key: 'k', payload: 'SECRET-4111' }, 0)
  const items = await store.range({ pk: `P#${id}`, from: '', to: '~' })
  expect(items.length).toBeGreaterThan(2)
  expect(JSON.stringify(items)).not.toContain('SECRET')
})

test('with another key, or none, a value is unreadable by name and not wrong', async () => {
  const store = new MemoryStore()
  const kept = await new MemoryProcessRegistry({ store, payloads: { codec: cipher(randomBytes(32)) } }).keep(
    id,
    'secret',
    'it',
  )
  const other = new MemoryProcessRegistry({ store, payloads: { codec: cipher(randomBytes(32)) } })
  await expect(other.load(id, kept)).rejects.toThrow(UnreadableItem)
  await expect(new MemoryProcessRegistry({ store }).load(id, kept)).rejects.toThrow(/has no codec/u)
})

test('what compresses well rides in the process item, and what does not is no larger than before', async () => {
  const registry = new MemoryProcessRegistry({ payloads: { codec: GZIP } })
  const packed = await registry.keep(id, 'ab'.repeat(5_000), 'it')
  expect(packed).toMatchObject({ ref: expect.stringMatching(/^c:/u) as string })
  const tiny = await GZIP.encode(Buffer.from('7'))
  expect(tiny.length).toBe(2)
})

test('a value above the maximum is refused by size, with and without a large store [C44]', async () => {
  const without = new MemoryProcessRegistry()
  await expect(without.keep(id, 'x'.repeat(PAYLOAD_MAX_BYTES), 'the value')).rejects.toThrow(PayloadTooLarge)
  const withShelf = new MemoryProcessRegistry({ payloads: shelf() })
  await expect(withShelf.keep(id, 'x'.repeat(2_000_001), 'the value')).rejects.toThrow(
    /2000003 bytes, over the limit of 2000000/u,
  )
})

test('a large value that is gone is unreadable by name', async () => {
  const large = new Shelf()
  const registry = new MemoryProcessRegistry({ payloads: { large } })
  const kept = await registry.keep(id, 'x'.repeat(PAYLOAD_MAX_BYTES), 'it')
  large.kept.clear()
  await expect(registry.load(id, kept)).rejects.toThrow(/the payload is missing/u)
})
