import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, type ProcessClient } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region limits
export const sync = defineProcess({
  kind: 'sync',
  input: v.object({ tenant: v.string() }),
  output: v.void(),
  limits: {
    timeoutMs: 2 * 3_600_000,
    retentionMs: 7 * 86_400_000,
    maxStalls: 3,
  },
  async run(context) {
    await context.sleep({ hours: 1 }, 'the import of the other side')
  },
})
// #endregion

// #region start
export async function syncTonight(client: ProcessClient, tenant: string, midnight: number): Promise<void> {
  await client.start(
    sync,
    { tenant },
    {
      id: `sync-${tenant}-${midnight}`,
      startAt: midnight,
      // At most one at a time for each tenant; the others wait their turn, first come, first served.
      concurrency: { key: `sync-${tenant}`, limit: 1 },
      urgent: tenant === 'big',
    },
  )
}
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [sync] })
  const midnight = kit.clock.now() + 3_600_000
  await syncTonight(kit.client, 'small', midnight)
  await syncTonight(kit.client, 'small', midnight)
  await syncTonight(kit.client, 'small', midnight + 60_000)
  await kit.skip({ minutes: 59 })
  assert.equal((await kit.record(`sync-small-${midnight}`)).status, 'pending')
  assert.equal((await kit.result(`sync-small-${midnight}`)).outcome, 'success')
  assert.ok(kit.clock.now() >= midnight + 3_600_000)
  // It waited an hour for its turn, which counts, and its own hour fits into its two.
  const second = await kit.result(`sync-small-${midnight + 60_000}`)
  assert.equal(second.outcome, 'success')
}
