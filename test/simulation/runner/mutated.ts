import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pMap from 'p-map'
import { PLANTED } from '../mutations/planted.ts'

/** Seeds in which a planted bug has to show; a bug that none of them finds is a hole in the simulation. */
const SEEDS_MAX = 3_000
const HUNT = join(import.meta.dirname, '../mutations/hunt.ts')

export type MutationReport = {
  readonly planted: number
  readonly found: number
  /** Of those that were found. */
  readonly medianSeeds: number
  readonly bugs: readonly Hunted[]
}
type Hunted = {
  readonly name: string
  readonly seeds: number
  readonly seed?: number
  readonly invariant?: string
}

/** Plants each bug in a process of its own, and runs seeds there until one of them breaks. */
export async function mutationReport(say: (line: string) => void): Promise<MutationReport> {
  const bugs = await pMap(
    PLANTED,
    async ({ name }): Promise<Hunted> => {
      const hunted = { name, ...(await hunt(name)) }
      const where = hunted.seed === undefined ? 'NOT FOUND' : `seed ${hunted.seed}: ${hunted.invariant}`
      say(`${String(hunted.seeds).padStart(6)} seeds  ${name}: ${where}`)
      return hunted
    },
    { concurrency: availableParallelism() },
  )
  const counts = bugs.filter(({ seed }) => seed !== undefined).map(({ seeds }) => seeds)
  counts.sort((a, b) => a - b)
  const medianSeeds = counts[Math.floor(counts.length / 2)] ?? 0
  return { planted: bugs.length, found: counts.length, medianSeeds, bugs }
}

async function hunt(name: string): Promise<Omit<Hunted, 'name'>> {
  const env = { ...process.env, PLANTED_BUG: name, SEEDS: String(SEEDS_MAX) }
  const child = spawn(process.execPath, [HUNT], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.on('error', reject).on('close', () => resolve())
  await promise
  if (!out.startsWith('{')) throw new Error(`the hunt for "${name}" did not report: ${out}`)
  return JSON.parse(out) as Omit<Hunted, 'name'>
}
