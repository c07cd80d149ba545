import assert from 'node:assert/strict'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { S3Client } from '@aws-sdk/client-s3'
import * as v from 'valibot'
import { defineProcess, MemoryProcessRegistry, StepFailed, workerHandler } from 'leasehold'
import { S3Payloads } from 'leasehold/s3'
import { TestKit } from 'leasehold/testing'

// #region report
export const monthEnd = defineProcess({
  kind: 'month-end',
  input: v.object({ month: v.string() }),
  output: v.object({ key: v.string(), lines: v.number() }),
  async run(context, { month }) {
    // A few hundred kilobytes are kept as they are, apart from the process's own row.
    const summary = await context.step('summary', () =>
      Array.from({ length: 5_000 }, (_, line) => `line ${line}`),
    )
    // Whatever may be larger goes where such things belong, and its key is what the process carries.
    const key = await context.step('write the report', () =>
      putObject(`reports/${month}`, summary.join('\n')),
    )
    return { key, lines: summary.length }
  },
})
// #endregion

// #region refused
export const refused = defineProcess({
  kind: 'refused',
  input: v.null(),
  output: v.array(v.string()),
  async run(context) {
    const codes: string[] = []
    const bodies = [() => ({ at: new Date(0) }) as unknown as string, () => 'x'.repeat(400_000)]
    for (const [index, body] of bodies.entries()) {
      try {
        await context.step(`bad ${index}`, body)
      } catch (error) {
        if (error instanceof StepFailed) codes.push(error.error.code)
      }
    }
    return codes
  },
})
// #endregion

// #region ports
const codec = { encode: promisify(gzip), decode: promisify(gunzip) }

export function worker(bucket: string) {
  const large = new S3Payloads({ client: new S3Client(), bucket })
  return workerHandler({ definitions: [monthEnd], payloads: { codec, large } })
}
// #endregion

const objects = new Map<string, string>()
function putObject(key: string, body: string): string {
  objects.set(key, body)
  return key
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [monthEnd, refused] })
  await kit.start(monthEnd, { month: '2026-05' }, { id: 'm-1' })
  const value = { key: 'reports/2026-05', lines: 5_000 }
  assert.deepEqual(await kit.result('m-1'), { outcome: 'success', value })
  await kit.start(refused, null, { id: 'r-1' })
  const codes = ['not_serialisable', 'payload_too_large']
  assert.deepEqual(await kit.result('r-1'), { outcome: 'success', value: codes })

  // With a place for large values the second of them is no failure, and compressed it does not even need that place.
  const places = [{ large: largeOnes() }, { codec, large: largeOnes() }]
  for (const payloads of places) {
    const roomy = new TestKit({ definitions: [refused], registry: new MemoryProcessRegistry({ payloads }) })
    await roomy.start(refused, null, { id: 'r-1' })
    assert.deepEqual(await roomy.result('r-1'), { outcome: 'success', value: ['not_serialisable'] })
  }
  assert.equal(buckets.size, 1)
}

const buckets = new Map<string, Uint8Array>()
function largeOnes() {
  return {
    maxBytes: 1_000_000,
    put: async (key: string, bytes: Uint8Array): Promise<void> => void buckets.set(key, bytes),
    get: async (key: string): Promise<Uint8Array | undefined> => buckets.get(key),
  }
}
