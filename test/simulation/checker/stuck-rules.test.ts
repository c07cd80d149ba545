import { describe, expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import { ASKED, broken, soundCallback, type Facts } from './sample.ts'

// The process of the sound history is made stuck where it parked, and continues by what each case says.

type Change = { readonly [attribute: string]: unknown }

/** The nth write to the row, changed. */
function changed(facts: Facts, changes: { readonly [nth: number]: Change }): Facts {
  let nth = -1
  return facts.map((fact): Fact => {
    if (fact.kind !== 'write' || fact.sk !== 'PROCESS') return fact
    nth += 1
    const change = changes[nth]
    if (change === undefined || fact.after === undefined) return fact
    const after = Object.entries({ ...fact.after, ...change }).filter(([, value]) => value !== undefined)
    return { ...fact, after: Object.fromEntries(after) as typeof fact.after }
  })
}

const INVARIANT = 'a stuck process waits for an operator'
const RESUMED = JSON.stringify(['u', 50, 'an operator'])
const STUCK: Change = { s: 'stuck', w: { f: 'resume' }, d: undefined, da: undefined }
const log = [ASKED.opened, ASKED.given, ASKED.begun]
const GOES_ON: Change = { s: 'waiting', w: { f: 'worker' }, t: [...log, RESUMED], q: 4 }

test('a stuck process that an operator resumes breaks no rule of its own', () => {
  expect(broken(changed(soundCallback(), { 3: STUCK, 4: GOES_ON }))).not.toContain(INVARIANT)
})

test('a stuck process that is asked to cancel may end', () => {
  const asked = { cr: { a: 50, r: 'asked' } }
  const facts = changed(soundCallback(), {
    3: STUCK,
    4: { ...STUCK, ...asked },
    5: { s: 'cancelled', ...asked },
  })
  expect(broken(facts)).not.toContain(INVARIANT)
})

describe('a history is refused in which a stuck process', () => {
  test('waits again though no operator resumed it', () => {
    expect(broken(changed(soundCallback(), { 3: STUCK, 4: { s: 'waiting' } }))).toContain(INVARIANT)
  })

  test('is claimed', () => {
    expect(broken(changed(soundCallback(), { 3: STUCK, 4: STUCK }))).toContain(INVARIANT)
  })

  test('ends though no caller asked for that', () => {
    const ended = { s: 'cancelled' }
    expect(broken(changed(soundCallback(), { 3: STUCK, 4: STUCK, 5: ended }))).toContain(INVARIANT)
  })
})
