import { parseArgs } from 'node:util'
import { recordProcess, startRaw } from './raw.ts'
import { driveStack, expectAllDone, idsOf, startBenchStack } from './through-stack.ts'

// `npm run bench:throughput`: processes a second through the embedded stack, and the share of what its emulators give
// to clients that send the same requests and do nothing else, in the same run. Both sides are warmed up first.
// `--processes N` (1,000), `--json`. Fails where a process is lost, or a step that was recorded ran twice.

const DEFAULT_PROCESSES = '1000'
/** Enough that Java has compiled what it runs, and both workers are up. */
const WARM_UP = 200
/** Both sides take turns: whatever else the machine does then, it does to both. */
const ROUNDS = 5

type Figures = {
  readonly processesPerSec: number
  readonly emulatorWritesPerSec: number
  readonly shareOfLimit: number
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      processes: { type: 'string', default: DEFAULT_PROCESSES },
    },
  })
  const processes = Number(values.processes)
  if (!Number.isInteger(processes) || processes < 1)
    throw new RangeError(`--processes: expected a count, got ${values.processes}`)
  const bench = await startBenchStack({ name: 'bench-throughput' })
  try {
    const recording = await recordProcess(bench.stack)
    const raw = await startRaw(bench.stack, recording)
    try {
      await raw.drive(idsOf('warmup', WARM_UP))
      await driveStack(bench, idsOf('warmup', WARM_UP))
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
        emulatorWritesPerSec: rounded((writes / theirsMs) * 1_000),
        shareOfLimit: rounded(theirsMs / oursMs, 3),
      }
      console.log(
        values.json ? JSON.stringify(figures) : told(figures, { processes, oursMs, theirsMs, writes }),
      )
      return 0
    } finally {
      await raw.stop()
    }
  } finally {
    await bench.stop()
  }
}

function told(
  figures: Figures,
  run: { processes: number; oursMs: number; theirsMs: number; writes: number },
): string {
  return [
    `${run.processes} processes of three steps, each from its start message, by two workers on this machine:`,
    `  Leasehold        ${figures.processesPerSec} processes/s (${rounded(run.oursMs / 1_000, 2)} s)`,
    `  emulators alone  ${rounded((run.processes / run.theirsMs) * 1_000)} processes/s (${rounded(run.theirsMs / 1_000, 2)} s, ${figures.emulatorWritesPerSec} writes/s)`,
    `  share of the emulators' limit: ${rounded(figures.shareOfLimit * 100)} %`,
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
