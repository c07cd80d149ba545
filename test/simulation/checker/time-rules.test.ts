import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import type { Expected, Expectations } from './expectations.ts'
import { broken, LOG, retold, soundFacts, withRow, type Facts } from './sample.ts'

const expecting = (expected: Partial<Expected>): Expectations => ({
  processes: new Map([['p', { allowed: () => undefined, ...expected }]]),
  clocksJumpBackMs: 0,
})

/** The run's clock, told with each body. */
const clocked = (facts: Facts): Facts =>
  facts.map((fact): Fact => (fact.kind === 'body' ? { ...fact, clockAt: fact.at } : fact))

/** The process ends otherwise than by its last line. */
function ending(status: string, output: object): Facts {
  const facts = retold(soundFacts(), LOG.end, LOG.end.replace('completed', status))
  return facts.map((fact): Fact => {
    if (fact.kind !== 'write') return fact
    const [before, after] = [fact.before, fact.after].map((item) =>
      item?.['s'] === 'completed' ? { ...item, s: status, o: output as never } : item,
    )
    return { ...fact, before, after }
  })
}
const TIMED_OUT = { o: 'failure', e: { c: 'ProcessTimedOut', d: 'timed_out', m: 'm' } }

test('a sleep until a moment lasts to that moment by the clock of its worker', () => {
  const facts = retold(soundFacts(), LOG.first, JSON.stringify(['e', 1, 0, 'w', 'nap', 1]))
  const until = (at: number): Expectations => expecting({ until: new Map([['nap', at]]) })
  expect(broken(facts, until(1))).toEqual([])
  expect(broken(facts, until(2))).toEqual(['a wait lasts its time'])
})

test('an attempt that timed out had its time', () => {
  const failed = ['e', 70_002, 3, 's', 'two', 0, 'StepTimedOut', 'step_timed_out', 'm']
  const facts = clocked(retold(soundFacts(), LOG.last, JSON.stringify(failed)))
  const within = (ms: number): Expectations => expecting({ limits: new Map([['two', ms]]) })
  expect(broken(facts, within(0))).toEqual([])
  expect(broken(facts, within(5))).toEqual(['an attempt has its time'])
  const again = ['f', 70_002, 3, 'two', 70_009, 'StepTimedOut', 'step_timed_out', 'm']
  expect(broken(clocked(retold(soundFacts(), LOG.last, JSON.stringify(again))), within(5))).toContain(
    'an attempt has its time',
  )
})

const PROCESS = 'a process has its time'

test('a process is not out of time before its timeout has passed', () => {
  const after = (ms: number): Facts =>
    withRow(ending('failed', TIMED_OUT), { l: { d: ms }, ca: 0, cr: { a: 0, r: 'r' } })
  expect(broken(after(80_000), expecting({}))).toContain(PROCESS)
  const refused = ['e', 70_002, 3, 's', 'two', 0, 'EffectRefused', 'timed_out', 'm']
  const told = retold(after(80_000), LOG.last, JSON.stringify(refused))
  expect(broken(told, expecting({}))).toContain(PROCESS)
  expect(broken(withRow(told, { l: { d: 70_002 } }), expecting({}))).not.toContain(PROCESS)
})

test('a worker that claims a process after its timeout begins only what is shielded', () => {
  const facts = withRow(soundFacts(), { l: { d: 10_000 }, ca: 0, cr: { a: 0, r: 'r' } })
  expect(broken(facts, expecting({}))).toContain(PROCESS)
  const shields = [{ opens: 'step one', effects: new Set(['step two']) }]
  expect(broken(facts, expecting({ shields }))).not.toContain(PROCESS)
  // Its clock may have been set back between the claim and the body.
  expect(broken(facts, { ...expecting({}), clocksJumpBackMs: 5 * 60_000 })).not.toContain(PROCESS)
})

test('a worker that was overtaken by a later clock is not judged by the claim of the next owner', () => {
  const facts = withRow(soundFacts(), { l: { d: 10_000 }, ca: 0, cr: { a: 0, r: 'r' } })
  const overtaken = facts.map((fact) => (fact.kind === 'body' ? { ...fact, by: 'overtaken' } : fact))
  expect(broken(facts, expecting({}))).toContain(PROCESS)
  expect(broken(overtaken, expecting({}))).not.toContain(PROCESS)
})

test('a process with a timeout parks until its timeout at most, except in its clean-up', () => {
  const facts = withRow(soundFacts(), { l: { d: 100_000 }, ca: 0 })
  expect(broken(facts, expecting({}))).toEqual([PROCESS])
  const shields = [{ opens: 'step one', effects: new Set(['signal go']) }]
  expect(broken(facts, expecting({ shields }))).toEqual([])
})

const SHIELD = 'clean-up under a shield runs to its end'

test('a process whose effects were refused ends for the reason on record', () => {
  const as = (code: string, status: string, output: object): string[] => {
    const refused = ['e', 70_002, 3, 's', 'two', 0, 'EffectRefused', code, 'm']
    const facts = withRow(retold(ending(status, output), LOG.last, JSON.stringify(refused)), { l: { d: 1 } })
    return broken(facts, expecting({})).filter((name) => name === 'an end is for the reason on record')
  }
  const cancelled = { o: 'cancelled', r: 'r' }
  expect(as('timed_out', 'failed', TIMED_OUT)).toEqual([])
  expect(as('process_cancelled', 'cancelled', cancelled)).toEqual([])
  expect(as('timed_out', 'cancelled', cancelled)).toHaveLength(1)
  expect(as('process_cancelled', 'failed', TIMED_OUT)).toHaveLength(1)
  expect(
    as('timed_out', 'failed', { o: 'failure', e: { c: 'E', d: 'process_failed', m: 'm' } }),
  ).toHaveLength(1)
})

test('no shielded effect is refused', () => {
  const refused = ['e', 70_002, 3, 's', 'two', 0, 'EffectRefused', 'process_cancelled', 'm']
  const facts = retold(soundFacts(), LOG.last, JSON.stringify(refused))
  const shields = [{ opens: 'step one', effects: new Set(['step two']) }]
  expect(broken(facts, expecting({ shields }))).toContain(SHIELD)
  expect(broken(facts, expecting({}))).not.toContain(SHIELD)
})

test('a process that ends early has all of its clean-up on record', () => {
  for (const facts of [
    ending('cancelled', { o: 'cancelled', r: 'r' }),
    withRow(ending('failed', TIMED_OUT), { l: { d: 1 } }),
  ]) {
    const lacks = expecting({ shields: [{ opens: 'step one', effects: new Set(['step three']) }] })
    expect(broken(facts, lacks)).toContain(SHIELD)
    const has = expecting({ shields: [{ opens: 'step one', effects: new Set(['step two']) }] })
    expect(broken(facts, has)).not.toContain(SHIELD)
    const unopened = expecting({ shields: [{ opens: 'step none', effects: new Set(['step three']) }] })
    expect(broken(facts, unopened)).not.toContain(SHIELD)
  }
})
