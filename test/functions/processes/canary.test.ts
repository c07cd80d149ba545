import { expect, test } from 'vitest'
import { canary } from '../../../functions/processes/canary.ts'
import { definitions } from '../../../functions/processes/index.ts'
import { TestKit } from '../../../lib/testing/index.ts'

test('canary completes in two claims, parked in between', async () => {
  const kit = new TestKit({ definitions })
  await kit.start(canary, { echo: 'ping' }, { id: 'canary-1' })
  expect(await kit.record('canary-1')).toMatchObject({ status: 'waiting', wait: { for: 'effects' } })
  expect(await kit.result('canary-1')).toEqual({ outcome: 'success', value: { echo: 'ping', claims: 2 } })
})

test('canary refuses a field that it does not know', async () => {
  const kit = new TestKit({ definitions })
  const input = { echo: 'ping', nap: 1 } as unknown as { echo: string }
  await expect(kit.start(canary, input, { id: 'canary-2' })).rejects.toMatchObject({
    issues: [{ path: 'nap' }],
  })
})
