import { expect, test } from 'vitest'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MAX_STALLS } from '../../lib/model/limits.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { GZIP } from '../../lib/registry/payload-ports.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

const HOUR_MS = 3_600_000

test('a process with an unreadable input is stuck, and runs after a deploy with its codec [C50]', async () => {
  const store = new MemoryStore()
  const coded = new MemoryProcessRegistry({ store, payloads: { codec: GZIP } })
  const id = parseProcessId('p-1')
  let ran = 0
  const definitions = [process(async () => ++ran)]

  const world = new World(new MemoryProcessRegistry({ store }))
  const registration = toRegistration({ id, kind: 'sample', input: { n: 1, text: 'x'.repeat(2_000) } })
  await coded.register(registration, { now: world.clock.now(), wakeupScheduled: false })
  for (let claim = 0; claim <= MAX_STALLS + 1; claim += 1) {
    await world.until(world.worker(definitions).drivePendingProcesses())
    await world.clock.advance(HOUR_MS)
  }
  expect(await world.registry.get(id)).toMatchObject({
    status: 'stuck',
    fence: 1,
    wait: { for: 'resume', error: { code: 'unreadable_item' } },
  })
  expect(world.told.counts.get('Stuck')).toBe(1)
  expect(world.told.counts.get('UnreadableItem')).toBe(1)

  const healed = new World(coded)
  await healed.clock.advance(world.clock.now() - healed.clock.now())
  await coded.resume(id, 'ana', healed.clock.now())
  await healed.until(healed.worker(definitions).drivePendingProcesses())
  expect(await coded.get(id)).toMatchObject({ status: 'completed' })
  expect(ran).toBe(1)
})

test('a process with a missing log page is stuck after one claim, and cannot loop', async () => {
  const store = new MemoryStore()
  const world = new World(new MemoryProcessRegistry({ store }))
  const id = parseProcessId('p-1')
  const definitions = [
    process(async (context) => {
      for (let n = 0; n < 30; n += 1) await context.step('large', async () => 'x'.repeat(400))
      await context.sleep({ hours: 1 })
    }),
  ]
  const registration = toRegistration({ id, kind: 'sample', input: {} })
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
  await world.until(world.worker(definitions).drivePendingProcesses())
  const key = { pk: `P#${id}`, sk: 'PROCESS' }
  const { p } = (await store.get(key)) ?? {}
  await store.write({
    do: 'update',
    key,
    change: { set: { p: (p as string).replace(/#1$/u, '#9') } },
  })
  for (let claim = 0; claim < 3; claim += 1) {
    await world.clock.advance(HOUR_MS)
    await world.until(world.worker(definitions).drivePendingProcesses())
  }
  expect(await world.registry.get(id)).toMatchObject({
    status: 'stuck',
    fence: 2,
    wait: { for: 'resume', error: { code: 'unreadable_item' } },
  })
  expect(world.told.counts.get('UnreadableItem')).toBe(1)
})
