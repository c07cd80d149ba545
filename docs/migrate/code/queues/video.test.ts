import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SILENT } from 'leasehold'
import { TestKit } from 'leasehold/testing'
import { add } from './add.ts'
import { done } from './media.ts'
import { video } from './video.ts'

void test('a failed part is repeated alone, and a job that is added twice runs once', async () => {
  const kit = new TestKit({ definitions: [video], telemetry: SILENT })
  const job = { id: 'video-7', url: 'https://x.example/a.mov', at: kit.clock.now() + 60_000 }
  await add(kit.client, job)
  await add(kit.client, job)
  assert.deepEqual(await kit.result('video-7'), {
    outcome: 'success',
    value: { address: 'https://cdn.example/2' },
  })
  assert.deepEqual(done, [
    'download https://x.example/a.mov',
    'transcode webm',
    'transcode mp4',
    'transcode mp4',
    'publish',
  ])
})
