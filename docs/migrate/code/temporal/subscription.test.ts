import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { called } from './activities.ts'
import { subscription } from './subscription.ts'

beforeEach(() => {
  called.length = 0
})

void test('a subscription is billed each month until it ends', async () => {
  const kit = new TestKit({ definitions: [subscription] })
  await kit.start(subscription, { user: 'ann', months: 12 }, { id: 'sub-ann' })
  await kit.skip({ days: 65 })
  await kit.signal('sub-ann', 'end')
  assert.deepEqual(await kit.result('sub-ann'), { outcome: 'success', value: { billed: 2 } })
  assert.deepEqual(called, ['welcome ann', 'bill ann', 'bill ann'])
})

void test('a cancelled subscription says goodbye', async () => {
  const kit = new TestKit({ definitions: [subscription] })
  await kit.start(subscription, { user: 'bob', months: 12 }, { id: 'sub-bob' })
  await kit.cancel('sub-bob', 'moved away')
  assert.equal((await kit.record('sub-bob')).status, 'cancelled')
  assert.deepEqual(called, ['welcome bob', 'goodbye bob'])
})
