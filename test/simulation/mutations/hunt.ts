import { plant } from './plant.ts'

// A process of its own: plants the bug of the environment, then runs seeds until one of them breaks. The library is loaded
// after the bug is planted, so by name and not at the head of this file.

const { PLANTED_BUG = '', FROM = '1', SEEDS = '1000' } = process.env
if (PLANTED_BUG !== '') plant(PLANTED_BUG)
Error.stackTraceLimit = 0
const { tried, trialOf } = await import('../runner/trial.ts')

let answer: { seeds: number; seed?: number; invariant?: string; says?: string } = { seeds: Number(SEEDS) }
for (let n = 0; n < Number(SEEDS); n += 1) {
  const seed = Number(FROM) + n
  const { violations } = await tried(trialOf(seed))
  const [first] = violations
  if (first === undefined) continue
  answer = { seeds: n + 1, seed, invariant: first.invariant, says: first.says }
  break
}
process.stdout.write(`${JSON.stringify(answer)}\n`)
