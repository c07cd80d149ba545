import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from './order.ts'
import { asked } from './shop.ts'

void test('an order goes the way of its state machine', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { lines: ['tea', 'cup'], card: 'c-1' }, { id: 'order-1' })
  await kit.client.completeCallback(asked[0] ?? '', { by: 'ann' })
  await kit.skip({ days: 31 })
  assert.deepEqual(await kit.result('order-1'), { outcome: 'success', value: { packed: 2 } })
})
