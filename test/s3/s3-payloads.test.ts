import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSqs, type LocalSqs } from '../../lib/local/sqs.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { S3Payloads } from '../../lib/s3/s3-payloads.ts'

// The emulator that stands for SQS speaks S3 too, over HTTP.
let emulator: LocalSqs
let client: S3Client

beforeAll(async () => {
  emulator = await startSqs({ region: 'us-east-1' })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  client = new S3Client({
    endpoint: emulator.endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  })
  await client.send(new CreateBucketCommand({ Bucket: 'payloads' }))
})
afterAll(async () => {
  client.destroy()
  await emulator.stop()
})

test('C44 a value over what DynamoDB takes stands in the bucket, under its process, and comes back intact', async () => {
  const large = new S3Payloads({ client, bucket: 'payloads', prefix: 'leasehold/' })
  const registry = new MemoryProcessRegistry({ payloads: { large } })
  const id = parseProcessId('order:7')
  const value = { text: 'ü€😀'.repeat(100_000) }
  const kept = await registry.keep(id, value, 'it')
  expect(kept).toMatchObject({ ref: expect.stringMatching(/^x:v-/u) as string, bytes: 900_011 })
  expect(await registry.load(id, kept)).toEqual(value)
})

test('an object that is not there is no object, and not an error', async () => {
  const large = new S3Payloads({ client, bucket: 'payloads' })
  expect(await large.get('nothing/here')).toBeUndefined()
})
