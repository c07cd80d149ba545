import { parseArgs } from 'node:util'
import { startEmulators } from '../lib/local/emulators.ts'
import { USED, writePage } from './cost-page.ts'
import type { Comparison, Counts } from './meter.ts'
import { measure, overBudget, SCENARIOS, type Measured, type ScenarioName } from './scenarios.ts'

// `npm run bench:cost`: what each scenario costs, in requests and billed units, beside its budget. Counts do not depend
// on the machine. Fails if a figure exceeds its budget. `--json` prints the figures alone; `--docs` writes the tables of
// docs/cost.md too.

const COLUMNS = {
  writeRequests: 'writes',
  transactions: 'transactions',
  readRequests: 'reads',
  writeUnits: 'write units',
  readUnits: 'read units',
  sqsRequests: 'SQS requests',
} as const satisfies Record<keyof Counts, string>

type Results = Record<ScenarioName, Measured>

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, docs: { type: 'boolean', default: false } },
  })
  const given = process.env['LEASEHOLD_DYNAMODB_ENDPOINT']
  const emulators = await startEmulators({
    region: 'us-east-1',
    onEvent: () => undefined,
    ...(given === undefined || given === '' ? {} : { dynamoEndpoint: given }),
  })
  try {
    const results = {} as Results
    for (const name of namesOf(SCENARIOS)) {
      results[name] = await measure(name, emulators)
    }
    const figures = namesOf(SCENARIOS).map((name) => [name, results[name].counts] as const)
    if (values.json) console.log(JSON.stringify(Object.fromEntries(figures), undefined, 2))
    else print(results)
    if (values.docs)
      writePage(
        Object.fromEntries(USED.map((name) => [name, results[name].counts])) as Record<
          (typeof USED)[number],
          Counts
        >,
      )
    return figures.every(([name, counts]) => overBudget(counts, SCENARIOS[name].budget).length === 0) ? 0 : 1
  } finally {
    await emulators.stop()
  }
}

function print(results: Results): void {
  const columns = namesOf(COLUMNS)
  const widths = columns.map((column) => COLUMNS[column].length + 4)
  console.log(
    `${''.padEnd(16)}${columns.map((column, at) => COLUMNS[column].padStart(widths[at] ?? 0)).join('')}`,
  )
  for (const name of namesOf(SCENARIOS)) {
    const { counts, commands } = results[name]
    const { budget, says } = SCENARIOS[name]
    const over = overBudget(counts, budget)
    const cells = columns.map((column, at) =>
      `${counts[column]} of ${budget[column]}`.padStart(widths[at] ?? 0),
    )
    console.log(`${name.padEnd(16)}${cells.join('')}${over.length === 0 ? '' : `  OVER: ${over.join(', ')}`}`)
    console.log(`  ${says}`)
    console.log(`  ${summed(commands)}`)
  }
  console.log(
    '\nEach figure is "used of budget". Units are computed from the published rules, both indexes included.',
  )
  for (const line of compared(namesOf(SCENARIOS).flatMap((name) => results[name].comparisons)))
    console.log(line)
}

/** The emulator is not asked about transactions, which it miscounts; it says nothing was read where nothing was found. */
function compared(all: readonly Comparison[]): string[] {
  const others = all.filter((each) => each.computed !== each.reported)
  const differences = new Map<string, number>()
  for (const { command, computed, reported } of others) {
    const key = `${command.replace(/Command$/, '')}: computed ${computed}, reported ${reported}`
    differences.set(key, (differences.get(key) ?? 0) + 1)
  }
  return [
    `The emulator reports the same units for ${all.length - others.length} of ${all.length} requests.`,
    ...[...differences].map(([key, count]) => `  ${count} × ${key}`),
  ]
}

/** Commands in the order of their first use: `2 × PutItem`. */
function summed(commands: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const command of commands) counts.set(command, (counts.get(command) ?? 0) + 1)
  return [...counts].map(([command, count]) => `${count} × ${command.replace(/Command$/, '')}`).join(', ')
}

function namesOf<T extends object>(of: T): (keyof T & string)[] {
  return Object.keys(of) as (keyof T & string)[]
}

process.exitCode = await main()
