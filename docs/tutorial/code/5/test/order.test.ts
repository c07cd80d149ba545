import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { TestKit } from 'leasehold/testing'
import { order } from '../src/processes/order.ts'

/** Starts an order, and returns the token that the carrier got. */
async function booked(context: TestContext, kit: TestKit): Promise<string> {
  const { mock } = context.mock.method(console, 'log', () => undefined)
  await kit.start(order, { items: ['tea'] }, { id: 'order-1' })
  const line = String(mock.calls.at(-1)?.arguments[0])
  return line.slice(line.lastIndexOf(' ') + 1)
}

void test('the carrier ends the order', async (context) => {
  const kit = new TestKit({ definitions: [order] })
  await kit.client.completeCallback(await booked(context, kit), { signedBy: 'ann' })
  assert.deepEqual(await kit.result('order-1'), { outcome: 'success', value: { signedBy: 'ann' } })
})

void test('a lost parcel fails the order after a week', async (context) => {
  const kit = new TestKit({ definitions: [order] })
  await booked(context, kit)
  await kit.skip({ days: 8 })
  assert.equal((await kit.record('order-1')).status, 'failed')
})
