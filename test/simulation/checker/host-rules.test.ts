import { expect, test } from 'vitest'
import type { Fact, StoreFact } from '../history.ts'
import { broken, soundFacts, type Facts } from './sample.ts'

const HEEDED = 'cancel is honoured'

/** The sound history, with a cancel request that w3 itself records after its claim, in a write that changes this besides. */
function asksItself(change: { readonly c?: number }): Facts {
  const facts = soundFacts()
  const claim = facts.findLastIndex(
    (fact) =>
      fact.kind === 'write' && fact.sk === 'PROCESS' && fact.pk === 'P#p' && fact.after?.['s'] === 'running',
  )
  const before = (facts[claim] as StoreFact).after
  const asked = { cr: { a: 70_001, r: 'asked' }, ...change }
  const written: Fact = {
    at: 70_001,
    kind: 'write',
    by: 'w3',
    pk: 'P#p',
    sk: 'PROCESS',
    before,
    after: { ...before, ...asked },
  }
  const heard: Fact = { at: 70_001, kind: 'heard', by: 'w3', fact: claim + 2 }
  return [...facts.slice(0, claim + 2), written, heard, ...facts.slice(claim + 2)]
}

test('a worker that asks its own process to cancel, as a parent, has not read it as its owner', () => {
  expect(broken(asksItself({}))).not.toContain(HEEDED)
})

test('a worker that reads a cancel request in the reply to its commit begins no body', () => {
  expect(broken(asksItself({ c: 3 }))).toContain(HEEDED)
})
