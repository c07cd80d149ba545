import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runNode } from './runner/child.ts'
import { tried, trialOf } from './runner/trial.ts'

const HERE = import.meta.dirname

test('the same seed is the same run, to the last event', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const [once, again] = [await tried(trialOf(seed)), await tried(trialOf(seed))]
    expect(again.outcome.hash).toBe(once.outcome.hash)
    expect(again.outcome.history).toEqual(once.outcome.history)
  }
  const [one, other] = [await tried(trialOf(1)), await tried(trialOf(2))]
  expect(one.outcome.hash).not.toBe(other.outcome.hash)
})

test('the faults of a run, given as a list, make the same run', async () => {
  let faults = 0
  for (let seed = 1; seed <= 20; seed += 1) {
    const trial = trialOf(seed)
    const { outcome } = await tried(trial)
    const given = await tried({ ...trial, scenario: { ...trial.scenario, faults: outcome.faults } })
    expect(given.outcome.hash).toBe(outcome.hash)
    faults += outcome.faults.length
  }
  expect(faults).toBeGreaterThan(20)
})

test('a planted bug is found, shrunk to what it takes, and the run says how to see it again', async () => {
  const bug = 'an owner writes without naming its fence'
  const { out, code } = await runNode([
    join(HERE, 'simulate.ts'),
    '--plant',
    bug,
    '--from',
    '60',
    '--seeds',
    '20',
    '--here',
  ])
  expect(code).toBe(1)
  const story = out.slice(out.indexOf('shrunk in')).trim().split('\n')
  // A lost answer is enough to write twice.
  expect(story[1]).toMatch(/^ {2}1 fault, 1 worker/)
  expect(story.length).toBeLessThanOrEqual(30)
  expect(story.at(-1)).toMatch(`again: npm run simulate -- --plant "${bug}" --seed `)
})
