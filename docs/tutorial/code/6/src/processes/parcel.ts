import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { pack, ship } from '../shop.ts'

export const parcel = defineProcess({
  kind: 'parcel',
  input: v.object({ item: v.string() }),
  output: v.string(),
  async run(context, { item }) {
    if (item === 'elephant') throw new Error('an elephant fits into no box')
    const box = await context.step('pack', () => pack(item, 0))
    await context.sleep({ seconds: 10 }, 'wait for the van')
    return context.step('ship', () => ship([box]))
  },
})
