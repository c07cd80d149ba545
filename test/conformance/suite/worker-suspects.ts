import { describe, expect, test } from 'vitest'
import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { parseProcessId, type ProcessId } from '../../../lib/model/ids.ts'
import { MAX_STALLS } from '../../../lib/model/limits.ts'
import { CrashingRegistry } from '../../../lib/testing/crashing-registry.ts'
import type { Doorbell, QueueName } from '../../../lib/queue/doorbell.ts'
import { lookMessage } from '../../../lib/queue/messages.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'
import { registered } from './worker-recovery.ts'

const TTL = 30_000

/** A host that makes one pass, and that a body can kill: from then on nothing of it is done or answered. */
async function life(world: World, define: (kill: () => void) => AnyDefinition): Promise<'over' | 'killed'> {
  const crashing = new CrashingRegistry(world.registry)
  const killed = Promise.withResolvers<'killed'>()
  const kill = (): void => {
    crashing.kill()
    killed.resolve('killed')
  }
  const ownerId = `host-${world.clock.now()}`
  const worker = world.worker([define(kill)], { registry: crashing.port, ownerId })
  return world.until(
    Promise.race([worker.drivePendingProcesses().then(() => 'over' as const), killed.promise]),
  )
}

/** Lives of hosts, one after the other, until a pass comes to its end and leaves nothing to be run. */
async function lives(world: World, define: (kill: () => void) => AnyDefinition): Promise<number> {
  for (let deaths = 0; ; deaths += 1) {
    if ((await life(world, define)) === 'over') return deaths
    await world.pass(TTL + 20_000)
  }
}

/** Makes so many suspects: a host dies as soon as it runs all of them. */
async function suspectsIn(world: World, ids: readonly string[]): Promise<readonly ProcessId[]> {
  const made = await Promise.all(ids.map((id) => registered(world, id)))
  let begun = 0
  const all = gate()
  await life(world, (kill) =>
    process(async (context) => {
      await context.step('work', async () => {
        begun += 1
        if (begun < ids.length) return all.promise
        kill()
      })
    }),
  )
  await world.pass(TTL)
  return made
}

