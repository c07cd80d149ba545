import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

void test('a review is asked for two weeks after the parcel', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { items: ['tea'], cents: 900 }, { id: 'order-1' })
  assert.deepEqual(await kit.effects('order-1'), [])
  await kit.skip({ minutes: 1 })
  assert.deepEqual(await kit.effects('order-1'), ['time to change your mind', 'pay', 'ship'])
  await kit.skip({ days: 13 })
  assert.equal((await kit.record('order-1')).status, 'waiting')
  await kit.skip({ days: 1 })
  assert.equal((await kit.record('order-1')).status, 'completed')
  // Runs the code again as if it were another day: it has to ask for the same effects.
  await kit.checkReplay('order-1')
})
