import * as v from 'valibot'
import { expect, test } from 'vitest'
import { ProcessClient } from '../../lib/client/client.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { NO_DOORBELL, type Bell } from '../../lib/queue/doorbell.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const ORDER = defineProcess({
  kind: 'order',
  input: v.null(),
  output: v.null(),
  run: () => Promise.resolve(null),
})
const CLAIM = { ownerId: 'a', incarnation: 'i', token: 't', ttlMs: 30_000 }

/** A client, and the ids it has rung for. */
function bed() {
  const [registry, clock] = [new MemoryProcessRegistry(), new VirtualClock()]
  const rung: string[] = []
  const ring = async (bells: readonly Bell[]): Promise<void> => void rung.push(...bells.map(({ id }) => id))
  const client = new ProcessClient({ registry, doorbell: { ...NO_DOORBELL, ring }, clock })
  return { registry, clock, client, rung }
}

// The caller before may have died between its write and its doorbell, and then only a pass of the sweep would find it.
test('a start that is asked for again rings again, as long as the process has not begun', async () => {
  const { registry, clock, client, rung } = bed()
  const start = (): Promise<unknown> => client.start(ORDER, null, { id: 'order-7' })
  await start()
  await start()
  expect(rung).toEqual(['order-7', 'order-7'])
  await registry.claim(parseProcessId('order-7'), CLAIM, clock.now())
  await start()
  expect(rung.length).toBe(2)
})

test('a signal that is sent again rings again, as long as the process waits', async () => {
  const { registry, clock, client, rung } = bed()
  await client.start(ORDER, null, { id: 'order-7' })
  const claimed = await registry.claim(parseProcessId('order-7'), CLAIM, clock.now())
  if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome)
  const wait = { for: 'effects', on: ['signal "paid"'] } as const
  await registry.park(claimed.holding, [], { wait, belled: false }, clock.now())
  rung.length = 0
  const signal = { name: 'paid', key: 's1' }
  expect(await client.signal('order-7', signal)).toEqual({ fresh: true })
  expect(await client.signal('order-7', signal)).toEqual({ fresh: false })
  expect(rung).toEqual(['order-7', 'order-7'])
})
