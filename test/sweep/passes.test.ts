import { beforeEach, expect, test } from 'vitest'
import { PASS_MARGIN_MS } from '../../lib/model/limits.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { passes, type PassesOptions } from '../../lib/sweep/passes.ts'
import type { SweepPass } from '../../lib/sweep/sweep.ts'

const NOTHING: SweepPass = {
  due: 0,
  sent: 0,
  heldBack: false,
  truncated: false,
  failedShards: 0,
  oldestDueMs: 0,
}

let clock: VirtualClock
let startedAt: number
/** Seconds from the start at which passes began. */
let begun: number[]

beforeEach(() => {
  clock = new VirtualClock()
  startedAt = clock.now()
  begun = []
})

/** Runs an invocation of 59 s to its end, with passes that take as long as these say; the others take no time. */
async function run(options: Partial<PassesOptions>, tookMs: readonly number[] = []) {
  const pass = async (): Promise<SweepPass> => {
    const ms = tookMs[begun.push((clock.now() - startedAt) / 1_000) - 1] ?? 0
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.after(Math.abs(ms), resolve)
    await promise
    if (ms < 0) throw new Error(`pass ${begun.length} failed`)
    return NOTHING
  }
  const deadline = startedAt + 59_000
  const made = passes(pass, {
    clock,
    telemetry: SILENT,
    everyMs: 15_000,
    forMs: 60_000,
    remainingMs: () => deadline - clock.now(),
    ...options,
  }).then(
    (all) => ({ passes: all.length, endedAt: (clock.now() - startedAt) / 1_000 }),
    (error: unknown) => String(error),
  )
  await clock.advance(120_000)
  return made
}

test('passes come every fifteen seconds, and the invocation has ended before the next minute', async () => {
  expect(await run({})).toEqual({ passes: 4, endedAt: 45 })
  expect(begun).toEqual([0, 15, 30, 45])
})

test('without a time to continue for there is one pass', async () => {
  expect(await run({ forMs: 0 })).toEqual({ passes: 1, endedAt: 0 })
})

test('a slow pass costs those it overran, and none runs beside it', async () => {
  // The second begins at 15 and ends at 41: the third would have come at 30.
  expect(await run({}, [0, 26_000])).toEqual({ passes: 3, endedAt: 45 })
  expect(begun).toEqual([0, 15, 45])
})

test('no pass begins when the rest of the invocation is too short for it', async () => {
  const endsAt = startedAt + 45_000 + PASS_MARGIN_MS - 1
  expect(await run({ remainingMs: () => endsAt - clock.now() })).toEqual({ passes: 3, endedAt: 30 })
})

test('a pass that fails does not end the others, and fails the invocation at its end', async () => {
  expect(await run({}, [0, -1_000])).toBe('Error: pass 2 failed')
  expect(begun).toEqual([0, 15, 30, 45])
})

test('nothing is left waiting after the last pass', async () => {
  await run({})
  expect(clock.pending).toBe(0)
})
