import { join } from 'node:path'
import pMap from 'p-map'
import type { Violation } from '../history.ts'
import { runNode } from '../runner/child.ts'

/** What came of one hunt: how many seeds it took, and what the last of them broke. */
export type Hunted = {
  readonly name: string
  readonly from: number
  readonly seeds: number
  readonly seed?: number
  readonly invariant?: string
  readonly says?: string
}
export type Prey = { readonly name: string; readonly from: number }
type Range = readonly [from: number, to: number]
type Report = { readonly seeds: number; readonly failed: readonly (Violation & { readonly seed: number })[] }

const HUNT = join(import.meta.dirname, 'hunt.ts')

/** Plants a bug in a process of its own, and runs so many seeds there until one of them breaks. */
export async function hunt({ name, from }: Prey, seedsMax: number): Promise<Hunted> {
  const { seeds, failed } = await run([[from, from + seedsMax - 1]], name)
  const [first] = failed
  if (first === undefined) return { name, from, seeds }
  const { seed, invariant, says } = first
  return { name, from, seeds, seed, invariant, says }
}

/** Hunts for each, so many at a time. */
export function hunts(prey: readonly Prey[], seedsMax: number, atOnce: number): Promise<Hunted[]> {
  return pMap(prey, (each) => hunt(each, seedsMax), { concurrency: atOnce })
}

/** The seeds of these that break with no bug planted. Such a seed proves nothing of a bug. */
export async function brokenWithout(ranges: readonly Range[]): Promise<readonly number[]> {
  if (ranges.length === 0) return []
  const { failed } = await run(ranges, '')
  return failed.map(({ seed }) => seed)
}

/** The same seeds, each of them once. */
export function union(ranges: readonly Range[]): readonly Range[] {
  const joined: [number, number][] = []
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

async function run(ranges: readonly Range[], bug: string): Promise<Report> {
  const SEEDS = ranges.map(([from, to]) => `${from}-${to}`).join()
  const { out } = await runNode([HUNT], { PLANTED_BUG: bug, SEEDS })
  if (!out.startsWith('{')) throw new Error(`the hunt for "${bug}" did not report: ${out}`)
  return JSON.parse(out) as Report
}
