import { expect, test } from 'vitest'
import { TestKit } from '../../lib/testing/kit.ts'
import { flow, value } from '../helpers/effects.ts'

test('a parent that asks late gets the output of a child that is no longer retained', async () => {
  const output = 'x'.repeat(2_000)
  const child = flow(() => Promise.resolve(output), { kind: 'child', limits: { retentionMs: 1_000 } })
  const parent = flow(async (context) => {
    const handle = await context.start(child, null)
    await context.sleep({ days: 3 })
    return context.result(handle)
  })
  const kit = new TestKit({ definitions: [parent, child] })
  await kit.start(parent, null, { id: 'p' })
  expect(await kit.result('p')).toEqual(value(output))
  await expect(kit.client.get('p.0')).rejects.toMatchObject({ code: 'no_longer_retained' })
})
