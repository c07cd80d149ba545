import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

void test('an order is paid, packed and shipped', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { items: ['tea', 'cup'], cents: 900 }, { id: 'order-1' })
  assert.deepEqual(await kit.result('order-1'), { outcome: 'success', value: { parcel: 'parcel of 2' } })
  assert.deepEqual(await kit.effects('order-1'), ['pay', 'pack tea', 'pack cup', 'ship'])
})
