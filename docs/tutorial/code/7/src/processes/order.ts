import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { charge, refund } from '../bank.ts'
import { ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()), cents: v.number(), card: v.string() }),
  output: v.object({ parcel: v.string() }),
  async run(context, { items, cents, card }) {
    const key = `payment-of-${context.id}`
    try {
      await context.step('pay', ({ attempt }) => charge({ cents, card, key, attempt }))
      await context.signal('packed', { timeout: { days: 2 } })
      return { parcel: await context.step('ship', () => ship(items)) }
    } catch (error) {
      await context.shield(() => context.step('refund', () => refund(key), { retry: { maxAttempts: 100 } }))
      throw error
    }
  },
})
