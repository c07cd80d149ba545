import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

const shape = { kind: 'invoice', input: v.null(), output: v.string() }

/** What was deployed when the first invoices began. */
const first = defineProcess({
  ...shape,
  async run(context) {
    await context.step('bill', () => 'b')
    await context.sleep({ days: 14 }, 'time to pay')
    await context.step('remind', () => 'r')
    return 'reminded'
  },
})

/** An engineer put a step in front: invoices that are open have another history. */
const careless = defineProcess({
  ...shape,
  async run(context) {
    await context.step('check the address', () => 'c')
    await context.step('bill', () => 'b')
    return 'billed'
  },
})

// #region patched
export const invoice = defineProcess({
  ...shape,
  version: '2',
  async run(context) {
    if (context.patched('check-address')) await context.step('check the address', () => 'c')
    await context.step('bill', () => 'b')
    await context.sleep({ days: 14 }, 'time to pay')
    await context.step('remind', () => 'r')
    return 'reminded'
  },
})
// #endregion

/** A bad deploy: it checks the address first, in every process. */
const bad = defineProcess({
  ...shape,
  version: '2',
  async run(context) {
    await context.step('check the address', () => 'c')
    await context.step('bill', () => 'b')
    await context.sleep({ days: 14 }, 'time to pay')
    await context.step('remind', () => 'r')
    return 'checked'
  },
})

// #region bad-deploy
export const mendedInvoice = defineProcess({
  ...shape,
  version: '3',
  async run(context) {
    // Started under version 2, which checked the address first.
    const began = context.version === '2'
    if (began) await context.step('check the address', () => 'c')
    await context.step('bill', () => 'b')
    await context.sleep({ days: 14 }, 'time to pay')
    await context.step('remind', () => 'r')
    return began ? 'checked first' : 'reminded'
  },
})
// #endregion

// #region ambient
export const lottery = defineProcess({
  kind: 'lottery',
  input: v.array(v.string()),
  output: v.string(),
  async run(context, players) {
    // Not Date.now, Math.random or randomUUID: a re-run has to see the same time, chance and id.
    const [drawnAt, draw] = [context.now(), context.uuid()]
    const winner = players[Math.floor(context.random() * players.length)] ?? 'no player'
    await context.step('announce', () => undefined)
    return `${draw} at ${drawnAt}: ${winner}`
  },
})
// #endregion

export async function check(): Promise<void> {
  const before = new TestKit({ definitions: [first] })
  await before.start(first, null, { id: 'i-1' })
  const { registry } = before

  // #region stuck
  const deployed = new TestKit({ definitions: [careless], registry, startAt: before.clock.now() })
  await deployed.skip({ days: 15 })
  const record = await deployed.record('i-1')
  assert.equal(record.status, 'stuck')

  // The next deploy replays what is recorded, and takes the new step in for new processes only.
  const mended = new TestKit({ definitions: [invoice], registry, startAt: deployed.clock.now() })
  await mended.client.resume('i-1', 'ann')
  assert.deepEqual(await mended.result('i-1'), { outcome: 'success', value: 'reminded' })
  assert.deepEqual(await mended.effects('i-1'), ['bill', 'time to pay', 'remind'])
  // #endregion

  await mended.start(invoice, null, { id: 'i-2' })
  await mended.result('i-2')
  assert.equal((await mended.effects('i-2'))[1], 'check the address')

  const old = new TestKit({ definitions: [first] })
  await old.start(first, null, { id: 'before' })
  const badly = new TestKit({ definitions: [bad], registry: old.registry, startAt: old.clock.now() })
  await badly.start(bad, null, { id: 'under' })
  const fixed = new TestKit({
    definitions: [mendedInvoice],
    registry: old.registry,
    startAt: badly.clock.now(),
  })
  await fixed.start(mendedInvoice, null, { id: 'after' })
  for (const id of ['before', 'after'])
    assert.deepEqual(await fixed.result(id), { outcome: 'success', value: 'reminded' })
  assert.deepEqual(await fixed.result('under'), { outcome: 'success', value: 'checked first' })

  const calm = new TestKit({ definitions: [lottery] })
  const shaken = new TestKit({ definitions: [lottery] })
  shaken.crashAtWrite(2, 'after')
  for (const kit of [calm, shaken]) await kit.start(lottery, ['ann', 'bob'], { id: 'l-1' })
  assert.deepEqual(await shaken.result('l-1'), await calm.result('l-1'))
}
