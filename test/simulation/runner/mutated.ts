import { availableParallelism } from 'node:os'
import pMap from 'p-map'
import { brokenWithout, hunt, type Hunted } from '../mutations/hunting.ts'
import { PLANTED } from '../mutations/planted.ts'

/** Seeds in which a planted bug has to show; a bug that none of them finds is a hole in the simulation. */
const SEEDS_MAX = 3_000

export type MutationReport = {
  readonly planted: number
  readonly found: number
  /** Of those that were found. */
  readonly medianSeeds: number
  readonly bugs: readonly Hunted[]
}

/** Hunts for each bug from the first seed on. */
export async function mutationReport(say: (line: string) => void): Promise<MutationReport> {
  const bugs = await pMap(PLANTED, (planted) => huntFromOne(planted.name, say), {
    concurrency: availableParallelism(),
  })
  const counts = bugs.filter(({ seed }) => seed !== undefined).map(({ seeds }) => seeds)
  counts.sort((a, b) => a - b)
  const medianSeeds = counts[Math.floor(counts.length / 2)] ?? 0
  return { planted: bugs.length, found: counts.length, medianSeeds, bugs }
}

/** A seed that breaks without the bug as well is passed over. */
async function huntFromOne(name: string, say: (line: string) => void): Promise<Hunted> {
  let [from, seeds] = [1, 0]
  for (;;) {
    const hunted = await hunt({ name, from }, SEEDS_MAX - seeds)
    seeds += hunted.seeds
    const { seed } = hunted
    const isIts = seed === undefined || (await brokenWithout([[seed, seed]])).length === 0
    if (isIts || seeds >= SEEDS_MAX) {
      const where = seed === undefined || !isIts ? 'NOT FOUND' : `seed ${seed}: ${hunted.invariant}`
      say(`${String(seeds).padStart(6)} seeds  ${name}: ${where}`)
      return isIts ? { ...hunted, from: 1, seeds } : { name, from: 1, seeds }
    }
    from = seed + 1
  }
}
