import { expect, test } from 'vitest'
import { check } from '../checker/check.ts'
import type { History } from '../history.ts'
import type { Scenario } from '../world/scenario.ts'
import { runWorld } from '../world/world.ts'
import { loadOf } from './definitions.ts'
import { expectationsOf } from './expected.ts'
import { planOf } from './generate.ts'
import {
  kindsThatMayGo,
  LINE_KINDS,
  needsHardEnds,
  placesOf,
  type Answer,
  type Line,
  type Plan,
} from './program.ts'
import { smallerPlans } from './smaller.ts'

const PLANS = 300
const SEEDS = Array.from({ length: PLANS }, (_, seed) => seed + 1)

/** A world in which nothing goes wrong. */
function calm(seed: number, plan: Plan, version = 0): Scenario {
  return {
    seed,
    workers: 1 + (seed % 2),
    drivers: needsHardEnds(plan) || seed % 3 > 0 ? 0 : 1,
    batchMax: 10,
    timeoutMs: 900_000,
    troubleCalls: Number.MAX_SAFE_INTEGER,
    deploys: version === 0 ? [] : [{ atCall: 0, version }],
    faults: [],
    harmless: true,
    bucket: true,
  }
}

async function lived(seed: number, plan: Plan, version = 0) {
  const scenario = calm(seed, plan, version)
  const { history, violations } = await runWorld(scenario, loadOf(plan))
  const expectations = expectationsOf(plan, { calm: true, stops: scenario.drivers > 0 })
  const broken = [...violations, ...check(history, expectations)]
  return { history, says: broken.map(({ process = '', says }) => `${process}: ${says}`) }
}

function endOf({ end }: History): readonly { readonly status: unknown; readonly output: string }[] {
  return end.flatMap(({ sk, s: status, o }) =>
    sk === 'PROCESS' ? [{ status, output: JSON.stringify(o) ?? '' }] : [],
  )
}

test(`${PLANS} worlds in which nothing goes wrong come to what the model says`, async () => {
  const seen = new Map<string, number>()
  const see = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1)
  for (const seed of SEEDS) {
    const { history, says } = await lived(seed, planOf(seed))
    expect({ seed, says }).toEqual({ seed, says: [] })
    for (const { status, output } of endOf(history)) {
      see(String(status))
      for (const what of ['timed out', 'failed', 'a0', 'process_failed', 'child_cancelled'])
        if (output.includes(`"${what}`)) see(`in an output: ${what}`)
    }
  }
  const inOutputs = ['timed out', 'failed', 'a0'].map((what) => `in an output: ${what}`)
  const wanted = ['completed', 'failed', 'cancelled', 'abandoned', ...inOutputs]
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < 3)).toEqual([])
}, 240_000)

test('code of a later version takes the way that is new', async () => {
  let patches = 0
  for (const seed of SEEDS.slice(0, 60)) {
    const { history, says } = await lived(seed, planOf(seed), 1)
    expect({ seed, says }).toEqual({ seed, says: [] })
    patches += history.facts.filter((fact) => fact.kind === 'body' && fact.effect.endsWith('+')).length
  }
  expect(patches).toBeGreaterThan(5)
}, 120_000)

test('the generator writes every line, and asks everything', () => {
  const plans = SEEDS.map(planOf)
  const lines = plans.flatMap(({ roots }) => roots.flatMap(({ id, program }) => withChildren(program, id)))
  const kinds = new Set(lines.map((line) => line.do))
  expect(LINE_KINDS.filter((kind) => !kinds.has(kind))).toEqual([])
  const starts = lines.flatMap((line) => (line.do === 'start' ? [line.onParentEnd] : []))
  expect(new Set(starts)).toEqual(new Set(['cancel', 'abandon', 'leave']))
  const asks = plans.flatMap((plan) => plan.asks)
  const asked = new Set(asks.map((ask) => ask.do))
  expect(asked).toEqual(new Set(['start', 'misstart', 'signal', 'cancel', 'abandon', 'complete', 'list']))
  expect(new Set(asks.flatMap((ask) => (ask.do === 'start' ? [ask.byMessage] : [])))).toEqual(
    new Set([true, false]),
  )
  const said = plans.map((plan) => plan.asks.flatMap((ask) => (ask.do === 'signal' ? [keyOf(ask)] : [])))
  expect(said.filter((keys) => new Set(keys).size < keys.length).length).toBeGreaterThan(10)
  expect(asks.filter((ask) => ask.do !== 'start' && ask.process.includes('-')).length).toBeGreaterThan(10)
  expect(plans.filter(({ roots }) => roots.some(({ slot }) => slot !== undefined)).length).toBeGreaterThan(30)
  expect(plans.filter(needsHardEnds).length).toBeGreaterThan(10)
})

test('a seed gives the same plan, and another seed another', () => {
  expect(planOf(7)).toEqual(planOf(7))
  expect(new Set(SEEDS.map((seed) => JSON.stringify(planOf(seed)))).size).toBe(PLANS)
})

