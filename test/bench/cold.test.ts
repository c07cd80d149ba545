import { expect, test } from 'vitest'
import { coldLoads } from '../../bench/cold.ts'

test('coldLoads() counts the CPU time of loading a bundle in a process of its own', async () => {
  const load = (await coldLoads(['sweep'], 2)).get('sweep')
  expect(load?.cpuMs).toBeGreaterThan(0)
  expect(load?.compiledCpuMs).toEqual(expect.any(Number))
})
