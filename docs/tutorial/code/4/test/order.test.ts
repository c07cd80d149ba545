import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

void test('an order waits until it is packed', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { items: ['tea'] }, { id: 'order-1' })
  await kit.signal('order-1', 'packed', { by: 'ann' })
  assert.deepEqual(await kit.result('order-1'), {
    outcome: 'success',
    value: { parcel: 'parcel of 1', packedBy: 'ann' },
  })
})

void test('the warehouse is reminded twice, and then the order fails', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, { items: ['tea'] }, { id: 'order-1' })
  await kit.skip({ days: 4 })
  assert.deepEqual(await kit.effects('order-1'), ['packed', 'reminder 1', 'packed', 'reminder 2', 'packed'])
  assert.equal((await kit.record('order-1')).status, 'failed')
})
