import { expect, test } from 'vitest'
import { cpuMsIn } from '../../../bench/peers/cpu.ts'

test('cpuMsIn() reads user and system time behind a name with brackets and spaces', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 11 0 100 1000 10'
  expect(cpuMsIn(stat)).toBe(1_750)
  expect(cpuMsIn('')).toBeUndefined()
})
