import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  driveStack,
  expectAllDone,
  idsOf,
  startBenchStack,
  type BenchStack,
} from '../../bench/through-stack.ts'

let bench: BenchStack
beforeAll(async () => {
  // On emulators of its own: the one that all tests share slows down by what they have left in it.
  bench = await startBenchStack({ name: 'throughput-test' })
})
afterAll(() => bench.stop())

test(
  'a thousand three-step processes through the stack complete, none lost, no step run twice',
  { timeout: 120_000 },
  async () => {
    const ids = idsOf('thousand', 1_000)
    await driveStack(bench, ids)
    await expectAllDone(bench, ids)
    expect((await bench.runs()).size).toBe(3_000)
  },
)

test('a process that was lost, and a step that ran twice, are told', async () => {
  const [id, ...others] = idsOf('told', 2)
  await driveStack(bench, [id!])
  await expectAllDone(bench, [id!])
  await expect(expectAllDone(bench, [id!, ...others])).rejects.toThrow('no process told-0000001')
  const runs = async () => new Map([...(await bench.runs()), [`${id} charge`, 2]])
  await expect(expectAllDone({ stack: bench.stack, runs }, [id!])).rejects.toThrow('ran 1 2 1')
})
