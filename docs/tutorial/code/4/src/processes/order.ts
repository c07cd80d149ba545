import { defineProcess, WaitTimedOut } from 'leasehold'
import * as v from 'valibot'
import { ship } from '../shop.ts'

const Packed = v.object({ by: v.string() })
const REMINDERS = 2

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()) }),
  output: v.object({ parcel: v.string(), packedBy: v.string() }),
  async run(context, { items }) {
    for (let reminder = 1; ; reminder += 1) {
      try {
        const { by } = await context.signal('packed', { schema: Packed, timeout: { days: 1 } })
        return { parcel: await context.step('ship', () => ship(items)), packedBy: by }
      } catch (error) {
        if (!(error instanceof WaitTimedOut) || reminder > REMINDERS) throw error
        await context.step(`reminder ${reminder}`, () => console.log(`warehouse: please pack ${context.id}`))
      }
    }
  },
})
