import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { LARGE_PAYLOAD_MAX_BYTES } from '../../lib/model/limits.ts'
import { GZIP } from '../../lib/registry/payload-ports.ts'

test('what is kept comes back, whether it got smaller or not', async () => {
  for (const plain of ['', 'a', 'a'.repeat(5_000), '\u0000é😀']) {
    const coded = await GZIP.encode(Buffer.from(plain))
    expect(Buffer.from(await GZIP.decode(coded)).toString('utf8')).toBe(plain)
  }
})

test('the largest allowed value unpacks, and a larger one does not fill the memory', async () => {
  const largest = Buffer.alloc(LARGE_PAYLOAD_MAX_BYTES, 'a')
  expect((await GZIP.decode(gzipSync(largest))).length).toBe(LARGE_PAYLOAD_MAX_BYTES)
  // Its length only: a failure would else print all of it.
  const more = GZIP.decode(gzipSync(Buffer.concat([largest, largest]))).then(({ length }) => length)
  await expect(more).rejects.toThrow(/larger than/u)
})
