import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { pay, ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()), cents: v.number() }),
  output: v.object({ parcel: v.string(), askedAt: v.number() }),
  async run(context, { items, cents }) {
    await context.sleep({ seconds: 20 }, 'time to change your mind')
    await context.step('pay', ({ idempotencyKey }) => pay(cents, idempotencyKey))
    const parcel = await context.step('ship', () => ship(items))
    await context.sleep({ days: 14 }, 'time to try it')
    await context.step('ask for a review', () => console.log('mail: how was it?'))
    return { parcel, askedAt: context.now() }
  },
})
