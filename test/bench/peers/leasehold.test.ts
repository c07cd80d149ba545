import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FIGURES } from '../../../bench/peers/figures.ts'
import { bundleWorker, startLeasehold } from '../../../bench/peers/leasehold.ts'
import { MEASURES } from '../../../bench/peers/measures.ts'
import type { Side } from '../../../bench/peers/side.ts'

let folder: string
let side: Side
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leasehold-peers-test-'))
  const workerEntry = await bundleWorker(folder)
  side = await startLeasehold({ name: 'embedded store', store: 'embedded', workerEntry, folder })
})
afterAll(async () => {
  await side.stop()
  await rm(folder, { recursive: true, force: true })
})

test('each figure of the bench fills its rows on the embedded store', async () => {
  const amounts = { processes: 20, steps: 5, latency: 3, parking: 10, children: 5 }
  for (const figure of ['processes', 'steps', 'latency', 'recovery', 'parking', 'children'] as const) {
    const { rows = {} } = (await MEASURES[figure](side, '0', amounts)) ?? {}
    expect(Object.keys(rows)).toEqual(FIGURES[figure])
    for (const value of Object.values(rows)) expect(value).toBeGreaterThan(0)
  }
})
