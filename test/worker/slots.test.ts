import * as v from 'valibot'
import { expect, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { workerParts } from '../../lib/worker/config.ts'
import { claimAndRun } from '../../lib/worker/claim-and-run.ts'

const SLOT = { key: 'k', limit: 1 }
const TIMEOUT_MS = 90_000

/** A process whose first owner died before its body began, while another one holds the only place of its key. */
async function takenOver() {
  const [registry, clock] = [new MemoryProcessRegistry(), new VirtualClock()]
  const order = defineProcess({
    kind: 'order',
    input: v.null(),
    output: v.null(),
    run: () => Promise.resolve(null),
  })
  const parts = workerParts({
    registry,
    definitions: [order],
    ownerId: 'b',
    clock,
    chance: seededChance(1),
  })
  const claim = async (name: string) => {
    const request = { ownerId: 'a', attemptId: name, token: name, ttlMs: parts.leaseTtlMs }
    const registration = toRegistration({
      id: parseProcessId(name),
      kind: 'order',
      input: null,
      concurrency: SLOT,
      limits: { timeoutMs: TIMEOUT_MS },
    })
    const reply = await registry.start(registration, request, clock.now())
    if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
    return reply.ownership
  }
  await registry.takeSlot(await claim('first'), SLOT)
  const { id } = (await claim('second')).lease
  await clock.advance(parts.leaseTtlMs + 1)
  return {
    registry,
    clock,
    id,
    take: () => claimAndRun(parts, id, { controller: parts.controller, execution: {} }),
  }
}

test('a process without a place ends at once when cancelled, whatever claims came before', async () => {
  const { registry, clock, id, take } = await takenOver()
  await registry.requestCancel(id, { reason: 'enough' }, clock.now())
  expect(await take()).toMatchObject({ kind: 'ended', record: { status: 'cancelled' } })
})

test('a process without a place whose time is up ends at once, whichever claims came before', async () => {
  const { clock, take } = await takenOver()
  await clock.advance(TIMEOUT_MS)
  expect(await take()).toMatchObject({
    kind: 'ended',
    record: { status: 'failed', output: { error: { code: 'timed_out' } } },
  })
})

test('a process without a place that is taken over continues waiting for one', async () => {
  const { registry, id, take } = await takenOver()
  expect(await take()).toMatchObject({ kind: 'parked' })
  expect(await registry.get(id)).toMatchObject({ status: 'waiting', wait: { for: 'slot' } })
})
