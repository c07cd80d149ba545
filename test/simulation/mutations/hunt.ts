import { plant } from './plant.ts'

// A process of its own: plants the bug of the environment, then runs seeds until one of them breaks. Without a bug it runs
// all of them. The library is loaded after the bug is planted, so by name and not at the head of this file.

const { PLANTED_BUG = '', SEEDS = '' } = process.env
if (PLANTED_BUG !== '') plant(PLANTED_BUG)
Error.stackTraceLimit = 0
const { runSeeds } = await import('../runner/range.ts')

const list = SEEDS.split(',').flatMap((range) => {
  const [from = 0, to = from] = range.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
})
const { seeds, failed } = await runSeeds(list, PLANTED_BUG === '' ? list.length : 1)
const told = failed.map(({ seed, violations: [first] }) => ({ seed, ...first }))
process.stdout.write(`${JSON.stringify({ seeds, failed: told })}\n`)
