import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AnyDefinition } from '../../lib/effects/definition.ts'
import { PayloadUnavailable } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { VALUE_TRIES_MAX } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { S3Payloads } from '../../lib/s3/s3-payloads.ts'
import { process } from '../helpers/definitions.ts'
import { BUCKET, openBucket, type Bucket } from '../helpers/s3.ts'
import { World } from '../helpers/world.ts'

const LARGE = 'x'.repeat(400_000)
const QUARTER_MS = 15 * 60_000
const ID = parseProcessId('p')

let bucket: Bucket
let prefix = 0
beforeAll(async () => {
  bucket = await openBucket()
})
beforeEach(() => {
  bucket.deny()
  prefix += 1
})
afterAll(() => bucket.close())

function open(): World {
  const large = new S3Payloads({ client: bucket.client, bucket: BUCKET, prefix: `${prefix}/` })
  return new World(new MemoryProcessRegistry({ payloads: { large } }))
}

/** Passes of a worker, each once all that a process may wait for is due. */
async function passes(world: World, definition: AnyDefinition, times: number): Promise<void> {
  for (let pass = 0; pass < times; pass += 1) {
    await world.until(world.worker([definition]).drivePendingProcesses())
    await world.clock.advance(QUARTER_MS)
  }
}

async function register(world: World, input: object = {}): Promise<void> {
  const registration = toRegistration({ id: ID, kind: 'sample', input: { ...input } })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
}

const stuckWith = (code: string) => ({ status: 'stuck', wait: { for: 'resume', error: { code } } })

describe('a process whose values S3 refuses', () => {
  test('waits longer after each try, is stuck by name in the end, and completes after a resume', async () => {
    const world = open()
    const definition = process(async () => 'done')
    await register(world, { text: LARGE })
    bucket.deny('GET')
    await passes(world, definition, 1)
    expect(await world.registry.get(ID)).toMatchObject({
      status: 'waiting',
      stalls: 0,
      wait: { for: 'worker', unbegun: true, tries: 1, error: { code: 'payload_unavailable' } },
    })
    expect(world.told.counts.get('UnreadableItem')).toBeUndefined()
    await passes(world, definition, VALUE_TRIES_MAX + 3)
    const record = await world.registry.get(ID)
    expect(record).toMatchObject({
      ...stuckWith('payload_unavailable'),
      fence: VALUE_TRIES_MAX + 1,
      stalls: 0,
    })
    expect(JSON.stringify(record)).toContain('AccessDenied')
    expect(world.told.counts.get('UnreadableItem')).toBe(VALUE_TRIES_MAX)
    expect(world.told.counts.get('Stuck')).toBe(1)
    bucket.deny()
    await world.registry.resume(ID, 'ann', world.clock.now())
    await passes(world, definition, 1)
    expect(await world.registry.get(ID)).toMatchObject({ status: 'completed' })
  })

  test('continues by itself if S3 answers again, be the value an input or an outcome', async () => {
    const world = open()
    let ran = 0
    const definition = process(async (context) => {
      await context.step('large', async () => `${(ran += 1)}${LARGE}`)
      await context.sleep({ hours: 1 })
      return context.step('small', async () => ran)
    })
    await register(world)
    await passes(world, definition, 1)
    bucket.deny('GET')
    await passes(world, definition, 6)
    expect(await world.registry.get(ID)).toMatchObject({ wait: { for: 'worker', tries: 3 }, stalls: 0 })
    bucket.deny()
    await passes(world, definition, 1)
    expect(await world.registry.get(ID)).toMatchObject({ status: 'completed' })
    expect(ran).toBe(1)
  })

  test('is stuck at once when an object is gone, by the reason', async () => {
    const world = open()
    await register(world, { text: LARGE })
    const { Contents = [] } = await bucket.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${prefix}/` }),
    )
    for (const { Key } of Contents) await bucket.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }))
    expect(Contents).toHaveLength(1)
    await passes(
      world,
      process(async () => 'done'),
      2,
    )
    expect(await world.registry.get(ID)).toMatchObject({ ...stuckWith('unreadable_item'), fence: 1 })
  })

  test('is stuck at once when the object of an outcome is gone, and not ended as exhausted', async () => {
    const world = open()
    const definition = process(async (context) => {
      await context.step('large', async () => LARGE)
      await context.sleep({ minutes: 5 })
    })
    await register(world)
    await passes(world, definition, 1)
    const { Contents = [] } = await bucket.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${prefix}/` }),
    )
    for (const { Key } of Contents) await bucket.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }))
    await passes(world, definition, 3)
    expect(await world.registry.get(ID)).toMatchObject({ ...stuckWith('unreadable_item'), fence: 2 })
  })

  test('keeps the outcomes in hand when its output cannot be stored, and runs no body again', async () => {
    const world = open()
    let ran = 0
    const definition = process(async (context) => {
      await context.step('once', async () => (ran += 1))
      return LARGE
    })
    await register(world)
    bucket.deny('PUT')
    await passes(world, definition, 2)
    expect(await world.registry.get(ID)).toMatchObject({ wait: { for: 'worker', tries: 2 } })
    bucket.deny()
    await passes(world, definition, 1)
    expect(await world.registry.get(ID)).toMatchObject({ status: 'completed' })
    expect(ran).toBe(1)
  })

  test('never runs a body again that may run once, when its outcome cannot be stored', async () => {
    const world = open()
    let ran = 0
    const body = async () => `${(ran += 1)}${LARGE}`
    const definition = process((context) => context.step('large', body), { recovery: 'abandon' })
    await world.registry.register(
      toRegistration({ id: ID, kind: 'sample', input: {}, recovery: 'abandon' }),
      { now: world.clock.now(), wakeupScheduled: false },
    )
    bucket.deny('PUT')
    await passes(world, definition, 2)
    expect(await world.registry.get(ID)).toMatchObject({
      status: 'abandoned',
      output: { evidence: { because: 'interrupted' } },
    })
    expect(ran).toBe(1)
  })
})

test('a caller who reads or stores a value that S3 refuses gets payload_unavailable', async () => {
  const { registry } = open()
  const kept = await registry.keep(ID, LARGE, 'it')
  bucket.deny('GET', 'PUT')
  await expect(registry.load(ID, kept)).rejects.toThrow(PayloadUnavailable)
  await expect(registry.load(ID, kept)).rejects.toThrow(
    /read of p\/x:v-\w+ .*AccessDenied.*check the rights/u,
  )
  await expect(registry.keep(ID, LARGE, 'it')).rejects.toThrow(PayloadUnavailable)
})
