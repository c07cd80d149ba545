import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { parcel } from './parcel.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()) }),
  output: v.object({ shipped: v.number(), failed: v.array(v.string()) }),
  async run(context, { items }) {
    const parcels = await context.map(items, (item) => context.run(parcel, { item }), {
      concurrency: 2,
      onFailure: 'settle',
    })
    const failed = items.filter((_, index) => parcels[index]?.status === 'rejected')
    return { shipped: items.length - failed.length, failed }
  },
})
