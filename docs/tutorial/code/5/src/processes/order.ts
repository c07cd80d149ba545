import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { book } from '../carrier.ts'
import { ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()) }),
  output: v.object({ signedBy: v.string() }),
  async run(context, { items }) {
    const parcel = await context.step('ship', () => ship(items))
    const delivery = await context.callback('delivered', {
      schema: v.object({ signedBy: v.string() }),
      timeout: { days: 7 },
    })
    await context.step('book the carrier', () => book(parcel, delivery.token))
    return delivery.result()
  },
})
