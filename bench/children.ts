import { parseArgs } from 'node:util'
import * as v from 'valibot'
import { defineProcess } from '../lib/effects/definition.ts'
import { TestKit } from '../lib/testing/kit.ts'

// `npm run bench:children`: how the CPU time of one parent grows with the number of its children, in one process on the
// registry in memory. A parent starts them all and awaits them at once, or in turn with the first of them last. Each
// figure is a ratio: how many times as much as for the fewest children, over how many times as much n log n is. So 1 is
// n log n, and a figure that doubles with the number is a square. `--json` prints the figures alone.

const COUNTS = [250, 500, 1_000, 2_000, 4_000] as const
const ROUNDS = 3

export type Growth = {
  readonly children: number
  readonly cpuMs: number
  /** Over n log n. */
  readonly ratio: number
}
type Way = 'at once' | 'in turn'

const double = defineProcess({
  kind: 'double',
  input: v.number(),
  output: v.number(),
  run: (_, n) => Promise.resolve(n * 2),
})
const slow = defineProcess({
  kind: 'slow',
  input: v.null(),
  output: v.number(),
  run: (context) => context.signal('go', { schema: v.number() }),
})
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

const atOnce = defineProcess({
  kind: 'at-once',
  input: v.number(),
  output: v.number(),
  async run(context, count) {
    const doubled = await context.map(upTo(count), (n) => context.run(double, n))
    return doubled.reduce((sum, each) => sum + each, 0)
  },
})
const inTurn = defineProcess({
  kind: 'in-turn',
  input: v.number(),
  output: v.number(),
  async run(context, count) {
    const first = await context.start(slow, null, { id: 'slow' })
    const others = await context.map(upTo(count), (n) => context.start(double, n))
    let sum = await context.result(first)
    for (const child of others) sum += await context.result(child)
    return sum
  },
})

/** The CPU time of one parent with so many children, from its start to its end. */
async function cpuMsOf(way: Way, count: number): Promise<number> {
  const kit = new TestKit({ definitions: [atOnce, inTurn, double, slow] })
  const before = process.cpuUsage()
  await kit.start(way === 'at once' ? atOnce : inTurn, count, { id: 'p' })
  if (way === 'in turn') await kit.signal('slow', 'go', 0)
  const output = await kit.result('p')
  const { user, system } = process.cpuUsage(before)
  if (output.outcome !== 'success' || output.value !== count * (count - 1))
    throw new Error(`unexpected output ${JSON.stringify(output)}`)
  return (user + system) / 1_000
}

/** The least of some rounds: what else the machine does only adds to it. */
export async function growthOf(
  way: Way,
  counts: readonly number[] = COUNTS,
  rounds = ROUNDS,
): Promise<readonly Growth[]> {
  // The code is compiled before the first figure.
  await cpuMsOf(way, 500)
  const figures: { children: number; cpuMs: number }[] = []
  for (const children of counts) {
    let cpuMs = Number.POSITIVE_INFINITY
    for (let round = 0; round < rounds; round += 1) cpuMs = Math.min(cpuMs, await cpuMsOf(way, children))
    figures.push({ children, cpuMs })
  }
  const [fewest] = figures
  if (fewest === undefined) return []
  const work = (n: number): number => n * Math.log(n)
  return figures.map(({ children, cpuMs }) => {
    const ratio = cpuMs / fewest.cpuMs / (work(children) / work(fewest.children))
    return { children, cpuMs: Math.round(cpuMs), ratio: Number(ratio.toFixed(2)) }
  })
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const ways: Way[] = ['at once', 'in turn']
  const figures: Partial<Record<Way, readonly Growth[]>> = {}
  for (const way of ways) figures[way] = await growthOf(way)
  if (values.json) return console.log(JSON.stringify(figures))
  for (const way of ways) {
    console.log(`children awaited ${way}`)
    for (const { children, cpuMs, ratio } of figures[way] ?? [])
      console.log(
        `${String(children).padStart(7)}  ${String(cpuMs).padStart(6)} ms of CPU  ${ratio} of n log n`,
      )
  }
}

if (import.meta.main) await main()
