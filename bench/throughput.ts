import { parseArgs } from 'node:util'
import { startSqs } from '../lib/local/sqs.ts'
import { startStore, STORES } from '../lib/local/store.ts'
import { recordProcess, startRaw } from './raw.ts'
import { driveStack, expectAllDone, idsOf, startBenchStack } from './through-stack.ts'

// `npm run bench:throughput`: processes a second through the local stack, and the share of what its store gives to clients
// that send the same requests over bare HTTP and do nothing else, in the same run. Each side has a store of its own, and both are
// warmed up first. `--processes N` (1,000), `--warm-up N` (2,000), `--store dynamodb-local`, `--json`. Fails if a process is lost, or
// a step that was recorded ran twice.

const DEFAULT_PROCESSES = '1000'
/** Enough that Java has compiled what it runs, and both workers are up. */
const DEFAULT_WARM_UP = '2000'
/** Both sides take turns: whatever else the machine does then, it does to both. */
const ROUNDS = 5

type Figures = {
  readonly processesPerSec: number
  readonly storeWritesPerSec: number
  readonly shareOfLimit: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      processes: { type: 'string', default: DEFAULT_PROCESSES },
      'warm-up': { type: 'string', default: DEFAULT_WARM_UP },
      store: { type: 'string', default: 'embedded' },
    },
  })
  const [processes, warmUp] = [countOf('processes', values.processes), countOf('warm-up', values['warm-up'])]
  const name = STORES.find((each) => each === values.store)
  if (name === undefined)
    throw new RangeError(`--store: expected ${STORES.join(' or ')}, got ${values.store}`)
  const [store, alone, sqs] = await Promise.all([
    startStore(name),
    startStore(name),
    startSqs({ region: 'us-east-1' }),
  ])
  try {
    const recording = await recordProcess({ dynamoEndpoint: alone.endpoint, sqsEndpoint: sqs.endpoint })
    const bench = await startBenchStack({ name: 'bench-throughput', dynamoEndpoint: store.endpoint })
    const raw = await startRaw(alone.endpoint, recording)
    try {
      await raw.drive(idsOf('warmup', warmUp))
      await driveStack(bench, idsOf('warmup', warmUp))
      const ids = idsOf('record', processes)
      let [oursMs, theirsMs] = [0, 0]
      for (const some of parts(ids, ROUNDS)) {
        oursMs += await driveStack(bench, some)
        theirsMs += await raw.drive(some)
      }
      await expectAllDone(bench, ids)
      const writes = processes * recording.requests.length
      const figures: Figures = {
        processesPerSec: rounded((processes / oursMs) * 1_000),
        storeWritesPerSec: rounded((writes / theirsMs) * 1_000),
        shareOfLimit: rounded(theirsMs / oursMs, 3),
      }
      console.log(
        values.json ? JSON.stringify(figures) : told(figures, { processes, oursMs, theirsMs, writes }),
      )
      return 0
    } finally {
      await Promise.all([raw.stop(), bench.stop()])
    }
  } finally {
    await Promise.all([store.stop(), alone.stop(), sqs.stop()])
  }
}

function countOf(option: string, value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--${option}: expected a count, got ${value}`)
  return count
}

function told(
  figures: Figures,
  run: { processes: number; oursMs: number; theirsMs: number; writes: number },
): string {
  return [
    `${run.processes} processes of three steps, each from its start message, by two workers on this machine:`,
    `  Leasehold     ${figures.processesPerSec} processes/s (${rounded(run.oursMs / 1_000, 2)} s)`,
    `  store alone   ${rounded((run.processes / run.theirsMs) * 1_000)} processes/s (${rounded(run.theirsMs / 1_000, 2)} s, ${figures.storeWritesPerSec} writes/s)`,
    `  share of the store's limit: ${rounded(figures.shareOfLimit * 100)} %`,
    `All ${run.processes} completed, none was lost, and each step ran once. ${run.writes} DynamoDB writes on either side.`,
  ].join('\n')
}

function parts<T>(all: readonly T[], count: number): T[][] {
  const size = Math.ceil(all.length / count)
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )
}

function rounded(value: number, digits = 1): number {
  return Number(value.toFixed(digits))
}

process.exitCode = await main()
