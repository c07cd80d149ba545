import { setTimeout as pause } from 'node:timers/promises'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { TestKit } from '../../lib/testing/kit.ts'

const order = defineProcess({
  kind: 'order',
  input: v.object({ sku: v.string() }),
  output: v.string(),
  async run(context, { sku }) {
    await context.step('reserve', () => sku)
    const { by } = await context.signal('approved', {
      schema: v.object({ by: v.string() }),
      timeout: { days: 7 },
    })
    await context.sleep({ days: 30 }, 'cool off')
    await context.step('ship', () => sku)
    return `shipped for ${by}`
  },
})

test('a process with a month in it runs to its end at once, and its log can be looked at', async () => {
  const kit = new TestKit({ definitions: [order] })
  expect(await kit.start(order, { sku: 'x' }, { id: 'o-1' })).toMatchObject({ status: 'waiting' })
  await kit.signal('o-1', 'approved', { by: 'ann' })
  await kit.skip({ days: 29 })
  expect(await kit.effects('o-1')).toEqual(['reserve', 'approved'])
  expect(await kit.result('o-1')).toEqual({ outcome: 'success', value: 'shipped for ann' })
  expect(await kit.effects('o-1')).toEqual(['reserve', 'approved', 'cool off', 'ship'])
})

test('a crash at every write, before it or after it, changes nothing of the end', async () => {
  const life = async (crash?: { nth: number; when: 'before' | 'after' }) => {
    const kit = new TestKit({ definitions: [order] })
    if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
    await kit.start(order, { sku: 'x' }, { id: 'o-1' })
    await kit.signal('o-1', 'approved', { by: 'ann' })
    const output = await kit.result('o-1')
    return { output, effects: await kit.effects('o-1'), writes: kit.writes }
  }
  const calm = await life()
  expect(calm.writes).toBeGreaterThan(4)
  for (let nth = 1; nth <= calm.writes; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const { output, effects } = await life({ nth, when })
      expect([nth, when, output, effects]).toEqual([nth, when, calm.output, calm.effects])
    }
  }
})

test('the clock stands still while work of the real world continues', async () => {
  const kit: TestKit = new TestKit({
    definitions: [
      defineProcess({
        kind: 'fetches',
        input: v.null(),
        output: v.string(),
        run: (context) =>
          context.step('fetch', () => kit.outside(pause(30).then(() => 'the page')), {
            timeout: { seconds: 1 },
          }),
      }),
    ],
  })
  const definition = { kind: 'fetches', input: v.null(), output: v.string() }
  expect(await kit.start(definition, null, { id: 'f-1' })).toMatchObject({ status: 'completed' })
  expect(await kit.result('f-1')).toEqual({ outcome: 'success', value: 'the page' })
})
