import * as v from 'valibot'
import { expect, test } from 'vitest'
import { ProcessClient } from '../../lib/client/client.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { NO_DOORBELL, type Wakeup } from '../../lib/queue/doorbell.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const ORDER = defineProcess({
  kind: 'order',
  input: v.null(),
  output: v.null(),
  run: () => Promise.resolve(null),
})
const CLAIM = { ownerId: 'a', attemptId: 'i', token: 't', ttlMs: 30_000 }

/** A client, and the ids it has woken. */
function bed() {
  const [registry, clock] = [new MemoryProcessRegistry(), new VirtualClock()]
  const sent: string[] = []
  const ring = async (wakeups: readonly Wakeup[]): Promise<void> =>
    void sent.push(...wakeups.map(({ id }) => id))
  const client = new ProcessClient({ registry, doorbell: { ...NO_DOORBELL, ring }, clock })
  return { registry, clock, client, sent }
}

// The caller before may have died between its write and its wake-up, and then only a pass of the sweep would find it.
test('a repeated start sends its wake-up again while the process has not begun', async () => {
  const { registry, clock, client, sent } = bed()
  const start = (): Promise<unknown> => client.start(ORDER, null, { id: 'order-7' })
  await start()
  await start()
  expect(sent).toEqual(['order-7', 'order-7'])
  await registry.claim(parseProcessId('order-7'), CLAIM, clock.now())
  await start()
  expect(sent.length).toBe(2)
})

test('a repeated signal sends its wake-up again while the process waits', async () => {
  const { registry, clock, client, sent } = bed()
  await client.start(ORDER, null, { id: 'order-7' })
  const claimed = await registry.claim(parseProcessId('order-7'), CLAIM, clock.now())
  if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome)
  const wait = { for: 'effects', on: ['signal "paid"'] } as const
  await registry.park(claimed.ownership, [], { wait, wakeupScheduled: false }, clock.now())
  sent.length = 0
  const signal = { name: 'paid', key: 's1' }
  expect(await client.signal('order-7', signal)).toEqual({ fresh: true })
  expect(await client.signal('order-7', signal)).toEqual({ fresh: false })
  expect(sent).toEqual(['order-7', 'order-7'])
})
