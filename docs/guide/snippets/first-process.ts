import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

const sent: string[] = []
const mailer = {
  send: (to: string, key: string) => {
    sent.push(`${to} ${key}`)
    return Promise.resolve({ messageId: `m-${sent.length}` })
  },
}

// #region definition
export const welcome = defineProcess({
  kind: 'welcome',
  input: v.object({ email: v.string() }),
  output: v.object({ reminded: v.boolean() }),
  async run(context, { email }) {
    // A step talks to the world. Its value is recorded, and its body never runs again after that.
    await context.step('greet', ({ idempotencyKey }) => mailer.send(email, idempotencyKey))
    // The process is a row in a table for three days, and holds no Lambda.
    await context.sleep({ days: 3 })
    await context.step('remind', ({ idempotencyKey }) => mailer.send(email, idempotencyKey))
    return { reminded: true }
  },
})
// #endregion

// #region test
export async function aGuestIsReminded(): Promise<void> {
  const kit = new TestKit({ definitions: [welcome] })
  await kit.start(welcome, { email: 'ann@example.com' }, { id: 'welcome-ann' })
  assert.equal(sent.length, 1)
  await kit.skip({ days: 3 })
  assert.deepEqual(await kit.result('welcome-ann'), { outcome: 'success', value: { reminded: true } })
  assert.deepEqual(await kit.effects('welcome-ann'), ['greet', 'sleep', 'remind'])
  // Runs the code again at other times: it has to ask for the same effects.
  await kit.checkReplay('welcome-ann')
}
// #endregion

export async function check(): Promise<void> {
  await aGuestIsReminded()
}
