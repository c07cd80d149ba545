import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

const sent: string[] = []

const loan = defineProcess({
  kind: 'loan',
  input: v.object({ book: v.string() }),
  output: v.string(),
  async run(context, { book }) {
    await context.step('lend', () => void sent.push(`lent ${book}`))
    const { shelf } = await context.signal('returned', {
      schema: v.object({ shelf: v.number() }),
      timeout: { days: 28 },
    })
    await context.step('put back', () => void sent.push(`${book} to shelf ${shelf}`))
    return 'returned'
  },
})

// #region story
export async function aBookThatComesBack(): Promise<void> {
  const kit = new TestKit({ definitions: [loan] })
  const record = await kit.start(loan, { book: 'Emma' }, { id: 'loan-1' })
  assert.equal(record.status, 'waiting')
  await kit.skip({ days: 20 })
  await kit.signal('loan-1', 'returned', { shelf: 7 })
  assert.deepEqual(await kit.result('loan-1'), { outcome: 'success', value: 'returned' })
  assert.deepEqual(await kit.effects('loan-1'), ['lend', 'returned', 'put back'])
}
// #endregion

// #region crash
export async function aCrashAtEachWriteChangesNothing(): Promise<void> {
  const live = async (crash?: { nth: number; when: 'before' | 'after' }) => {
    const kit = new TestKit({ definitions: [loan] })
    if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
    await kit.start(loan, { book: 'Emma' }, { id: 'loan-1' })
    await kit.signal('loan-1', 'returned', { shelf: 7 })
    return { output: await kit.result('loan-1'), effects: await kit.effects('loan-1'), writes: kit.writes }
  }
  const calm = await live()
  for (let nth = 1; nth <= calm.writes; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const { output, effects } = await live({ nth, when })
      assert.deepEqual({ output, effects }, { output: calm.output, effects: calm.effects })
    }
  }
}
// #endregion

// #region replay
export async function aReplayAsksForTheSame(): Promise<void> {
  const kit = new TestKit({ definitions: [loan] })
  await kit.start(loan, { book: 'Emma' }, { id: 'loan-1' })
  await kit.signal('loan-1', 'returned', { shelf: 7 })
  await kit.result('loan-1')
  await kit.checkReplay('loan-1')
  assert.deepEqual(kit.warnings, [])
}
// #endregion

// #region outside
/** A definition takes what it talks to as an argument, so that a test can hand it something of its own. */
function weatherWith(get: (url: string) => Promise<string>) {
  return defineProcess({
    kind: 'weather',
    input: v.object({ url: v.string() }),
    output: v.string(),
    run: (context, { url }) => context.step('fetch', () => get(url), { timeout: { seconds: 5 } }),
  })
}

export async function aRealRequest(get: (url: string) => Promise<string>, url: string): Promise<string> {
  // The clock stands still while the request is under way, so its five seconds are not skipped.
  const weather = weatherWith((from) => kit.outside(get(from)))
  const kit: TestKit = new TestKit({ definitions: [weather] })
  await kit.start(weather, { url }, { id: 'w-1' })
  const output = await kit.result('w-1')
  return JSON.stringify(output)
}
// #endregion

export async function check(): Promise<void> {
  await aBookThatComesBack()
  await aCrashAtEachWriteChangesNothing()
  await aReplayAsksForTheSame()
  const slow = (url: string): Promise<string> =>
    new Promise((resolve) => {
      setTimeout(() => resolve(`sunny in ${url}`), 20)
    })
  assert.match(await aRealRequest(slow, 'here'), /sunny in here/)
}
