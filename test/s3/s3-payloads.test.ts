import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { S3Payloads } from '../../lib/s3/s3-payloads.ts'
import { openBucket, type Bucket } from '../helpers/s3.ts'

// The emulator that stands for SQS speaks S3 too, over HTTP.
let bucket: Bucket
let client: S3Client

beforeAll(async () => {
  bucket = await openBucket()
  client = bucket.client
})
afterAll(() => bucket.close())

test('a value over DynamoDB’s limit is stored in the bucket and comes back whole [C44]', async () => {
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

async function modifiedAt(key: string): Promise<number> {
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: 'payloads', Prefix: key }))
  return Contents?.[0]?.LastModified?.getTime() ?? 0
}

describe('release()', () => {
  const large = () => new S3Payloads({ client, bucket: 'payloads', prefix: 'own/' })
  const inAnHour = () => Date.now() + 3_600_000
  const bytes = Buffer.from('x')

  test('tags every object of the process, and none of another one', async () => {
    const place = large()
    for (const key of ['order-1/x:a', 'order-1/x:b', 'order-10/x:a', 'order/x:a']) await place.put(key, bytes)
    expect(await place.release('order-1', inAnHour())).toBe(2)
    expect([...bucket.tags.keys()].toSorted()).toEqual(['own/order-1/x:a', 'own/order-1/x:b'])
    expect(bucket.tags.get('own/order-1/x:a')).toMatch(/<Key>leasehold<\/Key><Value>expires<\/Value>/u)
    expect(await place.get('order-1/x:a')).toEqual(new Uint8Array(bytes))
  })

  test('leaves objects alone that were put since, which are of a new process', async () => {
    const place = large()
    await place.put('again/x:a', bytes)
    expect(await place.release('again', Date.now() - 60_000)).toBe(0)
    expect(bucket.tags.has('own/again/x:a')).toBe(false)
  })

  test('removes its tag again when the object was put meanwhile, also when repeated', async () => {
    const place = large()
    await place.put('raced/x:a', bytes)
    const before = (await modifiedAt('own/raced/x:a')) + 1
    let raced = false
    bucket.onRequest(async (method, url) => {
      if (raced || method !== 'PUT' || !url.includes('tagging')) return
      raced = true
      do await place.put('raced/x:a', bytes)
      while ((await modifiedAt('own/raced/x:a')) < before)
    })
    await place.release('raced', before)
    expect([raced, bucket.tags.has('own/raced/x:a')]).toEqual([true, false])
  })
})
