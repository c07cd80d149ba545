import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import { ASKED, broken, retold, soundCallback, type Facts } from './sample.ts'

const HEARD = 'a callback with heartbeats keeps its wait'

/** The wait is given up at 61, after a sign of life. `claimed`: the worker that gives it up claimed the process before. */
function givenUp(beatAt: number, { claimed = false } = {}): Facts {
  const timedOut = ASKED.took.replace('1,"yes"', '0,"WaitTimedOut","wait_timed_out","nothing came"')
  const facts = retold(retold(soundCallback(), ASKED.took, timedOut), ASKED.answer, JSON.stringify(['u', 50]))
  const silent = facts.filter(({ kind }) => kind !== 'answered' && kind !== 'took-answer')
  const claims = silent.findIndex((fact) => fact.kind === 'write' && fact.by === 'w2')
  const item = { pk: 'P#q', sk: 'CB#0', b: beatAt }
  const beat: Fact = { at: beatAt, kind: 'write', pk: 'P#q', sk: 'CB#0', before: undefined, after: item }
  return silent.toSpliced(claims + (claimed ? 1 : 0), 0, beat)
}

function isBroken(facts: Facts, timeoutMs = Number.POSITIVE_INFINITY): boolean {
  const heartbeats = new Map([['ask', { silenceMs: 10, timeoutMs }]])
  const processes = new Map([['q', { allowed: () => undefined, heartbeats }]])
  return broken(facts, { processes, clocksJumpBackMs: 0 }).includes(HEARD)
}

test('a wait is given up for silence only if the last sign of observed is that old', () => {
  expect(isBroken(givenUp(52))).toBe(true)
  expect(isBroken(givenUp(51))).toBe(false)
})

test('a sign of observed that came after the claim may be missed', () => {
  expect(isBroken(givenUp(52, { claimed: true }))).toBe(false)
})

test('a wait whose whole time has passed ends in spite of signs of life', () => {
  expect(isBroken(givenUp(52), 58)).toBe(false)
  expect(isBroken(givenUp(52), 59)).toBe(true)
})
