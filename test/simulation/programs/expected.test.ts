import { expect, test } from 'vitest'
import type { Scenario } from '../world/scenario.ts'
import { live } from '../world/world.ts'
import { loadOf } from './definitions.ts'
import { expectationsOf } from './expected.ts'
import { planOf } from './generate.ts'
import { differences, leftOf, type Left } from './left.ts'
import { kindsThatMayGo, LINE_KINDS, needsHardEnds, placesOf, type Line, type Plan } from './program.ts'
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
  }
}

async function lived(seed: number, plan: Plan, version = 0) {
  const { history, violations } = await live(calm(seed, plan, version), loadOf(plan))
  const left = leftOf(history)
  const { processes } = expectationsOf(plan, { calm: true })
  const differs = [...processes].flatMap(([id, each]) => differences(id, each, left.get(id), history))
  return { history, left, says: [...violations.map(({ says }) => says), ...differs] }
}

test(`${PLANS} worlds in which nothing goes wrong come to what the model says`, async () => {
  const seen = new Map<string, number>()
  const see = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1)
  for (const seed of SEEDS) {
    const { left, says } = await lived(seed, planOf(seed))
    expect({ seed, says }).toEqual({ seed, says: [] })
    for (const { status, output } of left.values()) {
      see(status)
      const text = JSON.stringify(output) ?? ''
      for (const what of ['timed out', '"failed"', '"a0', 'process_failed', 'child_cancelled'])
        if (text.includes(what)) see(what)
    }
  }
  const wanted = ['completed', 'failed', 'cancelled', 'abandoned', 'timed out', '"failed"', '"a0']
  expect(wanted.filter((what) => (seen.get(what) ?? 0) < 3)).toEqual([])
}, 60_000)

test('code of a later version takes the way that is new', async () => {
  let patches = 0
  for (const seed of SEEDS.slice(0, 60)) {
    const { left, says } = await lived(seed, planOf(seed), 1)
    expect({ seed, says }).toEqual({ seed, says: [] })
    patches += [...left.values()].filter(({ effects }) => [...effects.keys()].some(isPatch)).length
  }
  expect(patches).toBeGreaterThan(5)
}, 30_000)

test('the generator writes every line, and asks everything', () => {
  const plans = SEEDS.map(planOf)
  const lines = plans.flatMap(({ roots }) => roots.flatMap(({ id, program }) => withChildren(program, id)))
  const kinds = new Set(lines.map((line) => line.do))
  expect(LINE_KINDS.filter((kind) => !kinds.has(kind))).toEqual([])
  const starts = lines.flatMap((line) => (line.do === 'start' ? [line.onParentEnd] : []))
  expect(new Set(starts)).toEqual(new Set(['cancel', 'abandon', 'leave']))
  const asks = plans.flatMap((plan) => plan.asks)
  expect(new Set(asks.map((ask) => ask.do))).toEqual(new Set(['start', 'signal', 'cancel']))
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
  const plan = single([step, { do: 'signal', name: 'a', timeoutMs: 0 }])
  const { history, left, says } = await lived(1, plan)
  expect(says).toEqual([])
  const against = (lines: readonly Line[], end: Partial<Left> = {}): string[] => {
    const expected = expectationsOf(single(lines), { calm: true }).processes.get('p0')
    const found = left.get('p0')
    if (expected === undefined || found === undefined) throw new Error('there is one process')
    return differences('p0', expected, { ...found, ...end }, history)
  }
  const [, signal] = plan.roots[0]?.program ?? []
  if (signal === undefined) throw new Error('there is a second line')
  expect(against([{ ...step, fails: 2 }, signal])).toEqual(['p0: expected "failed" at /0, got "p0/0."'])
  expect(against([{ ...step, fails: 0 }, signal])).toEqual(['p0: attempt 2 of p0/0, of 1'])
  expect(against([step, { do: 'signal', name: 'b', timeoutMs: 0 }])).toEqual([
    'p0: signal b is recorded 0 times, not 1 to 1',
    'p0: signal a is recorded 1 times, not 0 to 0',
  ])
  expect(against([step, { do: 'sleep', ms: 0 }])[0]).toContain('expected null at /1')
  expect(against([step, signal], { status: 'cancelled' })).toEqual([
    'p0: expected it completed, and it is cancelled',
  ])
  expect(against([step, signal], { children: 1 })).toEqual(['p0: it has 1 children, not 0'])
  expect(against([step, signal], { status: 'waiting' })).toEqual(['p0 is waiting at the end'])
})

test('smaller plans are smaller, each is as sound as the whole, and the smallest has nothing left to take', async () => {
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
}, 60_000)

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

function isPatch(effect: string): boolean {
  return effect.startsWith('patched ')
}

function withChildren(program: readonly Line[], at: string): Line[] {
  return placesOf(program, at).flatMap(([place, line]) =>
    line.do === 'child' || line.do === 'start' ? [line, ...withChildren(line.child.program, place)] : [line],
  )
}
