import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { pay, ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()), cents: v.number() }),
  output: v.object({ parcel: v.string() }),
  async run(context, { items, cents }) {
    // #region careless
    await context.step('check the address', () => 'known')
    await context.step('pay', ({ idempotencyKey }) => pay(cents, idempotencyKey))
    // #endregion
    await context.signal('packed', { timeout: { days: 7 } })
    return { parcel: await context.step('ship', () => ship(items)) }
  },
})
