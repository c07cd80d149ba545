import { defineProcess, StepFailed } from 'leasehold'
import * as v from 'valibot'
import { charge } from '../bank.ts'
import { ship } from '../shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ items: v.array(v.string()), cents: v.number(), card: v.string() }),
  output: v.union([v.object({ parcel: v.string() }), v.object({ refused: v.string() })]),
  async run(context, { items, cents, card }) {
    try {
      await context.step(
        'pay',
        ({ idempotencyKey, attempt }) => charge({ cents, card, key: idempotencyKey, attempt }),
        { retry: { maxAttempts: 5, initialDelay: { seconds: 2 } }, timeout: { seconds: 20 } },
      )
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      return { refused: error.error.message }
    }
    return { parcel: await context.step('ship', () => ship(items)) }
  },
})
