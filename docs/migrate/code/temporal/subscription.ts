import { defineProcess, ProcessCancelled, WaitTimedOut } from 'leasehold'
import * as v from 'valibot'
import { bill, goodbye, welcome } from './activities.ts'

const retry = { maxAttempts: 10, initialDelay: { seconds: 1 } }

export const subscription = defineProcess({
  kind: 'subscription',
  input: v.object({ user: v.string(), months: v.number() }),
  output: v.object({ billed: v.number() }),
  async run(context, { user, months }) {
    await context.step('welcome', () => welcome(user), { retry })
    let billed = 0
    try {
      while (billed < months && !(await endedWithin30Days())) {
        await context.step('bill', ({ idempotencyKey }) => bill(user, idempotencyKey), { retry })
        billed += 1
      }
    } catch (error) {
      // CancellationScope.nonCancellable
      if (error instanceof ProcessCancelled)
        await context.shield(() => context.step('goodbye', () => goodbye(user), { retry }))
      throw error
    }
    return { billed }

    // condition(() => ended, '30 days'), with the handler of the signal `end` setting `ended`
    async function endedWithin30Days(): Promise<boolean> {
      try {
        await context.signal('end', { timeout: { days: 30 } })
        return true
      } catch (error) {
        if (!(error instanceof WaitTimedOut)) throw error
        return false
      }
    }
  },
})
