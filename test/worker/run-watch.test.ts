import { expect, test } from 'vitest'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { HEED_END_MS, LAST_WORD_MS } from '../../lib/model/limits-flight.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { gate, process } from '../helpers/definitions.ts'
import { World } from '../helpers/world.ts'

const LATE = 'a step still runs, and most of its invocation is used up'
const LAST = 'the invocation ends before this run does, and its worker is killed'
const IGNORED = 'the code still runs after a cancel or a timeout'
const INVOCATION_MS = 100_000

/** Runs a process in an invocation that began a while ago. */
function running(run: (context: ProcessContext) => Promise<unknown>, { beganMsAgo = 0, timeoutMs = 0 } = {}) {
  const world = new World(new MemoryProcessRegistry())
  const parts = world.parts([process(run, timeoutMs === 0 ? {} : { limits: { timeoutMs } })])
  const beganAt = world.clock.now() - beganMsAgo
  const hardAt = beganAt + INVOCATION_MS
  const body = JSON.stringify({ v: 1, type: 'start', id: 'p-1', kind: 'sample', input: {} })
  const served = world.serve(parts, [body], {
    beganAt,
    hardAt,
    remainingMs: () => hardAt - world.clock.now(),
  })
  const linesOf = (message: string) => world.told.lines.filter((line) => line.message === message)
  return { world, served, linesOf }
}

test('a step that runs when 80 % of the invocation are over is reported once, and counted', async () => {
  const hang = gate()
  const { world, linesOf } = running((context) => context.step('charge', () => hang.promise), {
    beganMsAgo: 10_000,
  })
  await world.pass(0.7 * INVOCATION_MS - 1_000)
  expect(linesOf(LATE)).toEqual([])
  await world.pass(2_000)
  const facts = { id: 'p-1', kind: 'sample', fence: 1, step: 'charge', attempt: 1 }
  expect(linesOf(LATE)).toMatchObject([{ level: 'warn', facts: { ...facts, leftMs: 20_000 } }])
  expect(world.told.counts.get('StepRunsLate')).toBe(1)
  expect(linesOf(LAST)).toEqual([])
  await world.pass(0.2 * INVOCATION_MS - LAST_WORD_MS)
  expect(linesOf(LAST)).toMatchObject([{ level: 'warn', facts: { ...facts, leftMs: LAST_WORD_MS } }])
  expect(linesOf(LATE)).toHaveLength(1)
})

test('code that waits outside of a step is reported before its worker is killed', async () => {
  const hang = gate()
  const { world, linesOf } = running(() => hang.promise)
  await world.pass(INVOCATION_MS - LAST_WORD_MS)
  expect(linesOf(LATE)).toEqual([])
  expect(linesOf(LAST)).toMatchObject([{ facts: { id: 'p-1', leftMs: LAST_WORD_MS } }])
})

test('short steps in a row are not late, and a run that ended in time is in no line', async () => {
  const { world, served, linesOf } = running(async (context) => {
    for (let n = 0; n < 95; n += 1)
      await context.step(
        `n-${n}`,
        () => new Promise<number>((resolve) => void world.clock.after(1_000, () => resolve(n))),
      )
  })
  await world.until(served)
  await world.pass(INVOCATION_MS)
  expect([...linesOf(LATE), ...linesOf(LAST)]).toEqual([])
})

test.each([
  ['cancelled', 'process_cancelled', 0],
  ['timed out', 'timed_out', 12_000],
])(
  'a step that continues after its process was %s is reported once, and counted',
  async (_, because, timeoutMs) => {
    const hang = gate()
    const { world, linesOf } = running((context) => context.step('charge', () => hang.promise), { timeoutMs })
    await world.pass(11_000)
    if (timeoutMs === 0) await world.client.cancel('p-1', 'enough')
    await world.pass(10_000 + HEED_END_MS)
    expect(linesOf(IGNORED)).toMatchObject([{ level: 'warn', facts: { id: 'p-1', step: 'charge', because } }])
    expect(world.told.counts.get('EndIgnored')).toBe(1)
  },
)

test('a clean-up that runs steps of its own is not reported as code that ignores a cancel', async () => {
  const wait = (ms: number) => new Promise<void>((resolve) => void world.clock.after(ms, resolve))
  const { world, served, linesOf } = running(async (context) => {
    try {
      await context.step(
        'work',
        ({ abortSignal }) =>
          new Promise<null>((_, reject) =>
            abortSignal.addEventListener('abort', () => reject(abortSignal.reason)),
          ),
      )
    } finally {
      await context.shield(async () => context.step('refund', () => wait(HEED_END_MS + 5_000)))
    }
  })
  await world.pass(1_000)
  await world.client.cancel('p-1')
  await world.until(served)
  expect(linesOf(IGNORED)).toEqual([])
})
