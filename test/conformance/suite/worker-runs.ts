import { describe, expect, test } from 'vitest'
import * as v from 'valibot'
import { defineProcess } from '../../../lib/effects/definition.ts'
import { InlineEffectController } from '../../../lib/effects/inline.ts'
import {
  DurabilityMismatch,
  HostShutDown,
  InvalidConfig,
  InvalidId,
  InvalidInput,
  PayloadTooLarge,
  RegistrationConflict,
  UnknownKind,
} from '../../../lib/model/errors.ts'
import { parseProcessId } from '../../../lib/model/ids.ts'
import { PAYLOAD_MAX_BYTES } from '../../../lib/model/limits.ts'
import { WORKER_DEFAULTS } from '../../../lib/worker/config.ts'
import { DurableProcessWorker } from '../../../lib/worker/worker.ts'
import { gate, process } from '../../helpers/definitions.ts'
import type { World } from '../../helpers/world.ts'

/** What a worker does with a process that nothing goes wrong with, and with what cannot be run at all. */
export function workerRuns(open: () => Promise<World>): void {
  describe('runProcess', () => {
    test('the same registration again answers the recorded output and runs nothing [C1, C5]', async () => {
      const world = await open()
      let ran = 0
      const worker = world.worker([process(async () => ({ ran: ++ran }))])
      const first = await world.until(worker.runProcess({ id: 'p-1', kind: 'sample', input: {} }))
      const again = await world.until(worker.runProcess({ id: 'p-1', kind: 'sample', input: {} }))
      expect(first).toEqual({ outcome: 'success', value: { ran: 1 } })
      expect(again).toEqual(first)
      expect(ran).toBe(1)
    })

    test('another registration under the id is a conflict, also after the end [C2]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1)])
      await world.until(worker.runProcess({ id: 'p-2', kind: 'sample', input: { n: 1 } }))
      const other = worker.runProcess({ id: 'p-2', kind: 'sample', input: { n: 2 } })
      await expect(world.until(other)).rejects.toThrow(RegistrationConflict)
    })

    test('a bad id, a bad or oversize input and an unknown kind are refused without a write [C4]', async () => {
      const world = await open()
      const worker = world.worker([process(async () => 1), process(async () => 1, { kind: 'open' })])
      const big = { n: 1, text: 'x'.repeat(PAYLOAD_MAX_BYTES) }
      await expect(worker.runProcess({ id: 'a b', kind: 'sample', input: {} })).rejects.toThrow(InvalidId)
      await expect(worker.runProcess({ id: 'p-4', kind: 'sample', input: { n: 'x' } })).rejects.toThrow(
        InvalidInput,
      )
      await expect(worker.runProcess({ id: 'p-4', kind: 'sample', input: { n: 'x' } })).rejects.toThrow(
        /n: /u,
      )
      await expect(worker.runProcess({ id: 'p-4', kind: 'nope', input: {} })).rejects.toThrow(UnknownKind)
      await expect(worker.runProcess({ id: 'p-4', kind: 'open', input: big })).rejects.toThrow(
        PayloadTooLarge,
      )
      expect(await world.registry.get(parseProcessId('p-4'))).toBeUndefined()
    })

    test('a process that another worker runs is waited for, and its output answered', async () => {
      const world = await open()
      const door = gate<string>()
      let ran = 0
      const definition = process(async (context) => {
        ran += 1
        return context.step('wait', () => (door.arrive(), door.promise))
      })
      const first = world.worker([definition]).runProcess({ id: 'p-5', kind: 'sample', input: {} })
      await door.reached
      const second = world
        .worker([definition], { ownerId: 'worker-b' })
        .runProcess({ id: 'p-5', kind: 'sample', input: {} })
      await world.pass(120_000)
      door.open('once')
      expect(await world.until(Promise.all([first, second]))).toEqual([
        { outcome: 'success', value: 'once' },
        { outcome: 'success', value: 'once' },
      ])
      expect(ran).toBe(1)
    })

    test('a host that stops its run hands the process over, and the next continues from the journal', async () => {
      const world = await open()
      const door = gate()
      const ran: string[] = []
      const definition = process(async (context) => {
        await context.step('one', () => void ran.push('one'))
        await context.step('two', () => (ran.push('two'), door.arrive(), door.promise))
        return 'done'
      })
      const host = new AbortController()
      const first = world
        .worker([definition])
        .runProcess({ id: 'p-6', kind: 'sample', input: {} }, { shutdownSignal: host.signal })
      await door.reached
      host.abort(new Error('deploy'))
      await expect(world.until(first)).rejects.toThrow(HostShutDown)
      door.open()
      const second = world.worker([definition], { ownerId: 'worker-b' })
      expect(await world.until(second.runProcess({ id: 'p-6', kind: 'sample', input: {} }))).toMatchObject({
        value: 'done',
      })
      expect(ran).toEqual(['one', 'two', 'two'])
    })

    test('under the inline controller the same process runs, and records no effect', async () => {
      const world = await open()
      const worker = world.worker([process(async (context) => context.step('a', () => 'inline'))])
      const run = worker.runProcessWithScopedEffectController(
        { id: 'p-7', kind: 'sample', input: {} },
        {},
        new InlineEffectController(),
      )
      expect(await world.until(run)).toEqual({ outcome: 'success', value: 'inline' })
      const log = await world.registry.eventsAfter(parseProcessId('p-7'), 0)
      expect(log.map((entry) => entry.type)).toEqual(['end'])
    })
  })

  describe('the end of a run', () => {
    const ends = async (world: World, run: () => unknown, id = 'e-1') => {
      const worker = world.worker([process(async () => run())])
      return world.until(worker.runProcess({ id, kind: 'sample', input: {} }))
    }

    test('a definition that throws ends failed with class, code and message, and no stack [C23]', async () => {
      const world = await open()
      class OutOfStock extends Error {
        readonly code = 'E_STOCK'
      }
      const output = await ends(world, () => {
        throw new OutOfStock('none left')
      })
      expect(output).toEqual({
        outcome: 'failure',
        error: { class: 'OutOfStock', code: 'E_STOCK', message: 'none left' },
      })
      expect(JSON.stringify(output)).not.toMatch(/worker-runs/u)
      const line = world.told.lines.find((told) => told.level === 'error')
      expect((line?.error as Error).stack).toMatch(/worker-runs/u)
    })

    test('whatever is thrown is recorded: strings, nothing at all, cycles [C23]', async () => {
      const world = await open()
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      for (const [index, thrown] of ['text', undefined, null, 7, cycle].entries()) {
        const output = await ends(world, () => Promise.reject(thrown), `t-${index}`)
        expect(output).toMatchObject({
          outcome: 'failure',
          error: { class: 'NonError', code: 'process_failed' },
        })
      }
    })

    test('an output that the schema refuses or JSON changes ends failed with output_invalid [C23]', async () => {
      const world = await open()
      const strict = defineProcess({
        kind: 'strict',
        input: v.object({}),
        output: v.object({ total: v.number() }),
        run: async () => JSON.parse('{"total":"many"}') as { total: number },
      })
      const worker = world.worker([strict])
      const refused = await world.until(worker.runProcess({ id: 'o-1', kind: 'strict', input: {} }))
      expect(refused).toMatchObject({
        outcome: 'failure',
        error: { code: 'output_invalid', message: expect.stringMatching(/total/u) as string },
      })
      expect(await ends(world, () => new Map())).toMatchObject({ error: { code: 'output_invalid' } })
    })

    test('a step that failed and was not caught names what its body threw', async () => {
      const world = await open()
      const worker = world.worker([
        process((context) =>
          context.step('charge', () => {
            throw new RangeError('too much')
          }),
        ),
      ])
      const output = await world.until(worker.runProcess({ id: 'e-2', kind: 'sample', input: {} }))
      expect(output).toEqual({
        outcome: 'failure',
        error: { class: 'RangeError', code: 'step_failed', message: 'too much' },
      })
    })

    test('an output over the payload limit ends the process failed instead of never', async () => {
      const world = await open()
      expect(await ends(world, () => 'x'.repeat(PAYLOAD_MAX_BYTES + 1))).toMatchObject({
        error: { code: 'payload_too_large' },
      })
    })

    test('large inputs, outcomes and outputs come back intact', async () => {
      const world = await open()
      const text = 'ü€😀\u0000'.repeat(20_000)
      const seen: unknown[] = []
      const definition = defineProcess({
        kind: 'big',
        input: v.object({ text: v.string() }),
        output: v.string(),
        run: async (context, input) => {
          seen.push(input.text === text)
          const kept = await context.step('copy', () => input.text)
          seen.push(kept === text)
          return kept
        },
      })
      const output = await world.until(
        world.worker([definition]).runProcess({ id: 'b-1', kind: 'big', input: { text } }),
      )
      expect(seen).toEqual([true, true])
      expect(output).toEqual({ outcome: 'success', value: text })
    })

    test('a run leaves no timer behind', async () => {
      const world = await open()
      await ends(world, () => 1)
      expect(world.clock.pending).toBe(0)
    })
  })

  describe('configuration', () => {
    test('timings default to a TTL of 15 s and a renewal every 5 s [C16]', () => {
      expect(WORKER_DEFAULTS).toMatchObject({ leaseTtlMs: 15_000, renewEveryMs: 5_000, concurrency: 10 })
    })

    test('a TTL below three renewals is refused, naming both [C16]', async () => {
      const world = await open()
      expect(() => world.worker([], { leaseTtlMs: 14_999 })).toThrow(InvalidConfig)
      expect(() => world.worker([], { leaseTtlMs: 9_000 })).toThrow(
        'leaseTtlMs: expected at least 3 × renewEveryMs (15000), got 9000',
      )
      expect(() => world.worker([], { leaseTtlMs: 3_000, renewEveryMs: 1_000 })).not.toThrow()
    })

    test('a concurrency of nothing is refused, and so is a misspelt key [C56]', async () => {
      const world = await open()
      expect(() => world.worker([], { concurrency: 0 })).toThrow(/concurrency: expected >=1/u)
      const misspelt = { ...world.config([]), leaseTTLMs: 1 }
      expect(() => new DurableProcessWorker(misspelt)).toThrow(/leaseTTLMs/u)
    })

    test('two definitions of one kind are refused', async () => {
      const world = await open()
      expect(() => world.worker([process(async () => 1), process(async () => 2)])).toThrow(/2 of sample/u)
    })

    test('a durable controller refuses a registry that forgets', async () => {
      const world = await open()
      const { controller: _none, ...config } = world.config([])
      const make = () => new DurableProcessWorker(config)
      if (world.registry.durable) expect(make).not.toThrow()
      else expect(make).toThrow(DurabilityMismatch)
    })
  })
}
