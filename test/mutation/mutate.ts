import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pMap from 'p-map'
import { Random } from '../simulation/world/random.ts'
import { EQUIVALENT } from './equivalent.ts'
import { ROOT } from './load.ts'
import type { Mutant } from './mutant.ts'
import { mutantsOf } from './mutators.ts'
import { ROOMS, runStage, stagesFor } from './stages.ts'

const HELP = `npm run mutate -- [--sample N] [--seed S]   N mutants, drawn by the seed S; without N, all of them
              --file PATH      only mutants of files whose path contains PATH
              --id TEXT        only mutants whose id contains TEXT
              --stages N       only the first N stages
              --at-once N      so many at a time (1)
              --json           one line of JSON for each mutant, and one at the end
              --list           print the mutants and run none`

/** Ten times what the longest stage takes on two busy cores. */
const HANG_MS = 900_000

type Result = {
  readonly id: string
  readonly killed: boolean
  readonly by: string
  readonly stages: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      file: { type: 'string', default: '' },
      id: { type: 'string', default: '' },
      stages: { type: 'string', default: '9' },
      'at-once': { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  if (values.help) {
    say(HELP)
    return 0
  }
  const all = allMutants().filter(
    ({ id, file }) => file.includes(values.file) && id.includes(values.id) && !EQUIVALENT.has(id),
  )
  const chosen = values.sample === undefined ? all : drawn(all, Number(values.sample), Number(values.seed))
  if (values.list) {
    for (const mutant of chosen) say(placed(mutant))
    say(`${chosen.length} of ${all.length} mutants`)
    return 0
  }
  const results = await pMap(
    chosen,
    async (mutant) => {
      const result = await tried(mutant, Number(values.stages))
      say(values.json ? JSON.stringify(result) : lineOf(result, mutant))
      return result
    },
    { concurrency: Number(values['at-once']) },
  )
  const survivors = results.filter(({ killed }) => !killed).length
  const total = { mutants: results.length, killed: results.length - survivors, survivors, of: all.length }
  const share = results.length === 0 ? 0 : (100 * total.killed) / results.length
  say(
    values.json
      ? JSON.stringify(total)
      : `${total.killed} of ${total.mutants} killed (${share.toFixed(1)} %), seed ${values.seed}`,
  )
  return survivors === 0 ? 0 : 1
}

function allMutants(): readonly Mutant[] {
  return ROOMS.flatMap((room) => globSync(`lib/${room}/**/*.ts`, { cwd: ROOT }).toSorted()).flatMap((file) =>
    mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')),
  )
}

/** So many of them, each as likely as the others; the same seed draws the same. */
function drawn(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const random = new Random(seed, 'mutants')
  const left = [...all]
  const picked: Mutant[] = []
  while (picked.length < count && left.length > 0)
    picked.push(...left.splice(random.between(0, left.length), 1))
  return picked
}

async function tried(mutant: Mutant, stagesMax: number): Promise<Result> {
  const stages = stagesFor(mutant.file).slice(0, stagesMax)
  for (const [index, stage] of stages.entries()) {
    const { killed, by } = await runStage(stage, mutant, HANG_MS)
    if (killed) return { id: mutant.id, killed, by, stages: index + 1 }
  }
  return { id: mutant.id, killed: false, by: '', stages: stages.length }
}

function lineOf({ killed, by }: Result, mutant: Mutant): string {
  return killed ? `killed    ${mutant.id}  (${by})` : `SURVIVED  ${placed(mutant)}`
}

function placed({ id, line, replacement }: Mutant): string {
  return `${id}  →  ${replacement.split('\n')[0]}  (line ${line})`
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
