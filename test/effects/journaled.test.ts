import { expect, test } from 'vitest'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import {
  EffectRefused,
  NonDeterminism,
  ProcessCancelled,
  StepFailed,
  StoreUnavailable,
} from '../../lib/model/errors.ts'
import { REPLAY_PATIENCE_MS } from '../../lib/model/limits-replay.ts'
import { COMMIT_HOLD_MS } from '../../lib/model/limits.ts'
import { ListJournal, runPorts } from '../helpers/run-ports.ts'

const controller = new JournaledEffectController()

/** Runs a body to its return on a journal, and writes what is left as the last write would. */
async function runOnce<T>(journal: ListJournal, body: (context: ProcessContext) => Promise<T>): Promise<T> {
  const scope = controller.begin(runPorts(journal))
  const value = await body(scope.context)
  const left = await scope.close('finished')
  if (left.length > 0) journal.writes.push(left)
  journal.append(left)
  return value
}

test('N steps and a return make N writes, each durable before the next body starts', async () => {
  const journal = new ListJournal()
  const durableAtStart: number[] = []
  await runOnce(journal, async (context) => {
    for (const name of ['a', 'b', 'c'])
      await context.step(name, () => void durableAtStart.push(journal.log.length))
  })
  expect(durableAtStart).toEqual([0, 1, 2])
  expect(journal.writes.map((write) => write.length)).toEqual([1, 1, 1])
})

test('a completed step never runs again: its value, failure or undefined is recorded [C34]', async () => {
  const journal = new ListJournal()
  let ran = 0
  const body = async (context: ProcessContext) => {
    const value = await context.step('value', () => (ran++, { n: [1, null] }))
    const nothing = await context.step('nothing', () => void ran++)
    const failed = await context
      .step('fails', () => {
        ran++
        throw Object.assign(new TypeError('bad'), { code: 'E_BAD' })
      })
      .catch((error: unknown) => error)
    return { value, nothing, failed }
  }
  const first = await runOnce(journal, body)
  const again = await runOnce(journal, body)
  expect(ran).toBe(3)
  expect(again.value).toEqual(first.value)
  expect(again.nothing).toBeUndefined()
  expect(again.failed).toBeInstanceOf(StepFailed)
  expect((again.failed as StepFailed).error).toEqual({ class: 'TypeError', code: 'E_BAD', message: 'bad' })
  expect((first.failed as StepFailed).error).toEqual((again.failed as StepFailed).error)
})

test('branches that finish out of order replay to the same calls and the same outcomes [C40]', async () => {
  const journal = new ListJournal()
  const order: string[] = []
  const body = (slow: Promise<void>) => async (context: ProcessContext) => {
    const branch = async (name: string, wait: Promise<void>, hops: number) => {
      await context.step(`${name}1`, () => wait)
      for (let hop = 0; hop < hops; hop += 1) await Promise.resolve()
      order.push(name)
      return context.step(`${name}2`, () => name)
    }
    return Promise.all([branch('slow', slow, 0), branch('quick', Promise.resolve(), 7)])
  }
  const gate = Promise.withResolvers<void>()
  const first = runOnce(journal, body(gate.promise))
  await new VirtualTurns().pass(20)
  gate.resolve()
  const outcome = await first
  const firstOrder = order.splice(0)
  expect(firstOrder).toEqual(['quick', 'slow'])
  expect(await runOnce(journal, body(Promise.resolve()))).toEqual(outcome)
  expect(order).toEqual(firstOrder)
})

test('every prefix of a journal of parallel branches replays to the same end [C40]', async () => {
  const full = new ListJournal()
  const body = async (context: ProcessContext) => {
    const branch = async (name: string) => {
      let total = 0
      for (let step = 0; step < 3; step += 1) total += await context.step(`${name}${step}`, () => step)
      return total
    }
    return Promise.all(['a', 'b', 'c', 'd'].map(branch))
  }
  const expected = await runOnce(full, body)
  for (let length = 0; length <= full.log.length; length += 1) {
    expect(await runOnce(new ListJournal(full.log.slice(0, length)), body)).toEqual(expected)
  }
})

test('outcomes of bodies that run side by side share writes', async () => {
  const journal = new ListJournal()
  await runOnce(journal, (context) =>
    Promise.all(Array.from({ length: 1_000 }, (_, n) => context.step(`s${n}`, () => n))),
  )
  expect(journal.log).toHaveLength(1_000)
  expect(journal.writes.length).toBeLessThanOrEqual(100)
})

test('code that asks for another effect is stopped, and the error names both effects [C41]', async () => {
  const journal = new ListJournal()
  await runOnce(journal, (context) => context.step('charge', () => 1))
  const scope = controller.begin(runPorts(journal))
  let settled = false
  void scope.context.step('refund', () => 1).finally(() => (settled = true))
  const stop = await scope.stopped
  expect(stop.kind === 'error' && stop.error).toBeInstanceOf(NonDeterminism)
  expect(stop.kind === 'error' && stop.error.message).toMatch(/effect 0 .*step "charge".*step "refund"/u)
  expect(settled).toBe(false)
})

