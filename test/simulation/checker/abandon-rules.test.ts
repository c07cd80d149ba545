import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import { broken, LOG, retold, soundFacts, withRow, type Facts } from './sample.ts'

const ABANDON = 'a request to abandon is honoured'
const GIVEN_UP = { ar: { a: 0, r: 'given up' } }

/** Facts about the row of p from the nth on, with a request to abandon in them. */
function givenUpFrom(nth: number): Facts {
  let seen = -1
  return soundFacts().map((fact): Fact => {
    if (fact.kind !== 'write' || fact.sk !== 'PROCESS' || fact.pk !== 'P#p') return fact
    seen += 1
    const [with_] = withRow([fact], GIVEN_UP)
    if (seen < nth || with_?.kind !== 'write') return fact
    return seen === nth ? { ...with_, before: fact.before } : with_
  })
}

test('no worker claims a process that was given up', () => {
  // Writes to the row of p, from 0: made, claimed by w1, child started, parked, signal, claimed by w2, taken over by w3, ended.
  expect(broken(givenUpFrom(7))).toEqual([])
  expect(broken(givenUpFrom(6))).toEqual([])
  expect(broken(givenUpFrom(5))).toEqual([ABANDON])
})

test('a worker that parks a process that was given up leaves it due at once', () => {
  const facts = givenUpFrom(3).slice(0, givenUpFrom(3).findIndex((fact) => fact.kind === 'signalled') - 2)
  expect(broken(facts)).toContain(ABANDON)
  const due = facts.map((fact): Fact =>
    fact.kind === 'write' && fact.sk === 'PROCESS' && fact.after?.['s'] === 'waiting'
      ? { ...fact, after: { ...fact.after, d: 'due#0', da: 3, s: 'waiting' } }
      : fact,
  )
  const says = (each: Facts): number => broken(each).filter((name) => name === ABANDON).length
  // It is open at the end all the same.
  expect(says(due)).toBe(1)
})

test('a process is abandoned only if it was given up, or is of a kind that ends with its owner', () => {
  const abandoned = retold(soundFacts(), LOG.end, LOG.end.replace('completed', 'abandoned')).map(
    (fact): Fact => {
      if (fact.kind !== 'write') return fact
      const [before, after] = [fact.before, fact.after].map((item) =>
        item?.['s'] === 'completed' ? { ...item, s: 'abandoned', an: 'a#0', aa: 70_003 } : item,
      )
      return { ...fact, before, after }
    },
  )
  expect(broken(abandoned)).toEqual([ABANDON])
  const frail = abandoned.filter((fact) => fact.kind !== 'write' || fact.by !== 'w3')
  expect(broken(withRow(frail, { r: 'abandon' }))).not.toContain(ABANDON)
})

test('a request to abandon that was accepted is on record', () => {
  const accepted: Facts = [...soundFacts(), { at: 9, kind: 'abandon-asked', process: 'p', reason: 'r' }]
  expect(broken(accepted)).toEqual([ABANDON])
})

test('a request to abandon that no caller made is not on record', () => {
  const facts = retold(soundFacts(), LOG.takeover, JSON.stringify(['a', 70_000, 'given up']))
  const asked = (abandonAsked: boolean): Expectations => ({
    processes: new Map([['p', { allowed: () => undefined, abandonAsked }]]),
  })
  expect(broken(facts, asked(true))).toEqual([])
  expect(broken(facts, asked(false))).toEqual([ABANDON])
})

test('a process that is given up is not open at the end', () => {
  const open = givenUpFrom(6)
  expect(
    broken(
      open.slice(
        0,
        open.findIndex((fact) => fact.kind === 'ran-to-end'),
      ),
    ),
  ).toContain(ABANDON)
})

test('a live lease is not ended as abandoned either', () => {
  const facts = givenUpFrom(6).map((fact): Fact => {
    if (fact.kind !== 'write' || fact.sk !== 'PROCESS' || fact.after?.['f'] !== 3 || fact.before?.['f'] !== 2)
      return fact
    const end = JSON.stringify(['z', 20_000, 'abandoned'])
    return { ...fact, after: { ...fact.after, s: 'abandoned', ea: 20_000, t: [LOG.signal, end] } }
  })
  expect(broken(facts)).toContain('a live lease is not taken over')
})
