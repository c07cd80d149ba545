import { defineProcess } from 'leasehold'
import * as v from 'valibot'

/** Greets a guest, sleeps without a worker, and greets again. Change it into your own first process. */
export const greeting = defineProcess({
  kind: 'greeting',
  input: v.object({ name: v.string() }),
  output: v.object({ greetings: v.array(v.string()) }),
  async run(context, { name }) {
    // A step talks to the world. Its value is recorded, and its body never runs again after that.
    const first = await context.step('greet', () => `Hello ${name}`)
    await context.sleep({ seconds: 2 })
    const second = await context.step('greet again', () => `Welcome back, ${name}`)
    return { greetings: [first, second] }
  },
})
