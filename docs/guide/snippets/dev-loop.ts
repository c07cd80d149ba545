import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region entry
export const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.string(),
  async run(context, { sku }) {
    await context.step('charge', () => `charged for ${sku}`)
    await context.signal('packed')
    return context.step('ship', () => 'shipped')
  },
})

/** All that `leasehold dev` asks of a project: this list, in src/processes/index.ts. */
export const definitions = [order]
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions })
  await kit.start(order, { sku: 'a-1' }, { id: 'order-1' })
  await kit.signal('order-1', 'packed')
  assert.deepEqual(await kit.result('order-1'), { outcome: 'success', value: 'shipped' })
}