test('code that returns without an effect its journal holds is not taken for finished [C41]', async () => {
  const journal = new ListJournal()
  await runOnce(journal, (context) => context.step('charge', () => 1))
  const scope = controller.begin(runPorts(journal))
  await expect(scope.close('finished')).rejects.toThrow(NonDeterminism)
})

test('code that skips a recorded effect and starts a new one does not hang [C41]', async () => {
  const journal = new ListJournal()
  await runOnce(journal, (context) => Promise.all([context.step('a', () => 1), context.step('b', () => 2)]))
  const lost = new ListJournal(journal.log.slice(1).map((entry) => ({ ...entry, seq: 1 })))
  const ports = runPorts(lost)
  const scope = controller.begin(ports)
  void scope.context.step('a', () => 1)
  await ports.clock.advance(REPLAY_PATIENCE_MS)
  const stop = await scope.stopped
  expect(stop.kind === 'error' && stop.error).toBeInstanceOf(NonDeterminism)
})

test('a step that fails to be journaled is let go: the code sees no outcome that is not durable', async () => {
  const journal = new ListJournal()
  journal.before = () => {
    throw new StoreUnavailable({ operation: 'commit', tries: 8, reason: 'down' }, undefined)
  }
  const scope = controller.begin(runPorts(journal))
  let second = false
  void (async () => {
    await scope.context.step('a', () => 1)
    await scope.context.step('b', () => (second = true))
  })()
  const stop = await scope.stopped
  expect(stop.kind === 'error' && stop.error).toBeInstanceOf(StoreUnavailable)
  expect(second).toBe(false)
})

test('with too little time left nothing begins, bodies finish, then the run hands over [C43]', async () => {
  const journal = new ListJournal()
  let time = true
  const ports = runPorts(journal, { mayBegin: () => time })
  const scope = controller.begin(ports)
  const gate = Promise.withResolvers<string>()
  const began: string[] = []
  void scope.context.step('long', () => gate.promise)
  await ports.clock.settle()
  time = false
  void scope.context.step('next', () => void began.push('next'))
  let stopped = false
  void scope.stopped.then(() => (stopped = true))
  await ports.clock.settle()
  expect(stopped).toBe(false)
  gate.resolve('done')
  expect(await scope.stopped).toEqual({ kind: 'hand-over' })
  expect(began).toEqual([])
  expect(await scope.close('stopped')).toMatchObject([
    { name: 'long', outcome: { ok: true, value: { value: 'done' } } },
  ])
})

test('once cancelled, recorded effects come back and new ones are refused with the reason [C32]', async () => {
  const journal = new ListJournal()
  await runOnce(journal, (context) => context.step('a', () => 'kept'))
  const ports = runPorts(journal)
  ports.abort.abort(new ProcessCancelled({ id: 'order-7', reason: 'changed my mind' }))
  const { context } = controller.begin(ports)
  expect(context.cancelled).toBe(true)
  expect(await context.step('a', () => 'again')).toBe('kept')
  await expect(context.step('b', () => 'new')).rejects.toThrow(/changed my mind/u)
})

test('an effect inside the body of a step, or after the end, is refused by name', async () => {
  const journal = new ListJournal()
  const scope = controller.begin(runPorts(journal))
  const inner = scope.context.step('outer', () => scope.context.step('inner', () => 1))
  await expect(inner).rejects.toThrow(/step "inner" refused/u)
  await scope.close('finished')
  await expect(scope.context.step('late', () => 1)).rejects.toThrow(EffectRefused)
})

test('the author may change a value after the step without changing what is recorded', async () => {
  const journal = new ListJournal()
  await runOnce(journal, async (context) => {
    const value = await context.step('list', () => ({ items: ['a'] }))
    value.items.push('b')
  })
  expect(journal.log[0]).toMatchObject({ outcome: { value: { value: { items: ['a'] } } } })
})

test('lines are logged once, not again while recorded effects are replayed [C42]', async () => {
  const journal = new ListJournal()
  const body = async (context: ProcessContext) => {
    context.log('before')
    await context.step('a', () => 1)
    context.log('after')
  }
  const first = runPorts(journal)
  const scope = controller.begin(first)
  await body(scope.context)
  journal.append(await scope.close('finished'))
  expect(first.said).toEqual(['before', 'after'])
  const second = runPorts(journal)
  await body(controller.begin(second).context)
  expect(second.said).toEqual(['after'])
})

test('the idempotency key of a step is the same on a re-run and differs between steps', async () => {
  const keys: string[] = []
  const body = async (context: ProcessContext) => {
    await context.step('a', ({ idempotencyKey }) => void keys.push(idempotencyKey))
    await context.step('a', ({ idempotencyKey }) => void keys.push(idempotencyKey))
  }
  await runOnce(new ListJournal(), body)
  await runOnce(new ListJournal(), body)
  expect(keys.slice(0, 2)).toEqual(keys.slice(2))
  expect(new Set(keys).size).toBe(2)
})

test('an outcome without a following effect is written alone, within the hold time', async () => {
  const journal = new ListJournal()
  const ports = runPorts(journal)
  const { context } = controller.begin(ports)
  await context.step('a', () => 1)
  expect(journal.writes).toHaveLength(0)
  await ports.clock.advance(COMMIT_HOLD_MS)
  expect(journal.writes).toHaveLength(1)
})

class VirtualTurns {
  async pass(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
}
