import { describe, expect, test } from 'vitest'
import { wakeSourceOf } from '../../../lib/model/due.ts'
import { parseProcessId, type ProcessId } from '../../../lib/model/ids.ts'
import { CLOCKS_DIFFER_MAX_MS, MAX_STALLS, UNDEPLOYED_BACKOFF_MS } from '../../../lib/model/limits.ts'
import { toRegistration } from '../../../lib/model/registration.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

const TTL = 30_000

/** A claim by a worker that will never be heard of again: what a SIGKILL right after the claim leaves behind. */
async function claimAndDie(
  world: World,
  id: ProcessId,
  options: { hardAt?: number; ownerId?: string } = {},
): Promise<void> {
  const { ownerId = 'worker-dead', ...rest } = options
  const request = {
    ownerId,
    attemptId: `${world.clock.now()}`,
    token: `dead-${world.clock.now()}`,
    ttlMs: TTL,
    ...rest,
  }
  const reply = await world.registry.claim(id, request, world.clock.now())
  expect(reply.outcome).toBe('claimed')
}

/** Makes a row of a kind that these suites run. */
export async function registered(
  world: World,
  id: string,
  recovery: 'rerun' | 'abandon' | 'external' = 'rerun',
): Promise<ProcessId> {
  const registration = toRegistration({ id, kind: 'sample', input: {}, recovery })
  const external = recovery === 'external' ? { completionToken: 'a-token-of-16-chars' } : {}
  await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false, ...external })
  return registration.id
}

