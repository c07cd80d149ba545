import * as v from 'valibot'
import { defineProcess } from 'leasehold'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.object({ parcel: v.string() }),
  async run(context, { sku }) {
    const price = await context.step('quote', () => 7)
    await context.sleep({ days: 30 })
    const { by } = await context.signal('approved', { schema: v.object({ by: v.string() }) })
    return { parcel: await context.step('ship', () => `${sku} at ${price}, approved by ${by}`) }
  },
})
