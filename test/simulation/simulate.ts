import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { rangeInChildren } from './runner/child.ts'
import { mutationReport } from './runner/mutated.ts'
import { runSeeds, type RangeReport } from './runner/range.ts'
import { explained } from './runner/story.ts'
import { tried, trialOf } from './runner/trial.ts'

const HELP = `npm run simulate -- [--seeds N] [--from S]   run N seeds from S on all cores; the first that fails is shrunk
                --seed S                  run one, with its trace
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
      mutations: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      /** In this process: what the others are started with. */
      here: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(HELP, 0)
  Error.stackTraceLimit = STACK_LINES
  if (values.mutations) return mutations(values.json)
  if (values.seed !== undefined) return one(whole(values.seed, 'seed'), values.json)
  const [from, seeds] = [whole(values.from, 'from'), whole(values.seeds, 'seeds')]
  const report = values.here
    ? await runSeeds(Array.from({ length: seeds }, (_, index) => from + index))
    : await rangeInChildren(from, seeds, availableParallelism())
  return values.json ? say(JSON.stringify(report), report.failed.length === 0 ? 0 : 1) : tell(report)
}

async function one(seed: number, json: boolean): Promise<number> {
  const { violations, outcome } = await tried(trialOf(seed), { trace: !json })
  const code = violations.length === 0 ? 0 : 1
  if (json) return say(JSON.stringify({ seed, violations, faults: outcome.faults, hash: outcome.hash }), code)
  for (const line of outcome.trace) say(line, 0)
  for (const { invariant, process, says } of violations) say(`✗ ${invariant}: ${process ?? ''} ${says}`, 0)
  return say(
    `seed ${seed}: ${violations.length === 0 ? 'nothing broken' : `${violations.length} broken`}`,
    code,
  )
}

async function tell(report: RangeReport): Promise<number> {
  const { seeds, events, takeovers, fencedOff, failed, faults, tookMs } = report
  const happened = Object.entries(faults).sort((a, b) => b[1] - a[1])
  say(happened.map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`).join('\n'), 0)
  say(
    `${seeds} seeds, ${events} events, ${takeovers} take-overs and ${fencedOff} writes fenced off in ${(tookMs / 1_000).toFixed(1)} s`,
    0,
  )
  const [first] = failed
  if (first === undefined) return say('nothing broken', 0)
  for (const { seed, violations } of failed)
    say(`✗ seed ${seed}: ${violations[0]?.invariant}: ${violations[0]?.says}`, 0)
  return say(await explained(first.seed), 1)
}

async function mutations(json: boolean): Promise<number> {
  const report = await mutationReport((line) => void (json || say(line, 0)))
  const text = json
    ? JSON.stringify(report)
    : `${report.found} of ${report.planted} planted bugs found, the median one in ${report.medianSeeds} seeds`
  return say(text, report.found === report.planted ? 0 : 1)
}

function whole(text: string, name: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name}: expected a whole number, got ${text}`)
  return Number(text)
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`)
  return code
}

process.exitCode = await main()
