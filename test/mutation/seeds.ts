import { mutantOf } from './mutant.ts'
import { plantMutant } from './load.ts'

// A process of its own: plants the mutant of the environment, then runs seeds until one of them breaks a rule. The library
// is loaded after the mutant is planted, so by name and not at the head of this file.

const mutant = mutantOf(process.env)
if (mutant !== undefined) plantMutant(mutant)
Error.stackTraceLimit = 0
const { runSeeds } = await import('../simulation/runner/range.ts')

const [from = 1, to = 1] = process.argv.slice(2).map(Number)
const list = Array.from({ length: to - from + 1 }, (_, index) => from + index)
const { failed } = await runSeeds(list, 1)
const [first] = failed
if (first !== undefined) {
  process.stdout.write(`seed ${first.seed}: ${first.violations[0]?.invariant ?? 'restless'}\n`)
  process.exitCode = 1
}
