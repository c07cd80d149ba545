import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { definitions } from '../src/processes/index.ts'
import { order } from '../src/processes/order.ts'

void test('each item is a parcel, and a parcel that fails stops no other', async () => {
  const kit = new TestKit({ definitions })
  await kit.start(order, { items: ['tea', 'elephant', 'cup'] }, { id: 'order-1' })
  assert.deepEqual(await kit.result('order-1'), {
    outcome: 'success',
    value: { shipped: 2, failed: ['elephant'] },
  })
})
