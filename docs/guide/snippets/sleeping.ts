import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region trial
export const trial = defineProcess({
  kind: 'trial',
  input: v.object({ user: v.string() }),
  output: v.void(),
  async run(context, { user }) {
    const begunAt = context.now()
    await context.step('welcome', () => mail(user, 'welcome'))
    await context.sleep({ days: 27 }, 'most of the trial')
    await context.step('remind', () => mail(user, 'three days left'))
    await context.sleepUntil(begunAt + 30 * 86_400_000, 'the rest of it')
    await context.step('close', () => mail(user, 'it has ended'))
  },
})
// #endregion

const mails: string[] = []
function mail(user: string, text: string): void {
  mails.push(`${user}: ${text}`)
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [trial] })
  await kit.start(trial, { user: 'ann' }, { id: 't-1' })
  await kit.skip({ days: 26, hours: 23 })
  assert.deepEqual(mails, ['ann: welcome'])
  const startedAt = kit.clock.now() - (26 * 24 + 23) * 3_600_000
  await kit.result('t-1')
  assert.equal(mails.length, 3)
  // Never early, and at most moments late.
  const lateMs = kit.clock.now() - startedAt - 30 * 86_400_000
  assert.ok(lateMs >= 0 && lateMs < 2_000, `${lateMs} ms late`)
}
