import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

const input = { items: ['tea'], cents: 900, card: 'good' }

void test('a cancelled order is refunded', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, input, { id: 'order-1' })
  await kit.cancel('order-1', 'ordered twice')
  assert.deepEqual(await kit.effects('order-1'), ['pay', 'packed', 'refund'])
  assert.equal((await kit.record('order-1')).status, 'cancelled')
})

void test('an order that is never packed is refunded, and fails', async () => {
  const kit = new TestKit({ definitions: [order] })
  await kit.start(order, input, { id: 'order-1' })
  await kit.skip({ days: 3 })
  assert.deepEqual(await kit.effects('order-1'), ['pay', 'packed', 'refund'])
  assert.equal((await kit.record('order-1')).status, 'failed')
})
