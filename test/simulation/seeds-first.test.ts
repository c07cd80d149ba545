import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runsClean } from './half.ts'
import { rangeInChild } from './runner/child.ts'
import { runSeeds } from './runner/range.ts'

const FRESH = 100
const SEED = Number(process.env['SEED'] ?? 1_000_000 + Math.floor(Math.random() * 2 ** 30))

test('the first half of the seeds breaks no promise', { timeout: 3_600_000 }, async () => {
  await runsClean(0)
})

test(`seeds of this run break no promise (SEED=${SEED})`, async () => {
  const { failed } = await rangeInChild(SEED, FRESH)
  expect(failed).toEqual([])
})

test('seeds that once failed break none', async () => {
  const lines = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8').split('\n')
  const seeds = lines.flatMap((line) => (/^\d/.test(line) ? [Number.parseInt(line, 10)] : []))
  expect(seeds.length).toBeGreaterThan(0)
  expect((await runSeeds(seeds)).failed).toEqual([])
})
