import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
  const plant = join(HERE, 'runner/fixtures/forget-the-fence.ts')
  const args = ['--import', plant, join(HERE, 'simulate.ts'), '--seeds', '200', '--here']
  const { out, code } = await output(args)
  expect(code).toBe(1)
  const [, faults] = /shrunk in \d+ lives to (\d+) faults/.exec(out) ?? []
  // A lost answer is enough to write twice, or a pause to write late; clocks and deploys may have to do with it.
  expect(Number(faults)).toBeLessThanOrEqual(10)
  expect(out.slice(out.indexOf('shrunk in')).split('\n').length).toBeLessThan(150)
  expect(out).toMatch(/again: npm run simulate -- --seed \d+/)
})

async function output(args: readonly string[]): Promise<{ out: string; code: number | null }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject).on('close', resolve)
  return { code: await promise, out }
}
