import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './load.ts'
import { mutantsOf } from './mutators.ts'
import { runStage, stagesFor } from './stages.ts'

const FILE = 'lib/model/due.ts'
const HANG_MS = 120_000

test('a suite sees its own mutant and none of an earlier run', { timeout: 2 * HANG_MS }, async () => {
  const id = `${FILE}: shift a comparison: row.status === 'running'`
  const mutant = mutantsOf(FILE, readFileSync(join(ROOT, FILE), 'utf8')).find((each) => each.id === id)
  const own = stagesFor(FILE).find(({ name }) => name === 'own tests')
  if (mutant === undefined || own === undefined) throw new Error(`${FILE} has lost its mutant or its tests`)
  const killed = []
  for (const planted of [undefined, mutant, undefined, mutant])
    killed.push((await runStage(own, planted, HANG_MS)).killed)
  expect(killed).toEqual([false, true, false, true])
})
