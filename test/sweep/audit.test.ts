import { expect, test } from 'vitest'
import { parseProcessId } from '../../lib/model/ids.ts'
import { toRegistration, type Recovery } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { audit } from '../../lib/sweep/audit.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

test('audit() counts open processes without a due time or a named wait, and no other [C52]', async () => {
  const store = new MemoryStore()
  const world = new World(new MemoryProcessRegistry({ store }))
  const now = world.clock.now()
  const register = (id: string, recovery: Recovery = 'rerun') =>
    world.registry.register(toRegistration({ id, kind: 'sample', input: {}, recovery }), {
      now,
      wakeupScheduled: false,
      completionToken: 'token-of-16-chars',
    })
  await register('p-ended')
  await world.until(world.worker([process(async () => 1)]).drivePendingProcesses())
  await register('p-pending')
  await register('p-external', 'external')
  await register('p-running')
  await world.registry.claim(
    parseProcessId('p-running'),
    { ownerId: 'w', attemptId: 'i', token: 't', ttlMs: 1_000 },
    now,
  )
  await register('p-forgotten')
  const parts = { registry: world.registry, clock: world.clock, telemetry: world.told }
  expect(await audit(parts, { kind: 'sample' })).toEqual({ open: 4, breaches: [] })
  // What a lost due row would look like: the item is open, waits for a worker, and is in no index.
  const key = { pk: 'P#p-forgotten', sk: 'PROCESS' }
  await store.write({
    do: 'update',
    key,
    change: { set: { s: 'waiting', w: { f: 'worker' } }, remove: ['d', 'da'] },
  })
  const report = await audit(parts, { kind: 'sample' })
  expect(report.breaches).toEqual(['p-forgotten'])
  expect(world.told.counts.get('AuditBreach')).toBe(1)
  expect(world.told.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', facts: { id: 'p-forgotten' } }),
  )
})
