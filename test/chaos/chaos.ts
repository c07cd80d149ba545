import { parseArgs } from 'node:util'
import { runChaos, type ChaosReport } from './run.ts'

const HELP = `npm run chaos -- [--seconds N] [--seed S] [--json]`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return say(HELP, 0)
  if (!values.json) say(`seed ${values.seed}`, 0)
  const report = await runChaos({ seconds: Number(values.seconds), seed: Number(values.seed) })
  say(values.json ? JSON.stringify(report) : told(report), 0)
  return report.violations.length === 0 ? 0 : 1
}

function told(report: ChaosReport): string {
  const { counts, recovery, processes, violations, writes } = report
  return [
    ...Object.entries(counts).map(([kind, count]) => `${String(count).padStart(7)}  ${kind}`),
    `${processes} processes, ${writes} accepted writes, ${recovery.count} recoveries`,
    `recovery after ${recovery.p50.toFixed(2)} lease times (p50), ${recovery.p99.toFixed(2)} (p99)`,
    ...violations.map(({ invariant, process, says }) => `✗ ${invariant}: ${process ?? ''} ${says}`),
    violations.length === 0 ? 'nothing broken' : `${violations.length} broken`,
  ].join('\n')
}

function say(text: string, code: number): number {
  process.stdout.write(`${text}\n`)
  return code
}

process.exitCode = await main()
