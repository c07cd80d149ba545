import { expect, test } from 'vitest'
import { LeaseLost } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { workerParts } from '../../lib/worker/config.ts'
import { Hold } from '../../lib/worker/hold.ts'

test('C47 a hold whose lease is lost writes nothing, though nobody has taken over and the table would take it', async () => {
  const [registry, clock] = [new MemoryProcessRegistry(), new VirtualClock()]
  const parts = workerParts({ registry, definitions: [], ownerId: 'a', clock, chance: seededChance(1) })
  const id = parseProcessId('order-7')
  const request = { ownerId: 'a', incarnation: 'i', token: 't', ttlMs: parts.leaseTtlMs }
  const reply = await registry.start(toRegistration({ id, kind: 'order', input: null }), request, clock.now())
  if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
  const hold = new Hold(parts, reply.holding)
  const lost = new LeaseLost({ id, fence: 1, because: 'it ran out' })
  hold.lose(lost)
  const before = await registry.get(id)
  await expect(hold.commit([{ type: 'resume', at: clock.now() }])).rejects.toBe(lost)
  await expect(hold.complete([], { outcome: 'success', value: null })).rejects.toBe(lost)
  expect(await registry.get(id)).toEqual(before)
})
