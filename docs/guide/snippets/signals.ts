import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, WaitTimedOut, type ProcessClient } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region wait
const Address = v.object({ street: v.string() })

export const delivery = defineProcess({
  kind: 'delivery',
  input: v.object({ parcel: v.string() }),
  output: v.string(),
  async run(context, { parcel }) {
    try {
      const { street } = await context.signal('address', { schema: Address, timeout: { days: 2 } })
      return `${parcel} goes to ${street}`
    } catch (error) {
      if (!(error instanceof WaitTimedOut)) throw error
      return `${parcel} goes back`
    }
  },
})
// #endregion

// #region send
export async function addressGiven(
  client: ProcessClient,
  form: { id: string; street: string },
): Promise<void> {
  await client.signal(`delivery-${form.id}`, {
    name: 'address',
    payload: { street: form.street },
    // A browser that sends the form twice sends the same key: the signal counts once.
    key: `form-${form.id}`,
  })
}
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [delivery] })
  await kit.start(delivery, { parcel: 'p' }, { id: 'delivery-1' })
  await addressGiven(kit.client, { id: '1', street: 'High Street' })
  await addressGiven(kit.client, { id: '1', street: 'High Street' })
  assert.deepEqual(await kit.result('delivery-1'), { outcome: 'success', value: 'p goes to High Street' })
  await kit.start(delivery, { parcel: 'q' }, { id: 'delivery-2' })
  assert.deepEqual(await kit.result('delivery-2'), { outcome: 'success', value: 'q goes back' })
}