test('a model of one plan refuses what another one leaves', async () => {
  const step: Line = { do: 'step', fails: 1, tries: 2, delayMs: 0, bytes: 5 }
  const signal: Line = { do: 'signal', name: 'a', timeoutMs: 0 }
  const plan = single([step, signal])
  const { history, says } = await lived(1, plan)
  expect(says).toEqual([])
  const against = (lines: readonly Line[]): string[] =>
    check(history, expectationsOf(single(lines), { calm: true })).map((each) => each.says)
  expect(against([{ ...step, fails: 2 }, signal])).toEqual(['expected "failed" at /0, got "p0/0."'])
  expect(against([{ ...step, fails: 0 }, signal])).toEqual(['attempt 2 of p0/0, of 1'])
  expect(against([step, { ...signal, name: 'b' }])).toEqual([
    'signal b is recorded 0 times, not 1 to 1',
    'signal a is recorded 1 times, not 0 to 0',
  ])
  expect(against([step, { do: 'sleep', ms: 0 }])[0]).toContain('expected null at /1')
  const child: Line = {
    do: 'start',
    onParentEnd: 'leave',
    child: { program: [], frail: false, throws: false, named: false },
  }
  expect(against([step, signal, child])).toContain('it has started children 0 times, not 1 to 1')
})

test('a model refuses what waits without end, and a cancel that it knows nothing of', async () => {
  const endless = single([{ do: 'signal', name: 'a' }])
  const cancel: Plan = { ...endless, asks: [...endless.asks, { do: 'cancel', process: 'p0', atMs: 5_000 }] }
  const signal = { do: 'signal', process: 'p0', name: 'a', key: 'a0', bytes: 5, atMs: 5_000 } as const
  const signalled: Plan = { ...endless, asks: [...endless.asks, signal] }
  const against = async (plan: Plan, model: Plan): Promise<string[]> => {
    const { history, says } = await lived(1, plan)
    expect(says).toEqual([])
    return check(history, expectationsOf(model, { calm: true })).map((each) => each.says)
  }
  expect(await against(endless, signalled)).toEqual(['it is waiting at the end'])
  expect(await against(cancel, signalled)).toEqual([
    'expected it completed, and it is cancelled',
    'a request is in its log, and no caller made it',
  ])
})

test('a model knows what a callback may come to, and that a forger fails', async () => {
  const answer = { afterMs: 100, says: 'x', bytes: 5, fails: false, forged: false } as const
  const waits = (answers: readonly Answer[], timeoutMs?: number): Plan =>
    single([{ do: 'callback', answers, ...(timeoutMs === undefined ? {} : { timeoutMs }) }])
  const against = async (plan: Plan, model: Plan): Promise<string[]> => {
    const { history, says } = await lived(1, plan)
    expect(says).toEqual([])
    return check(history, expectationsOf(model, { calm: true })).map((each) => each.says)
  }
  const answered = waits([answer, { ...answer, says: 'y', afterMs: 10_000 }])
  expect(await against(answered, waits([{ ...answer, fails: true }]))).toEqual([
    'expected "failed: p0/0 x" at /0, got "p0/0 x"',
    'on record is "p0/0 x" for p0/0, which no caller with the token says',
  ])
  const tooLate = waits([{ ...answer, afterMs: 61_000 }], 60_000)
  expect((await against(tooLate, waits([answer])))[0]).toBe('expected "p0/0 x" at /0, got "timed out"')
  const forged = waits([{ ...answer, forged: true }], 60_000)
  expect((await against(forged, waits([answer])))[0]).toBe('expected "p0/0 x" at /0, got "timed out"')
  expect(await against(waits([]), waits([answer]))).toEqual(['it is waiting at the end'])
})

test('smallerPlans() returns smaller valid plans, down to one that cannot shrink', async () => {
  for (const seed of [3, 11, 42]) {
    const plan = planOf(seed)
    for (const each of smallerPlans(plan)) {
      expect(each).not.toEqual(plan)
      expect(each.roots.length).toBeGreaterThan(0)
      const { says } = await lived(seed, each)
      expect({ seed, each: JSON.stringify(each), says }).toEqual({
        seed,
        each: JSON.stringify(each),
        says: [],
      })
    }
    let last = plan
    for (let next = smallerPlans(last)[0]; next !== undefined; next = smallerPlans(last)[0]) last = next
    expect(last.roots.map(({ program }) => program)).toEqual([[]])
  }
}, 240_000)

test('only a kind that no message starts may be away for a while', () => {
  const plan = single([])
  expect(kindsThatMayGo(plan)).toEqual(['steady', 'frail'])
  const asks = plan.asks.map((ask) => ({ ...ask, do: 'start', byMessage: true }) as const)
  expect(kindsThatMayGo({ ...plan, asks })).toEqual(['frail'])
})

function single(program: readonly Line[]): Plan {
  return {
    roots: [{ id: 'p0', program, frail: false, throws: false }],
    asks: [{ do: 'start', process: 'p0', atMs: 0, byMessage: false }],
  }
}

function keyOf({ process, key }: { process: string; key: string }): string {
  return `${process} ${key}`
}

function withChildren(program: readonly Line[], at: string): Line[] {
  return placesOf(program, at).flatMap(([place, line]) =>
    line.do === 'child' || line.do === 'start' ? [line, ...withChildren(line.child.program, place)] : [line],
  )
}
