import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, NonRetryable, StepFailed } from 'leasehold'
import { TestKit } from 'leasehold/testing'

/** A payment provider that is down for the first two calls. */
const payments = {
  calls: 0,
  keys: new Set<string>(),
  async charge(card: string, key: string): Promise<{ receipt: string }> {
    payments.calls += 1
    if (payments.calls <= 2) throw new Error('503')
    if (card === 'declined') throw new NonRetryable('the card was declined')
    payments.keys.add(key)
    return { receipt: `r-${payments.keys.size}` }
  },
}

// #region charge
export const charge = defineProcess({
  kind: 'charge',
  input: v.object({ card: v.string() }),
  output: v.string(),
  async run(context, { card }) {
    const { receipt } = await context.step(
      'charge',
      ({ idempotencyKey }) => payments.charge(card, idempotencyKey),
      {
        timeout: { seconds: 20 },
        retry: { maxAttempts: 5, initialDelay: { seconds: 2 }, maxDelay: { minutes: 1 } },
      },
    )
    return receipt
  },
})
// #endregion

// #region failure
export const chargeOrAsk = defineProcess({
  kind: 'charge-or-ask',
  input: v.object({ card: v.string() }),
  output: v.string(),
  async run(context, { card }) {
    try {
      const { receipt } = await context.step('charge', ({ idempotencyKey }) =>
        payments.charge(card, idempotencyKey),
      )
      return receipt
    } catch (error) {
      // What the body threw is recorded as class, code and message: a re-run meets the same error.
      if (!(error instanceof StepFailed) || error.error.code !== 'non_retryable') throw error
      await context.step('ask for another card', () => undefined)
      return 'asked'
    }
  },
})
// #endregion

// #region once
export const print = defineProcess({
  kind: 'print',
  input: v.null(),
  output: v.void(),
  async run(context) {
    // A printer has no idempotency keys: rather no label than two.
    await context.step('print the label', () => undefined, { semantics: 'at-most-once' })
  },
})
// #endregion

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [charge, chargeOrAsk, print] })
  await kit.start(charge, { card: '4242' }, { id: 'c-1' })
  assert.deepEqual(await kit.result('c-1'), { outcome: 'success', value: 'r-1' })
  assert.equal(payments.calls, 3)
  await kit.start(chargeOrAsk, { card: 'declined' }, { id: 'c-2' })
  assert.deepEqual(await kit.result('c-2'), { outcome: 'success', value: 'asked' })
  await kit.start(print, null, { id: 'p-1' })
  assert.equal((await kit.result('p-1')).outcome, 'success')
}
