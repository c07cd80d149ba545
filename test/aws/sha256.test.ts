import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sha256 } from '../../lib/aws/sha256.ts'

const bytes = fc.uint8Array({ maxLength: 200 })

async function digestOf(hash: Sha256, chunks: readonly (string | Uint8Array)[]): Promise<string> {
  for (const chunk of chunks) hash.update(chunk)
  return Buffer.from(await hash.digest()).toString('hex')
}

test('Sha256 without a key digests as the hash of Node does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 3 }), async (chunks) => {
      const expected = createHash('sha256').update(Buffer.concat(chunks)).digest('hex')
      expect(await digestOf(new Sha256(), chunks)).toBe(expected)
    }),
  )
})

test('Sha256 with a key of any length digests as the HMAC of Node does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, fc.string()), bytes, async (key, data) => {
      const expected = createHmac('sha256', key).update(data).digest('hex')
      expect(await digestOf(new Sha256(key), [data])).toBe(expected)
    }),
  )
})

test('Sha256 hashes text as UTF-8, and a view of a buffer without what is around it', async () => {
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
  const expected = createHash('sha256').update('ü').update(view).digest('hex')
  expect(await digestOf(new Sha256(), ['ü', view])).toBe(expected)
  expect(await digestOf(new Sha256(), ['ü', new DataView(view.buffer, 1, 2) as never])).toBe(expected)
})
