import { describe, expect, test } from 'vitest'
import { ProcessCancelled, ProcessEnded, UnknownProcess } from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

const start = { kind: 'sample', input: {} } as const

/** What a cancel request does, before, while and after a run. */
export function workerCancel(open: () => Promise<World>): void {
  describe('cancel', () => {
    test('a run reads a cancel request within one renewal, and ends with its reason [C30, C31]', async () => {
      const world = await open()
      const door = gate()
      let noticedAt = 0
      const worker = world.worker([
        process((context) =>
          context.step('long', ({ abortSignal }) => {
            door.arrive()
            return new Promise((_, reject) => {
              abortSignal.addEventListener('abort', () => {
                noticedAt = world.clock.now()
                reject(abortSignal.reason)
              })
            })
          }),
        ),
      ])
      const run = worker.runProcess({ id: 'k-1', ...start })
      await door.reached
      const askedAt = world.clock.now()
      await worker.requestProcessCancel('k-1', 'customer left')
      expect(await world.until(run)).toEqual({ outcome: 'cancelled', reason: 'customer left' })
      expect(noticedAt - askedAt).toBeLessThanOrEqual(10_000)
    })

    test('a run that completes anyway is completed [C30]', async () => {
      const world = await open()
      const door = gate()
      const worker = world.worker([
        process((context) =>
          context.step('long', () => (door.arrive(), door.promise)).then(() => 'finished'),
        ),
      ])
      const run = worker.runProcess({ id: 'k-2', ...start })
      await door.reached
      await worker.requestProcessCancel('k-2', 'too late')
      await world.pass(10_000)
      door.open()
      expect(await world.until(run)).toEqual({ outcome: 'success', value: 'finished' })
    })

    test('a run that fails for a reason of its own is failed, also when it was asked to cancel [C30]', async () => {
      const world = await open()
      const door = gate()
      const worker = world.worker([
        process(async (context) => {
          await context.step('long', () => (door.arrive(), door.promise))
          throw new TypeError('unrelated')
        }),
      ])
      const run = worker.runProcess({ id: 'k-3', ...start })
      await door.reached
      await worker.requestProcessCancel('k-3', 'reason')
      await world.pass(10_000)
      door.open()
      expect(await world.until(run)).toMatchObject({ outcome: 'failure', error: { class: 'TypeError' } })
    })

    test('one that was never started ends cancelled without running its body [C31]', async () => {
      const world = await open()
      let ran = 0
      const worker = world.worker([process(async () => ++ran)])
      const registration = toRegistration({ id: 'k-4', ...start })
      await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
      await worker.requestProcessCancel('k-4', 'not needed')
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(registration.id)).toMatchObject({
        status: 'cancelled',
        output: { reason: 'not needed' },
      })
      expect(ran).toBe(0)
    })

    test('a cancel of a parked process sends a wake-up at once [C31]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1)])
      await world.registry.register(toRegistration({ id: 'k-5', ...start }), {
        now: world.clock.now(),
        wakeupScheduled: false,
      })
      await worker.requestProcessCancel('k-5', 'r')
      expect(world.queue.sent).toMatchObject([{ id: 'k-5', delayMs: 0 }])
    })

    test('a request from before a re-run fires at once, with its reason, also after a crash [C32]', async () => {
      const world = await open()
      const id = parseProcessId('k-6')
      const registration = toRegistration({ id: 'k-6', ...start })
      await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
      const request = { ownerId: 'dead', attemptId: '1', token: 't1', ttlMs: 30_000 }
      await world.registry.claim(id, request, world.clock.now())
      await world.clock.advance(30_000)
      const worker = world.worker([
        process(async (context) => {
          expect(context.cancelled).toBe(true)
          expect(context.abortSignal.reason).toBeInstanceOf(ProcessCancelled)
          return context.step('never', () => 1)
        }),
      ])
      await worker.requestProcessCancel('k-6', 'while it was down')
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({
        status: 'cancelled',
        output: { reason: 'while it was down' },
      })
    })

    test('the same request twice is one entry; an unknown or ended process is refused [C29]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1)])
      const id = parseProcessId('k-7')
      await world.registry.register(toRegistration({ id: 'k-7', ...start }), {
        now: world.clock.now(),
        wakeupScheduled: false,
      })
      await worker.requestProcessCancel('k-7', 'once')
      await worker.requestProcessCancel('k-7', 'once')
      expect((await world.registry.eventsAfter(id, 0)).map((entry) => entry.type)).toEqual(['cancel'])
      await world.until(worker.drivePendingProcesses())
      await expect(worker.requestProcessCancel('k-7', 'again')).rejects.toThrow(ProcessEnded)
      await expect(worker.requestProcessCancel('no-such-id', 'r')).rejects.toThrow(UnknownProcess)
    })

    test('the log tells the whole story, gapless [C30]', async () => {
      const world = await open()
      const door = gate()
      const worker = world.worker([
        process(async (context) => {
          await context.step('one', () => 1)
          await context.step('two', () => (door.arrive(), door.promise))
          await context.step('three', () => 3)
        }),
      ])
      const run = worker.runProcess({ id: 'k-8', ...start })
      await door.reached
      await worker.requestProcessCancel('k-8', 'stop')
      await world.pass(10_000)
      door.open()
      await world.until(run)
      const log = await world.registry.eventsAfter(parseProcessId('k-8'), 0)
      expect(log.map((entry) => [entry.seq, entry.type])).toEqual([
        [1, 'effect'],
        [2, 'cancel'],
        [3, 'effect'],
        // The refusal of the third is recorded: a re-run must be refused at the same place.
        [4, 'effect'],
        [5, 'end'],
      ])
    })
  })
}
