import { describe, expect, test } from 'vitest'
import { QUEUE_LONG_AT, SWEEP_OVERDUE_PER_SHARD } from '../../../lib/model/limits.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import type { Doorbell, QueueName } from '../../../lib/worker/queue/doorbell.ts'
import { sweep } from '../../../lib/worker/queue/sweep.ts'
import { process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

/** Of a deployment without an isolation queue: the urgent one stands in for it. */
type Two = Exclude<QueueName, 'isolation'>

/** One pass of the sweep over queues of so many messages. Its doorbells are delivered to the world's worker at once. */
async function passOver(world: World, waiting: { readonly [queue in Two]: number }) {
  const { registry, clock, told: telemetry, queue } = world
  const rung: { readonly [queue in Two]: string[] } = { work: [], urgent: [] }
  const doorbell: Doorbell = {
    queues: ['urgent', 'work'],
    ring: async (bells) => {
      for (const { id, urgent } of bells) rung[urgent === true ? 'urgent' : 'work'].push(id)
      await queue.ring(bells)
    },
    backlog: (of) => Promise.resolve(waiting[of === 'urgent' ? of : 'work']),
  }
  await sweep({ registry, doorbell, clock, telemetry })
  await world.pass(1_000)
  return rung
}

/** What a long queue must not hold up. */
export function workerQueues(open: () => Promise<World>): void {
  describe('behind a long queue', () => {
    const LONG = { work: QUEUE_LONG_AT, urgent: 0 }

    async function register(world: World, id: string, more: { urgent?: boolean } = {}): Promise<void> {
      const registration = toRegistration({ id, kind: 'sample', input: {}, ...more })
      await world.registry.register(registration, { now: world.clock.now(), belled: false })
    }

    test('C68 the process of a dead owner runs again after one pass, by the urgent queue', async () => {
      const world = await open()
      const registration = toRegistration({ id: 'q-1', kind: 'sample', input: {} })
      const dead = { ownerId: 'dead', incarnation: 'i', token: 't', ttlMs: 30_000 }
      await world.registry.start(registration, dead, world.clock.now())
      world.attach(world.parts([process(async () => 'saved')]))
      await world.clock.advance(30_000)
      expect((await passOver(world, LONG)).urgent).toContain('q-1')
      expect(await world.registry.get(registration.id)).toMatchObject({ status: 'completed', fence: 2 })
    })

    test('C68 urgent processes start, and ordinary ones start a few in each pass', async () => {
      const world = await open()
      const ids = Array.from({ length: 30 }, (_, n) => `q-2-${n}`)
      for (const id of ids) await register(world, id)
      await register(world, 'q-2-urgent', { urgent: true })
      world.attach(world.parts([process(async () => 'ran')]))
      const { work, urgent } = await passOver(world, LONG)
      expect(urgent).toContain('q-2-urgent')
      const own = work.filter((id) => ids.includes(id))
      expect(own.length).toBeGreaterThan(0)
      expect(work.length).toBeLessThanOrEqual(SWEEP_OVERDUE_PER_SHARD * world.registry.dueShards)
    })
  })
}
