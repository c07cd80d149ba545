import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SILENT } from 'leasehold'
import { type CrashPoint, TestKit } from 'leasehold/testing'
import { payments } from '../src/bank.ts'
import { order } from '../src/processes/order.ts'

const input = { items: ['tea'], cents: 900, card: 'good' }

/** Runs an order that is cancelled. With `crash` its worker dies at that write to the table. */
async function cancelled(crash?: CrashPoint): Promise<TestKit> {
  payments.clear()
  const kit = new TestKit({ definitions: [order], telemetry: SILENT })
  if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
  await kit.start(order, input, { id: 'order-1' })
  await kit.cancel('order-1')
  await kit.result('order-1')
  return kit
}

void test('no money is kept, wherever the worker dies', async () => {
  const { writes } = await cancelled()
  for (let nth = 1; nth <= writes; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const kit = await cancelled({ nth, when })
      assert.equal((await kit.record('order-1')).status, 'cancelled')
      assert.deepEqual([...payments], [], `the worker died ${when} write ${nth}`)
    }
  }
})