/** What happens to processes whose workers died, and to those that were beside them (C60, C69). */
export function workerSuspects(open: () => Promise<World>): void {
  describe('processes whose worker died', () => {
    test('when one of five kills its worker each time, only that one ends exhausted [C60]', async () => {
      const world = await open()
      const bodies = new Map<string, number>()
      const ids = await Promise.all(['p-1', 'p-2', 'p-3', 'p-4', 'p-5'].map((id) => registered(world, id)))
      const all = gate()
      const deaths = await lives(world, (kill) =>
        process(async (context) => {
          const { id } = context
          await context.step('work', async () => {
            bodies.set(id, (bodies.get(id) ?? 0) + 1)
            if (bodies.size === ids.length) all.open()
            // In the first life all five are in their bodies when one of them kills the worker.
            await all.promise
            if (id === 'p-3') kill()
          })
        }),
      )
      const records = await Promise.all(ids.map((id) => world.registry.get(id)))
      expect(records.map((record) => record?.status)).toEqual([
        'completed',
        'completed',
        'failed',
        'completed',
        'completed',
      ])
      expect(records[2]).toMatchObject({ output: { error: { code: 'attempts_exhausted' } } })
      for (const id of ['p-1', 'p-2', 'p-4', 'p-5']) expect(bodies.get(id)).toBeLessThanOrEqual(2)
      expect(bodies.get('p-3')).toBe(MAX_STALLS + 1)
      expect(deaths).toBe(MAX_STALLS + 1)
      expect(world.told.counts.get('DiedAlone')).toBe(MAX_STALLS)
    })

    test('each runs alone until it makes progress, and the others wait meanwhile [C60]', async () => {
      const world = await open()
      const suspects = await suspectsIn(world, ['s-1', 's-2', 's-3'])
      const fresh = await Promise.all(['f-1', 'f-2'].map((id) => registered(world, id)))
      let [inSuspects, inAll] = [0, 0]
      const company: string[] = []
      const worker = world.worker([
        process(async (context) => {
          const { id } = context
          await context.step('work', async () => {
            const isSuspect = id.startsWith('s')
            if (isSuspect) inSuspects += 1
            inAll += 1
            if (inSuspects > 0 && inAll > 1) company.push(id)
            for (let turn = 0; turn < 50; turn += 1) await world.clock.turn()
            inAll -= 1
            if (isSuspect) inSuspects -= 1
          })
        }),
      ])
      await world.until(worker.drivePendingProcesses())
      expect(company).toEqual([])
      for (const id of [...suspects, ...fresh])
        expect(await world.registry.get(id)).toMatchObject({ status: 'completed', stalls: 0 })
    })

    test('one that has made progress is no suspect: others begin beside it [C60]', async () => {
      const world = await open()
      const [id = parseProcessId('none')] = await suspectsIn(world, ['s-1'])
      await registered(world, 'f-1')
      const beside = gate()
      const worker = world.worker([
        process(async (context) => {
          if (context.id === 'f-1') return beside.open()
          await context.step('work', () => 1)
          await context.step('long', () => beside.promise)
        }),
      ])
      await world.until(worker.drivePendingProcesses())
      expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
    })

    test('six worker deaths by the host end no process that makes progress in between [C60]', async () => {
      const world = await open()
      const ids = await Promise.all(['w-1', 'w-2', 'w-3'].map((id) => registered(world, id)))
      let left = MAX_STALLS + 1
      const deaths = await lives(world, (kill) => {
        const isStruck = left-- > 0
        return process(async (context) => void (await context.step('work', () => void (isStruck && kill()))))
      })
      expect(deaths).toBe(MAX_STALLS + 1)
      for (const id of ids) expect(await world.registry.get(id)).toMatchObject({ status: 'completed' })
    })

    test('one with recovery abandon is not run again, alone or not [C48]', async () => {
      const world = await open()
      const id = await registered(world, 'a-1', 'abandon')
      let ran = 0
      const define = (kill: () => void) =>
        process(async (context) => void (await context.step('work', () => (ran++, kill()))), {
          recovery: 'abandon',
        })
      await life(world, define)
      await world.pass(TTL)
      expect(await life(world, define)).toBe('over')
      expect(await world.registry.get(id)).toMatchObject({ status: 'running', fence: 1 })
      expect(ran).toBe(1)
    })
  })

  describe('a suspect that comes by the queue', () => {
    /** Two suspects, and a worker that says which of its bodies ran while another one did. */
    const suspectsOf = async (queues: readonly QueueName[]) => {
      const world = await open()
      const [first = parseProcessId('none'), second = first] = await suspectsIn(world, ['s-1', 's-2'])
      const ran: string[] = []
      const doorbell = Object.assign(Object.create(world.queue) as Doorbell, { queues })
      const parts = world.parts(
        [process(async (context) => void (await context.step('work', () => void ran.push(context.id))))],
        { doorbell },
      )
      return { world, first, second, parts, ran }
    }

    test('moves to the isolation queue when it comes in a batch, and runs when alone [C60]', async () => {
      const { world, first, second, parts, ran } = await suspectsOf(['isolation', 'work'])
      await world.until(world.serve(parts, [lookMessage(first), lookMessage(second)]))
      expect(ran).toEqual([])
      // The worker claims both at once, so either may be moved first.
      const moved = world.queue.sent.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      expect(moved).toMatchObject([first, second].map((id) => ({ id, delayMs: 0, alone: true })))
      expect(world.told.counts.get('SuspectMoved')).toBe(2)
      await world.until(world.serve(parts, [lookMessage(first, true)]))
      await world.until(world.serve(parts, [lookMessage(second)]))
      expect(ran).toEqual([first, second])
    })

    test('runs after the others of its batch when there is no such queue [C60]', async () => {
      const { world, first, second, parts, ran } = await suspectsOf(['work'])
      const third = await registered(world, 'f-1')
      await world.until(world.serve(parts, [lookMessage(first), lookMessage(second), lookMessage(third)]))
      // The worker claims both suspects at once, so either may run before the other.
      expect(ran[0]).toBe(third)
      expect(ran.slice(1).toSorted()).toEqual([first, second])
      expect(world.queue.sent).toEqual([])
    })
  })

  describe('the bound of a worker', () => {
    test('holds over all that is asked of it: six runProcess, a pass and a batch [C69]', async () => {
      const world = await open()
      let [now, most] = [0, 0]
      const parts = { concurrency: 2 }
      const definition = process(async (context) => {
        await context.step('work', async () => {
          most = Math.max(most, ++now)
          for (let turn = 0; turn < 50; turn += 1) await world.clock.turn()
          now -= 1
        })
      })
      for (let n = 0; n < 4; n += 1) await registered(world, `due-${n}`)
      const worker = world.worker([definition], parts)
      const runs = Array.from({ length: 6 }, (_, n) =>
        worker.runProcess({ id: `run-${n}`, kind: 'sample', input: {} }),
      )
      await world.until(Promise.all([...runs, worker.drivePendingProcesses()]))
      expect(most).toBe(2)
    })

    test('a waiting run frees its place, and a run that runs another lends it its place [C69]', async () => {
      const world = await open()
      const ended: string[] = []
      const start = (id: string, kind: string) => worker.runProcess({ id, kind, input: {} })
      const worker = world.worker(
        [
          process(
            async (context) => {
              await context.step('inner', async () => void (await start('inner', 'inner')))
              ended.push('outer')
            },
            { kind: 'outer' },
          ),
          process(
            async (context) => {
              await context.sleep({ minutes: 5 })
              ended.push('inner')
            },
            { kind: 'inner' },
          ),
          process(async () => void ended.push('other'), { kind: 'other' }),
        ],
        { concurrency: 1 },
      )
      const outputs = await world.until(
        Promise.all([start('outer', 'outer'), start('other', 'other'), start('sleeper', 'inner')]),
      )
      expect(outputs.map(({ outcome }) => outcome)).toEqual(['success', 'success', 'success'])
      expect(ended.toSorted()).toEqual(['inner', 'inner', 'other', 'outer'])
    })
  })
}
