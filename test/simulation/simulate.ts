import { parseArgs } from 'node:util'
import { bugNamed, plant } from './mutations/plant.ts'

const HELP = `npm run simulate -- [--seeds N] [--from S]   run N seeds from S on all cores; the first that fails is shrunk and told
                --seed S                  run one; if it fails it is shrunk and told
                --seed S --whole          run one, and tell all that happens in it
                --plant NAME              with this bug of the list in the library (part of its name will do);
                                          goes with all of the above
                --mutations               plant each bug in turn, and say how many seeds find it
                --json                    for machines`

/** A world's errors are looked at by their class and message; gathering stacks would be a tenth of its time. */
const STACK_LINES = 0

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      whole: { type: 'boolean', default: false },
      plant: { type: 'string' },
      mutations: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      /** In this process: what the others are started with. */
      here: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  Error.stackTraceLimit = STACK_LINES
  const bug = values.plant === undefined ? undefined : bugNamed(values.plant).name
  if (bug !== undefined) plant(bug)
  // The library is loaded once the bug is in it, so by name and not at the head of this file.
  const { Commands } = await import('./runner/commands.ts')
  const commands = new Commands({ json: values.json, bug })
  if (values.mutations) return commands.mutations()
  if (values.seed !== undefined) return commands.one(numberIn(values.seed, 'seed'), values.whole)
  return commands.range(numberIn(values.from, 'from'), numberIn(values.seeds, 'seeds'), values.here)
}

function numberIn(text: string, name: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name}: expected a whole number, got ${text}`)
  return Number(text)
}

try {
  process.exitCode = await main()
} catch (error) {
  // What was asked for is not there, or no number: the message says which, and a trace would say no more.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
