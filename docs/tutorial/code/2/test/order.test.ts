import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SILENT } from 'leasehold'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

const input = { items: ['tea'], cents: 900 }

void test('a payment is tried again until the bank answers', async () => {
  // The kit prints each failed attempt. Here they are expected.
  const kit = new TestKit({ definitions: [order], telemetry: SILENT })
  await kit.start(order, { ...input, card: 'of a slow bank' }, { id: 'order-1' })
  assert.deepEqual(await kit.result('order-1'), { outcome: 'success', value: { parcel: 'parcel of 1' } })
  assert.equal(kit.warnings.length, 2)
})

void test('a stolen card is not tried again', async () => {
  const kit = new TestKit({ definitions: [order], telemetry: SILENT })
  await kit.start(order, { ...input, card: 'stolen' }, { id: 'order-1' })
  assert.deepEqual(await kit.result('order-1'), {
    outcome: 'success',
    value: { refused: 'the card is reported as stolen' },
  })
  assert.equal(kit.warnings.length, 1)
})
