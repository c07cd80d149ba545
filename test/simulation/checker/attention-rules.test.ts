import { expect, test } from 'vitest'
import { broken, soundFacts, withRow, type Facts } from './sample.ts'

const INVARIANT = 'attention lists what needs an operator, and nothing else'
const FAILED = { s: 'failed', o: { o: 'failure', e: { d: 'no_luck' } } }

/** The last process item of the history, which is at its end, with these attributes. */
function endingWith(change: Parameters<typeof withRow>[1]): Facts {
  const facts = soundFacts()
  const last = facts.findLastIndex(
    (fact) => fact.kind === 'write' && fact.pk === 'P#p' && fact.sk === 'PROCESS',
  )
  return [...facts.slice(0, last), ...withRow(facts.slice(last, last + 1), change), ...facts.slice(last + 1)]
}

test('a process that completes is not in the attention index', () => {
  expect(broken(soundFacts())).toEqual([])
  expect(broken(endingWith({ an: 'a#0', aa: 70_003 }))).toContain(INVARIANT)
  expect(broken(endingWith({ aa: 70_003 }))).toContain(INVARIANT)
})

test('a failed process is in the attention index since its end', () => {
  expect(broken(endingWith({ ...FAILED, an: 'a#0', aa: 70_003 }))).not.toContain(INVARIANT)
  expect(broken(endingWith(FAILED))).toContain(INVARIANT)
  expect(broken(endingWith({ ...FAILED, an: 'a#0', aa: 1 }))).toContain(INVARIANT)
})
