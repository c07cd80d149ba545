import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import { broken, soundFacts, type Facts } from './sample.ts'

const RULE = 'a long queue holds up itself only'
const MINUTE = 60_000

/** The sound history up to the death of its second owner, whose grant has expired at 80 seconds at the latest, and then this. */
function afterDeath(...then: Facts): Facts {
  const facts = soundFacts()
  const takeover = facts.findIndex(
    (fact) => fact.kind === 'write' && fact.sk === 'PROCESS' && fact.after?.['f'] === 3,
  )
  return [...facts.slice(0, takeover), ...then, ...facts.slice(takeover)]
}

const pass = (atMs: number, behindMs = 0): Fact => ({
  at: atMs + 1_000,
  kind: 'swept',
  by: 'sweep#1',
  beganAt: atMs,
  clockAt: atMs - behindMs,
})
const wakeup = (by: string): Fact => ({ at: 9 * MINUTE, kind: 'woke', by, process: 'p', queue: 'isolation' })

test('a pass of the sweep that ends well wakes the process of a dead owner [C68]', () => {
  expect(broken(afterDeath(wakeup('sweep#1'), pass(10 * MINUTE)))).not.toContain(RULE)
  expect(broken(afterDeath(pass(10 * MINUTE)))).toContain(RULE)
  expect(broken(afterDeath(wakeup('worker-1#1'), pass(10 * MINUTE)))).toContain(RULE)
})

test('a pass is not to blame for what its index or its clock cannot show [C68]', () => {
  expect(broken(afterDeath(pass(3 * MINUTE)))).not.toContain(RULE)
  expect(broken(afterDeath(pass(10 * MINUTE, 9.5 * MINUTE)))).not.toContain(RULE)
})
