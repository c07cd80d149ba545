import { describe, expect, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import type { Hiding, Redelivery } from '../../../lib/queue/delivery.ts'
import { lookMessage, startMessage } from '../../../lib/queue/messages.ts'
import { serveBatch } from '../../../lib/worker/batch.ts'
import type { WorkerParts } from '../../../lib/worker/config.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

type Delivered = { readonly id: string; readonly attempt: number; readonly alone?: boolean }

/** Delivers a wake-up, and returns what the queue is asked for then. */
async function deliver(
  world: World,
  worker: WorkerParts,
  { id, attempt, alone = false }: Delivered,
): Promise<{ failed: readonly string[]; hidden: readonly Hiding[] }> {
  const hidden: Hiding[] = []
  const redelivery: Redelivery = {
    maxAttempts: 5,
    hide: async (hidings) => {
      hidden.push(...hidings)
      return []
    },
  }
  const body = lookMessage(parseProcessId(id), alone)
  const batch = { worker, deadLetters: world.queue, redelivery }
  const failed = await world.until(serveBatch(batch, [{ id: 'm0', body, attempt }], {}))
  // The worker also hides the message for a whole lease while it looks.
  return { failed, hidden: hidden.filter(({ forMs }) => forMs <= worker.leaseTtlMs) }
}

/** Messages that come again. */
export function workerMessages(open: () => Promise<World>): void {
  describe('a message', () => {
    test('that comes while its owner lives is given back until the lease ends [C80]', async () => {
      const world = await open()
      const held = gate()
      const owner = world.parts([process(() => held.promise)])
      const start = startMessage({ id: 'again-1', kind: 'sample', input: {} })
      const running = world.serve(owner, [start])
      await world.pass(4_000)
      const other = world.parts([], { ownerId: 'other' })
      const look = (attempt: number) => deliver(world, other, { id: 'again-1', attempt })
      expect(await look(1)).toEqual({ failed: [], hidden: [] })
      const hidden = [{ id: 'm0', forMs: 12_000 }]
      for (const attempt of [2, 3]) expect(await look(attempt)).toEqual({ failed: ['m0'], hidden })
      // The last deliveries would make a dead letter of it: the sweep finds the process.
      for (const attempt of [4, 5]) expect(await look(attempt)).toEqual({ failed: [], hidden: [] })
      held.open()
      await world.until(running)
    })

    test('whose worker died twice is replaced before its process is taken over [C81]', async () => {
      const world = await open()
      const id = parseProcessId('again-2')
      const dead = { ownerId: 'dead', attemptId: 'i', token: 't', ttlMs: 15_000 }
      await world.registry.start(toRegistration({ id, kind: 'sample', input: {} }), dead, world.clock.now())
      await world.pass(15_000)
      const worker = world.parts([process(async () => 'ran')])
      expect((await deliver(world, worker, { id, attempt: 3, alone: true })).failed).toEqual([])
      expect(await world.registry.get(id)).toMatchObject({ status: 'running', fence: 1 })
      expect(world.told.counts.get('SuspectMoved')).toBe(1)
      expect((await deliver(world, worker, { id, attempt: 2, alone: true })).failed).toEqual([])
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed', fence: 2 })
    })
  })
}
