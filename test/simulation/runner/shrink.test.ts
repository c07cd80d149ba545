import { expect, test } from 'vitest'
import { shrunk } from './shrink.ts'
import { tried, trialOf } from './trial.ts'

test('what breaks nothing is not shrunk', async () => {
  const trial = trialOf(1)
  await expect(shrunk(trial, await tried(trial))).rejects.toThrow('breaks nothing')
})
