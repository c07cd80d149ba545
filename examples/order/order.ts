import * as v from 'valibot'
import type { StepOptions } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import type { Json } from '../../lib/model/json.ts'
import { post, type Post } from '../post.ts'
import { saga } from './saga.ts'

/** Long enough for a colleague of ours to repair the other system. */
const PATIENT: StepOptions = {
  timeout: { seconds: 20 },
  retry: { maxAttempts: 40, initialDelay: { seconds: 1 }, maxDelay: { minutes: 15 } },
}

/**
 * An order over three systems that share no transaction: stock, payments, parcels. It is shipped and paid, or it leaves
 * nothing behind: each part that was done is undone if a later part refuses, the order is not packed in time, or it is cancelled.
 */
export function orderWith(ask: Post) {
  return defineProcess({
    kind: 'order',
    input: v.object({
      shop: v.string(),
      sku: v.string(),
      quantity: v.number(),
      card: v.string(),
      address: v.string(),
    }),
    output: v.object({ parcel: v.string() }),
    run: (context, { shop, sku, quantity, card, address }) =>
      saga(context, async (undo) => {
        const part = (name: string, body: { [key: string]: Json } = {}): Promise<Json> =>
          context.step(
            name,
            ({ idempotencyKey: key, abortSignal: signal }) =>
              ask({ url: `${shop}/${name}`, body: { order: context.id, ...body }, key, signal }),
            PATIENT,
          )

        undo(() => part('release'))
        await part('reserve', { sku, quantity })
        undo(() => part('refund'))
        await part('charge', { card })
        await context.signal('packed', { timeout: { days: 3 } })
        undo(() => part('recall'))
        const shipped = await part('ship', { address })
        return v.parse(v.object({ parcel: v.string() }), shipped)
      }),
  })
}

export const order = orderWith(post)
