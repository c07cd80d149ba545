import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { holds, SEED } from './fuzz.ts'

test('a property that does not hold fails, shrunk, by its seed', async () => {
  const small = holds(
    fc.asyncProperty(fc.nat(), async (n) => void expect(n).toBeLessThan(10)),
    100,
  )
  await expect(small).rejects.toThrow(new RegExp(`seed: ${SEED}[^]*Counterexample: \\[10\\]`, 'u'))
})

test('a seed draws the same cases each time, and as many as were asked for when there is time', async () => {
  const drawn = async () => {
    const cases: number[] = []
    await holds(
      fc.asyncProperty(fc.nat(), async (n) => void cases.push(n)),
      20,
    )
    return cases
  }
  const first = await drawn()
  expect(first.length).toBeGreaterThanOrEqual(1)
  expect((await drawn()).slice(0, first.length)).toEqual(first)
})
