import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SQS_BATCH_MAX, SWEEP_EVERY_MS, SWEEP_MEMORY_MB } from '../lib/model/limits.ts'
import { PRICES } from './list-prices.ts'
import type { Counts } from './meter.ts'
import type { ScenarioName } from './scenarios.ts'

// The tables of docs/cost.md: counts that were measured, times list prices.

const PAGE = join(import.meta.dirname, '../docs/cost.md')
const MILLION = 1e6
const MONTH_MS = 30 * 24 * 3_600_000
/** Alarms of the construct with its defaults; the tests of the construct hold them. */
export const ALARMS = { alarms: 20, metrics: 39 } as const
/** Those that a pass of the sweep counts, be it a zero. */
const IDLE_METRICS = 3
/** A pass that finds nothing takes about as long as eight queries, two at a time. */
const IDLE_PASS_S = 0.1
/** Operations of a process of three steps: its start and each step. */
const DURABLE_OPERATIONS = 4
/** Transitions of a state machine of three states: into each, and to the end, and the start. */
const TRANSITIONS = 5

/** Scenarios whose counts are the same on a busy machine. */
export const USED = [
  'ten-in-a-batch',
  'three-steps',
  'signal',
  'recovery',
  'sweep-idle',
  'sweep-note',
] as const satisfies readonly ScenarioName[]
export type Used = Readonly<Record<(typeof USED)[number], Counts>>

type Row = readonly (string | number)[]

/** What a million processes of three small steps cost beside the compute of their own code. */
export function perMillion(counts: Used): readonly Row[] {
  const batch = counts['ten-in-a-batch']
  const [units, requests] = [batch.writeUnits / SQS_BATCH_MAX, batch.sqsRequests / SQS_BATCH_MAX]
  const sent = 1 / SQS_BATCH_MAX
  const table = units * PRICES.writeUnit
  const queue = (requests + sent) * PRICES.sqsRequest
  const invocations = PRICES.lambdaRequest / SQS_BATCH_MAX
  return [
    [`table: ${units} write units`, dollars(table * MILLION)],
    [`queue: ${round(requests + sent)} requests, in batches of ${SQS_BATCH_MAX}`, dollars(queue * MILLION)],
    [`invocations: ${1 / SQS_BATCH_MAX}`, dollars(invocations * MILLION)],
    ['**Leasehold, started by messages**', `**${dollars((table + queue + invocations) * MILLION)}**`],
    [
      'with two status events on the bus',
      dollars((table + queue + invocations + 2 * PRICES.busEvent) * MILLION),
    ],
    [
      'and started one by one through the API',
      dollars(
        (table + queue + invocations + 2 * PRICES.busEvent + PRICES.httpApiRequest + PRICES.lambdaRequest) *
          MILLION,
      ),
    ],
    [
      `Lambda durable functions: ${DURABLE_OPERATIONS} operations`,
      dollars(DURABLE_OPERATIONS * PRICES.durableOperation * MILLION),
    ],
    [
      `Step Functions Standard: ${TRANSITIONS} transitions`,
      dollars(TRANSITIONS * PRICES.stateTransition * MILLION),
    ],
  ]
}

/** What a million of each thing costs, in requests that were counted. */
export function perThing(counts: Used): readonly Row[] {
  const named: readonly (readonly [ScenarioName & keyof Used, string])[] = [
    ['three-steps', 'a process of three steps whose message comes alone'],
    ['signal', 'a signal to a parked process, until it has ended'],
    ['recovery', 'a recovery from a dead worker'],
  ]
  return named.map(([name, says]) => {
    const { writeUnits, readUnits, sqsRequests } = counts[name]
    const cost = writeUnits * PRICES.writeUnit + readUnits * PRICES.readUnit + sqsRequests * PRICES.sqsRequest
    return [says, writeUnits, readUnits, sqsRequests, dollars(cost * MILLION)]
  })
}

/** What is paid each month of 30 days though no process runs. */
export function perMonth(counts: Used): readonly Row[] {
  const idle = counts['sweep-idle']
  const note = counts['sweep-note'].writeUnits * PRICES.writeUnit
  const passes = MONTH_MS / SWEEP_EVERY_MS
  const gb = SWEEP_MEMORY_MB / 1_024
  const sweep =
    passes *
    (idle.readUnits * PRICES.readUnit +
      idle.sqsRequests * PRICES.sqsRequest +
      note +
      PRICES.lambdaRequest +
      IDLE_PASS_S * gb * PRICES.lambdaGbSecond)
  const read = idle.readUnits * PRICES.readUnit + idle.sqsRequests * PRICES.sqsRequest + note
  /** With this many passes more in each minute the invocation lasts until the last of them. */
  const looped = (more: number, everyS: number) =>
    (MONTH_MS / 60_000) * more * (read + everyS * gb * PRICES.lambdaGbSecond)
  return [
    ['the sweep, a pass a minute', dollars(sweep)],
    ['polling of three empty queues', dollars(3 * PRICES.idlePoller)],
    [`${ALARMS.alarms} alarms over ${ALARMS.metrics} metrics`, dollars(ALARMS.metrics * PRICES.alarmMetric)],
    [`${IDLE_METRICS} custom metrics of the sweep`, dollars(IDLE_METRICS * PRICES.customMetric)],
    ['the dashboard', dollars(PRICES.dashboard)],
    ['traces of the sweep, each pass', dollars(passes * PRICES.trace)],
    ['`sweepEveryMs: 30000` on top: an invocation lasts half of each minute', dollars(looped(1, 30))],
    ['`sweepEveryMs: 15000` on top: three quarters', dollars(looped(3, 15))],
  ]
}

/** The page with its tables, by the marks that stand before and after each. */
export function withTables(page: string, counts: Used): string {
  const tables = {
    'per-million': table(['a million processes of three small steps', 'dollars'], perMillion(counts)),
    'per-thing': table(
      ['a million times', 'write units each', 'read units each', 'SQS requests each', 'dollars'],
      perThing(counts),
    ),
    'per-month': table(['a month', 'dollars'], perMonth(counts)),
  }
  return Object.entries(tables).reduce((text, [name, lines]) => {
    const [begin, end] = [`<!-- computed: ${name} -->\n`, '<!-- end -->']
    const at = text.indexOf(begin)
    const until = text.indexOf(end, at)
    if (at < 0 || until < 0) throw new Error(`docs/cost.md has no place for the table ${name}`)
    return `${text.slice(0, at)}${begin}\n${lines.join('\n')}\n\n${text.slice(until)}`
  }, page)
}

export function writePage(counts: Used): void {
  writeFileSync(PAGE, withTables(readPage(), counts))
}

export function readPage(): string {
  return readFileSync(PAGE, 'utf8')
}

function table(heads: Row, rows: readonly Row[]): string[] {
  const line = (cells: Row) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)]
}

function dollars(amount: number): string {
  return amount.toFixed(2)
}

function round(amount: number): number {
  return Math.round(amount * 100) / 100
}
