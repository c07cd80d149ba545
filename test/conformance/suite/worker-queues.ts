import { describe, expect, test } from 'vitest'
import { parseProcessId } from '../../../lib/model/ids.ts'
import {
  QUEUE_LONG_AT,
  STALL_BACKOFF_MAX_MS,
  UNDEPLOYED_BACKOFF_MS,
  SWEEP_OVERDUE_PER_SHARD,
  SQS_DELAY_MAX_MS,
} from '../../../lib/model/limits.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import type { Doorbell, QueueName } from '../../../lib/queue/doorbell.ts'
import { sweep } from '../../../lib/sweep/sweep.ts'
import { lookMessage, startMessage } from '../../../lib/queue/messages.ts'
import { process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

/** Of a deployment without an isolation queue: the urgent one stands in for it. */
type Two = Exclude<QueueName, 'isolation'>

/** One pass of the sweep over queues of so many messages. Its wake-ups are delivered to the world's worker at once. */
async function passOver(world: World, waiting: { readonly [queue in Two]: number }) {
  const { registry, clock, told: telemetry, queue } = world
  const sent: { readonly [queue in Two]: string[] } = { work: [], urgent: [] }
  const doorbell: Doorbell = {
    maxDelayMs: SQS_DELAY_MAX_MS,
    queues: ['urgent', 'work'],
    ring: async (wakeups) => {
      for (const { id, urgent } of wakeups) sent[urgent === true ? 'urgent' : 'work'].push(id)
      await queue.ring(wakeups)
    },
    backlog: (of) => Promise.resolve(waiting[of === 'urgent' ? of : 'work']),
  }
  await sweep({ registry, doorbell, clock, telemetry })
  await world.pass(1_000)
  return sent
}

/** What a long queue must not hold up. */
export function workerQueues(open: (facts?: { slotQueueMax?: number }) => Promise<World>): void {
  describe('behind a long queue', () => {
    const LONG = { work: QUEUE_LONG_AT, urgent: 0 }

    async function register(world: World, id: string, more: { urgent?: boolean } = {}): Promise<void> {
      const registration = toRegistration({ id, kind: 'sample', input: {}, ...more })
      await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
    }

    test('the process of a dead owner runs again after one pass, by the urgent queue [C68]', async () => {
      const world = await open()
      const registration = toRegistration({ id: 'q-1', kind: 'sample', input: {} })
      const dead = { ownerId: 'dead', attemptId: 'i', token: 't', ttlMs: 30_000 }
      await world.registry.start(registration, dead, world.clock.now())
      world.attach(world.parts([process(async () => 'saved')]))
      await world.clock.advance(30_000)
      expect((await passOver(world, LONG)).urgent).toContain('q-1')
      expect(await world.registry.get(registration.id)).toMatchObject({ status: 'completed', fence: 2 })
    })

    test('urgent processes start, and ordinary ones start a few in each pass [C68]', async () => {
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

  describe('more starts of one concurrency key than its queue takes', () => {
    const MINUTE_MS = 60_000
    const concurrency = { key: 'crowd', limit: 1 }
    const crowd = (count: number) => Array.from({ length: count }, (_, n) => parseProcessId(`c-${n}`))

    /** A worker whose processes take a minute each, one at a time, and the ids in the order in which they ran. */
    async function crowded(starts: number, slotQueueMax = 2) {
      const world = await open({ slotQueueMax })
      const ran: string[] = []
      const slow = process(async (context) => {
        await context.step('s', () => void ran.push(context.id))
        await context.sleep({ minutes: 1 })
        return null
      })
      const parts = world.parts([slow])
      world.attach(parts)
      const message = (id: string) => startMessage({ id, kind: 'sample', input: {}, concurrency })
      for (const id of crowd(starts)) {
        const served = world.serve(parts, [message(id)])
        expect(await world.until(served)).toEqual([])
      }
      return { world, ran, parts }
    }

    test('wait, show why, and all run and complete in the end [C67]', async () => {
      const { world, ran } = await crowded(8)
      const beyond = await world.registry.get(parseProcessId('c-5'))
      expect(beyond).toMatchObject({
        status: 'waiting',
        wait: { for: 'slot', key: 'crowd', tries: 1 },
        stalls: 0,
      })
      const queued = await world.registry.get(parseProcessId('c-2'))
      expect(queued).toMatchObject({ status: 'waiting', wait: { for: 'slot', key: 'crowd' } })
      expect(queued).not.toHaveProperty('dueAt')
      // Those of the queue run one after the other. The others come in when they ask next, at most a quarter of an hour later.
      await world.pass(8 * (MINUTE_MS + STALL_BACKOFF_MAX_MS))
      for (const id of crowd(8)) expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
      expect(ran.toSorted()).toEqual(crowd(8).toSorted())
      expect(ran.slice(0, 3)).toEqual(crowd(3))
      expect(world.told.counts.get('SlotQueueFull')).toBeGreaterThanOrEqual(5)
      expect(world.told.counts.get('AttemptsExhausted')).toBe(undefined)
    })

    test('ask again later and later, and never end as exhausted, though the queue never moves [C67]', async () => {
      const world = await open({ slotQueueMax: 1 })
      const parts = world.parts([process(async (context) => context.signal('never'))])
      world.attach(parts)
      for (const id of crowd(3)) {
        const body = startMessage({ id, kind: 'sample', input: {}, concurrency, limits: { maxStalls: 1 } })
        await world.until(world.serve(parts, [body]))
      }
      const last = parseProcessId('c-2')
      const waits: number[] = []
      for (let tries = 1; tries <= 8; tries += 1) {
        const record = await world.registry.get(last)
        expect(record).toMatchObject({ status: 'waiting', wait: { for: 'slot', tries }, stalls: 0 })
        const leftMs = (record?.status === 'waiting' ? (record.dueAt ?? 0) : 0) - world.clock.now()
        const longestMs = Math.min(STALL_BACKOFF_MAX_MS, UNDEPLOYED_BACKOFF_MS * 2 ** (tries - 1))
        expect(leftMs).toBeGreaterThanOrEqual(longestMs / 2)
        expect(leftMs).toBeLessThanOrEqual(longestMs)
        waits.push(leftMs)
        await world.pass(leftMs)
      }
      expect(new Set(waits.slice(4)).size).toBe(4)
    })

    test('end at once when they are cancelled, and in time when they time out [C67]', async () => {
      const { world } = await crowded(6)
      const [cancelled, timed] = [parseProcessId('c-4'), parseProcessId('c-late')]
      await world.registry.requestCancel(cancelled, { reason: 'enough' }, world.clock.now())
      const limits = { timeoutMs: 5_000 }
      const parts = world.parts([process(async () => null)])
      const late = startMessage({ id: timed, kind: 'sample', input: {}, concurrency, limits })
      await world.until(world.serve(parts, [late, lookMessage(cancelled)]))
      await world.pass(6_000)
      expect(await world.registry.get(cancelled)).toMatchObject({ status: 'cancelled' })
      expect(await world.registry.get(timed)).toMatchObject({
        status: 'failed',
        output: { error: { code: 'timed_out' } },
      })
    })
  })
}
