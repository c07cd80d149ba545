import { plant } from './plant.ts'

// A process of its own: plants the bug of the environment, then runs seeds until one of them breaks. The library is loaded
// after the bug is planted, so by name and not at the head of this file.

const { PLANTED_BUG = '', FROM = '1', SEEDS = '1000' } = process.env
if (PLANTED_BUG !== '') plant(PLANTED_BUG)
Error.stackTraceLimit = 0
const { runSeeds } = await import('../runner/range.ts')

const range = Array.from({ length: Number(SEEDS) }, (_, index) => Number(FROM) + index)
const { seeds, failed } = await runSeeds(range, 1)
const [first] = failed
const found =
  first === undefined
    ? {}
    : { seed: first.seed, invariant: first.violations[0]?.invariant, says: first.violations[0]?.says }
process.stdout.write(`${JSON.stringify({ seeds, ...found })}\n`)