/** What happens when owners die, stall, or cannot run what they find. */
export function workerRecovery(open: () => Promise<World>): void {
  describe('a pass over what is due', () => {
    test('a pass over rows none of which is due changes nothing [C45]', async () => {
      const world = await open()
      const id = await registered(world, 'd-1')
      await claimAndDie(world, id)
      const before = await world.registry.get(id)
      const pass = await world.until(world.worker([process(async () => 1)]).drivePendingProcesses())
      expect(pass.due).toBe(0)
      expect(await world.registry.get(id)).toEqual(before)
    })

    test('one of many passes runs an expired process; live and ended ones stay as they are [C46]', async () => {
      const world = await open()
      const ran: string[] = []
      const definition = process(
        async (context) => void (await context.step('s', () => void ran.push(context.id))),
      )
      const [expired, live] = [await registered(world, 'd-2'), await registered(world, 'd-3')]
      await claimAndDie(world, expired)
      await world.clock.advance(TTL)
      await claimAndDie(world, live)
      const passes = ['a', 'b', 'c'].map((ownerId) =>
        world.worker([definition], { ownerId }).drivePendingProcesses(),
      )
      const results = (await world.until(Promise.all(passes))).flatMap((pass) => pass.results)
      expect(ran).toEqual(['d-2'])
      expect(results.filter((result) => result.outcome === 'ended')).toHaveLength(1)
      expect(results.every((result) => result.outcome !== 'error')).toBe(true)
      expect(await world.registry.get(live)).toMatchObject({ status: 'running', fence: 1 })
      const again = await world.until(world.worker([definition]).drivePendingProcesses())
      expect(again.results).toEqual([])
    })

    test('two passes of one worker at once do not share a lease [C11]', async () => {
      const world = await open()
      const door = gate()
      let ran = 0
      const definition = process(
        async (context) => void (await context.step('s', () => (ran++, door.arrive(), door.promise))),
      )
      await registered(world, 'd-4')
      const worker = world.worker([definition])
      const first = worker.drivePendingProcesses()
      await door.reached
      const second = await world.until(worker.drivePendingProcesses())
      door.open()
      await world.until(first)
      expect(second.results).toEqual([])
      expect(ran).toBe(1)
    })

    test('one process that cannot be run does not stop the pass [C50]', async () => {
      const world = await open()
      const ids = await Promise.all(['d-5', 'd-6', 'd-7'].map((id) => registered(world, id)))
      const registry = new Proxy(world.registry, {
        get: (target, key) =>
          key === 'claim'
            ? (id: ProcessId, ...rest: [never, never]) =>
                id === 'd-6' ? Promise.reject(new Error('broken')) : target.claim(id, ...rest)
            : (Reflect.get(target, key, target) as unknown),
      })
      const pass = await world.until(
        world.worker([process(async () => 1)], { registry }).drivePendingProcesses(),
      )
      const outcomes = Object.fromEntries(pass.results.map((result) => [result.id, result.outcome]))
      expect(outcomes).toEqual({ 'd-5': 'ended', 'd-6': 'error', 'd-7': 'ended' })
      expect(ids).toHaveLength(3)
      expect(world.told.counts.get('RunFailed')).toBe(1)
    })

    test('a pass runs at most `concurrency` processes at once [C56]', async () => {
      const world = await open()
      let [now, most] = [0, 0]
      const three = gate()
      const definition = process(async (context) => {
        await context.step('s', async () => {
          most = Math.max(most, ++now)
          // The first ones stay until three are in, and then long enough for a fourth to show itself.
          if (now === 3) three.open()
          await three.promise
          for (let turn = 0; turn < 50; turn += 1) await world.clock.turn()
          now -= 1
        })
      })
      for (let n = 0; n < 9; n += 1) await registered(world, `c-${n}`)
      await world.until(world.worker([definition], { concurrency: 3 }).drivePendingProcesses())
      expect(most).toBe(3)
    })
  })

  describe('a process that makes no progress', () => {
    test('it backs off, and ends failed with attempts_exhausted and evidence [C50]', async () => {
      const world = await open()
      const id = await registered(world, 's-1')
      const claimedAt: number[] = []
      let ran = 0
      const worker = world.worker([process(async () => ++ran)])
      await claimAndDie(world, id)
      claimedAt.push(world.clock.now())
      while (claimedAt.length <= MAX_STALLS) {
        await world.pass(500)
        const request = {
          ownerId: 'worker-dead',
          attemptId: `${world.clock.now()}`,
          token: `t${world.clock.now()}`,
          ttlMs: TTL,
        }
        const reply = await world.registry.claim(id, request, world.clock.now())
        if (reply.outcome === 'claimed') claimedAt.push(world.clock.now())
      }
      const waits = claimedAt.slice(1).map((at, index) => Math.round((at - claimedAt[index]! - TTL) / 1_000))
      expect(waits).toEqual([0, 0, 1, 2, 4])
      await world.pass(TTL + 60_000)
      await world.until(worker.drivePendingProcesses())
      const record = await world.registry.get(id)
      expect(record).toMatchObject({
        status: 'failed',
        output: {
          error: { code: 'attempts_exhausted' },
          evidence: { lastOwner: 'worker-dead', lastFence: MAX_STALLS + 1, claims: MAX_STALLS + 2 },
        },
      })
      expect(ran).toBe(0)
    })

    test('progress starts the count again [C50]', async () => {
      const world = await open()
      const id = await registered(world, 's-2')
      for (let death = 0; death < MAX_STALLS * 2; death += 1) {
        const request = { ownerId: 'w', attemptId: `${death}`, token: `t${death}`, ttlMs: TTL }
        const reply = await world.registry.claim(id, request, world.clock.now())
        if (reply.outcome !== 'claimed') throw new Error(`not claimed: ${reply.outcome}`)
        const step = {
          type: 'effect',
          at: 0,
          position: death,
          effect: 'step',
          name: `s${death}`,
          outcome: { ok: true },
        } as const
        await world.registry.commit(reply.ownership, [step], world.clock.now())
        await world.pass(TTL)
      }
      const ran: number[] = []
      const definition = process(async (context) => {
        for (let n = 0; n < MAX_STALLS * 2; n += 1) await context.step(`s${n}`, () => void ran.push(n))
        return 'through'
      })
      await world.until(world.worker([definition]).drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed', fence: MAX_STALLS * 2 + 1 })
      expect(ran).toEqual([])
    })

    test('an unknown kind stays open with a reason, a metric and a growing delay [C51]', async () => {
      const world = await open()
      const id = await registered(world, 'u-1')
      const old = world.worker([process(async () => 1, { kind: 'other' })])
      for (let tries = 1; tries <= 3; tries += 1) {
        await world.until(old.drivePendingProcesses())
        const dueAt = world.clock.now() + UNDEPLOYED_BACKOFF_MS * 2 ** (tries - 1)
        expect(await world.registry.get(id)).toMatchObject({
          status: 'waiting',
          wait: { for: 'undeployed', kind: 'sample', tries },
          dueAt,
        })
        expect(world.told.counts.get('UnknownKind')).toBe(tries)
        await world.clock.advance(UNDEPLOYED_BACKOFF_MS * 2 ** (tries - 1))
      }
      await world.until(world.worker([process(async () => 'healed')]).drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
    })

    test('a process whose code changed is stuck: open, visible, and no pass runs it [C41]', async () => {
      const world = await open()
      const id = await registered(world, 'n-1')
      const request = { ownerId: 'w', attemptId: '1', token: 't1', ttlMs: TTL }
      const reply = await world.registry.claim(id, request, world.clock.now())
      if (reply.outcome !== 'claimed') throw new Error('not claimed')
      const step = {
        type: 'effect',
        at: 0,
        position: 0,
        effect: 'step',
        name: 'old',
        outcome: { ok: true },
      } as const
      await world.registry.commit(reply.ownership, [step], world.clock.now())
      await world.pass(TTL)
      const worker = world.worker([process((context) => context.step('new', () => 1))])
      await world.until(worker.drivePendingProcesses())
      const record = await world.registry.get(id)
      expect(record).toMatchObject({
        status: 'stuck',
        wait: { for: 'resume', error: { code: 'non_determinism' } },
      })
      expect(wakeSourceOf(record!, undefined, world.clock.now())).toBe('outside-event')
      expect((await world.until(worker.drivePendingProcesses())).due).toBe(0)
    })
  })

  describe('recovery disposition', () => {
    test('a never started process with recovery abandon may be run by any worker [C48]', async () => {
      const world = await open()
      const id = await registered(world, 'a-1', 'abandon')
      await world.until(
        world.worker([process(async () => 1, { recovery: 'abandon' })]).drivePendingProcesses(),
      )
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
    })

    test('a started abandon process never runs again, and ends after its hard deadline [C48]', async () => {
      const world = await open()
      let ran = 0
      const worker = world.worker([process(async () => ++ran, { recovery: 'abandon' })])
      const id = await registered(world, 'a-2', 'abandon')
      const hardAt = world.clock.now() + 900_000
      await claimAndDie(world, id, { hardAt })
      await world.clock.advance(TTL)
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'running', fence: 1 })
      await world.clock.advance(900_000 - TTL + CLOCKS_DIFFER_MAX_MS)
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({
        status: 'abandoned',
        output: {
          outcome: 'abandoned',
          evidence: {
            because: 'hard-deadline-passed',
            lastFence: 1,
            hardAt,
            writtenBy: expect.stringMatching(/^worker-a/u) as string,
          },
        },
      })
      expect(ran).toBe(0)
    })

    test('an operator may end it sooner, once the lease has lapsed [C48]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1, { recovery: 'abandon' })])
      const id = await registered(world, 'a-3', 'abandon')
      await claimAndDie(world, id)
      await world.registry.requestAbandon(id, { reason: 'host is gone', by: 'ops' }, world.clock.now())
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'running' })
      await world.clock.advance(TTL)
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({
        status: 'abandoned',
        output: { evidence: { because: 'operator-request' } },
      })
    })

    test('an external process is never due and never run [C49]', async () => {
      const world = await open()
      let ran = 0
      const id = await registered(world, 'x-1', 'external')
      const worker = world.worker([process(async () => ++ran, { recovery: 'external' })])
      expect((await world.until(worker.drivePendingProcesses())).due).toBe(0)
      expect(
        await world.registry.claim(
          id,
          { ownerId: 'w', attemptId: 'i', token: 't', ttlMs: TTL },
          world.clock.now(),
        ),
      ).toMatchObject({
        outcome: 'refused',
        because: 'external',
      })
      expect(ran).toBe(0)
      expect(parseProcessId('x-1')).toBe(id)
    })
  })

  describe('a timeout that an owner has noticed', () => {
    const BEHIND_MS = -120_000
    const limits = { timeoutMs: 60_000 }

    /** Past its deadline for its first owner, and in a shielded wait that a caller ends whose clock is two minutes behind. */
    async function inCleanUp(id: string, cancelled: boolean) {
      const world = await open()
      const told: boolean[] = []
      const definition = process(
        async (context) => {
          try {
            await context.signal('never')
          } finally {
            await context.shield(() => context.signal('cleaned'))
            told.push(context.cancelled)
          }
        },
        { limits },
      )
      const registration = toRegistration({ id, kind: 'sample', input: {}, limits })
      await world.registry.register(registration, { now: world.clock.now(), wakeupScheduled: false })
      world.attach(world.parts([definition], { ownerId: 'first' }))
      await world.sweep()
      await world.pass(61_000)
      expect(await world.registry.get(registration.id)).toMatchObject({ status: 'waiting' })
      const behind = world.clock.now() + BEHIND_MS
      if (cancelled) await world.registry.requestCancel(registration.id, { reason: 'late' }, behind)
      const signal = { name: 'cleaned', key: 'k', payload: null }
      await world.registry.signal(registration.id, signal, behind)
      const second = world.worker([definition], { ownerId: 'second', skewMs: BEHIND_MS })
      await world.until(second.drivePendingProcesses())
      return { record: await world.registry.get(registration.id), told }
    }

    test('ends the process as timed out, though the next owner is two minutes behind [C71]', async () => {
      const { record, told } = await inCleanUp('t-1', false)
      expect(record).toMatchObject({ status: 'failed', output: { error: { code: 'timed_out' } } })
      expect(told).toEqual([true])
    })

    test('ends it so though a cancel request came after it [C71]', async () => {
      const { record } = await inCleanUp('t-2', true)
      expect(record).toMatchObject({ status: 'failed', output: { error: { code: 'timed_out' } } })
    })
  })
}
