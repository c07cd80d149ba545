import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { ask, charge, pack, survey } from './shop.ts'

export const order = defineProcess({
  kind: 'order',
  input: v.object({ lines: v.array(v.string()), card: v.string() }),
  output: v.object({ packed: v.number() }),
  // The state machine's TimeoutSeconds.
  limits: { timeoutMs: 60 * 86_400_000 },
  async run(context, { lines, card }) {
    // A Task with Retry. MaxAttempts there counts the retries, here all attempts.
    await context.step('charge', ({ idempotencyKey }) => charge(card, idempotencyKey), {
      retry: { maxAttempts: 6, initialDelay: { seconds: 2 } },
    })
    // A Task with .waitForTaskToken and TimeoutSeconds.
    const approval = await context.callback('approval', { timeout: { days: 7 } })
    await context.step('ask for approval', () => ask(approval.token))
    await approval.result()
    // A Map with MaxConcurrency.
    await context.map(lines, (line) => context.step(`pack ${line}`, () => pack(line)), { concurrency: 10 })
    // A Wait with Seconds.
    await context.sleep({ days: 30 })
    await context.step('survey', () => survey())
    return { packed: lines.length }
  },
})
