import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region map
export const thumbnails = defineProcess({
  kind: 'thumbnails',
  input: v.object({ images: v.array(v.string()) }),
  output: v.object({ done: v.array(v.string()), failed: v.number() }),
  async run(context, { images }) {
    const results = await context.map(
      images,
      (image) => context.step(`shrink ${image}`, () => shrink(image), { retry: { maxAttempts: 3 } }),
      { concurrency: 10, onFailure: 'settle' },
    )
    const done = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    return { done, failed: results.length - done.length }
  },
})
// #endregion

// #region all
export const quote = defineProcess({
  kind: 'quote',
  input: v.null(),
  output: v.string(),
  async run(context) {
    // Plain `Promise.all` works as well. `all` adds a bound, and begins nothing more once one has failed.
    const [price, carrier] = await context.all([
      () => context.step('ask for the price', () => 12),
      () => context.step('ask for the carrier', () => 'dhl'),
    ])
    const { days, insured } = await context.all({
      days: () => context.step('ask for the days', () => 3),
      insured: async () => price > 10,
    })
    return `${carrier}: ${price} in ${days} days${insured ? ', insured' : ''}`
  },
})
// #endregion

function shrink(image: string): string {
  if (image === 'broken.png') throw new Error('not an image')
  return `small-${image}`
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [thumbnails, quote] })
  await kit.start(thumbnails, { images: ['a.png', 'broken.png', 'b.png'] }, { id: 't-1' })
  const value = { done: ['small-a.png', 'small-b.png'], failed: 1 }
  assert.deepEqual(await kit.result('t-1'), { outcome: 'success', value })
  await kit.start(quote, null, { id: 'q-1' })
  assert.deepEqual(await kit.result('q-1'), { outcome: 'success', value: 'dhl: 12 in 3 days, insured' })
}
