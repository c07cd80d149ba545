import { parseArgs } from 'node:util'
import { printed } from './report.ts'
import { runChaos } from './run.ts'

// `npm run chaos`: real emulators, real handlers, real kills. `--seconds N`, `--seed S`, `--json`; `--keep FILE` for the
// history, `--slowest K` for the stories of the K slowest recoveries. `--kills N` continues until so many were killed.
// `--overtakings N` continues until so many woke up overtaken. Exits with 1 where a promise was
// broken. The seed decides what is started and what befalls it; how that falls together is the machine's doing.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    kills: { type: 'string', default: '0' },
    overtakings: { type: 'string', default: '0' },
    slowest: { type: 'string', default: '5' },
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    'usage: npm run chaos -- [--seconds N] [--seed S] [--kills N] [--overtakings N] [--slowest K] [--json] [--keep FILE]\n',
  )
  process.exit(2)
}
const say = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`)
say(`seed ${seed}, ${seconds} s`)
const report = await runChaos({
  seconds,
  seed,
  kills: Number(values.kills),
  overtakings: Number(values.overtakings),
  slowest: Number(values.slowest),
  say,
  ...(values.keep === undefined ? {} : { keep: values.keep }),
})
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`)
else say(printed(report))
process.exitCode = report.violations.length === 0 && report.processes.open.length === 0 ? 0 : 1
