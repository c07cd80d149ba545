import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { pack, pay, ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({
    items: v.array(v.string()),
    cents: v.number(),
    secondsToPack: v.optional(v.number(), 0),
  }),
  output: v.object({ parcel: v.string() }),
  async run(context, { items, cents, secondsToPack }) {
    await context.step('pay', ({ idempotencyKey }) => pay(cents, idempotencyKey))
    const boxes: string[] = []
    for (const item of items) {
      boxes.push(await context.step(`pack ${item}`, () => pack(item, secondsToPack)))
    }
    const parcel = await context.step('ship', () => ship(boxes))
    return { parcel }
  },
})
