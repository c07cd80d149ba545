import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { ENTRIES, esbuildOptions } from '../lib/bundle/options.ts'
import { coldLoads, type ColdLoad } from './cold.ts'

// `npm run size`: what a cold start has to load. Bundles each handler as the CDK app does, counts bytes, and loads it in new
// processes to count their CPU time, with and without code that was compiled before. `--json` for machines; `--inputs` names the
// packages that weigh most; `--rounds N` (5) loads of each kind.

type Handler = keyof typeof ENTRIES
export type Size = {
  readonly handler: Handler
  readonly bytes: number
  readonly budgetBytes: number
  readonly sourceMapBytes: number
  /** Bytes of the bundle by package; our own code counts as `leasehold`. */
  readonly inputs: Readonly<Record<string, number>>
}

/** The most that a handler may weigh, minified (1 KB = 1,000 bytes). Each 100 KB adds some 10 ms to a cold start. */
export const BUDGET_BYTES = {
  worker: 475_000,
  sweep: 380_000,
  api: 465_000,
  statusEvents: 315_000,
} as const satisfies Record<Handler, number>

/** Bundles one handler in memory. */
export async function measure(handler: Handler): Promise<Size> {
  const { outputFiles, metafile } = await build(esbuildOptions(ENTRIES[handler]))
  const bytesOf = (ending: string) =>
    outputFiles.find((file) => file.path.endsWith(ending))?.contents.byteLength ?? 0
  const inputs: Record<string, number> = {}
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = packageOf(path)
      inputs[name] = (inputs[name] ?? 0) + bytesInOutput
    }
  }
  return {
    handler,
    bytes: bytesOf('.mjs'),
    budgetBytes: BUDGET_BYTES[handler],
    sourceMapBytes: bytesOf('.map'),
    inputs,
  }
}

function packageOf(path: string): string {
  return /.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[1] ?? 'leasehold'
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      inputs: { type: 'boolean' },
      rounds: { type: 'string', default: '5' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds: expected a count, got ${values.rounds}`)
  const handlers = ['worker', 'sweep', 'api', 'statusEvents'] as const
  const sizes: Size[] = []
  for (const handler of handlers) sizes.push(await measure(handler))
  const cold = await coldLoads(handlers, rounds)
  const measured = sizes.map((size) => ({ ...size, cold: cold.get(size.handler) }))
  if (values.json === true) console.log(JSON.stringify(measured, undefined, 2))
  else for (const size of measured) print(size, values.inputs === true)
  if (sizes.some((size) => size.bytes > size.budgetBytes)) process.exitCode = 1
}

function print(size: Size & { readonly cold: ColdLoad | undefined }, withInputs: boolean): void {
  const { handler, bytes, budgetBytes, sourceMapBytes, inputs, cold } = size
  const verdict = bytes <= budgetBytes ? 'within' : 'OVER'
  console.log(
    `${handler.padEnd(12)} ${inKb(bytes)} minified, ${verdict} the budget of ${inKb(budgetBytes)}; source map apart ${inKb(sourceMapBytes)}`,
  )
  if (cold !== undefined)
    console.log(
      `             ${cold.cpuMs} ms of CPU for a cold load, ${cold.compiledCpuMs} ms with compiled code kept`,
    )
  if (!withInputs) return
  for (const [name, weight] of Object.entries(inputs)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 15))
    console.log(`        ${inKb(weight)}  ${name}`)
}

function inKb(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1).padStart(7)} KB`
}

if (import.meta.main) await main()
