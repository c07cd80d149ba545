import { Random } from '../world/random.ts'
import type { Ask, ChildPlan, Line, Plan, Program, RootPlan } from './program.ts'
import { DELETED_MS, expires, TOMBSTONE_MS } from './retention.ts'

// What arrives for a process that does not wait for it, and for one that others had the id of. Each draws for itself.

const NOISE_SHARE = 0.07
/** A row shows the first eight of its waits. Two more have to come while all are awaited. */
const SHOWN = 8
const MANY = 10
/** With these the tail of a log is longer than it is left to be, whatever else it holds. */
const NOISE = { count: 20, bytes: 400 }
/** Many come at the same moment, so that several senders meet a long tail. */
const NOISE_AT_MS = [4_000, 4_000, 9_000, 20_000]
const AWAITED_AT_MS = [6_000, 25_000, 40_000]
const UNSHOWN_AT_MS = [2_000, 6_000]

/** Plans with noise in them, and with processes whose ids are used again while their children stand, by chance. */
export function withArrivals(plan: Plan, seed: number): Plan {
  return withHeir(withNoise(plan, new Random(seed, 'noise')), seed)
}

/** One process waits for one signal, or for more than its row shows. Signals of a name that it never asks for come first. */
function withNoise(plan: Plan, random: Random): Plan {
  if (!random.chance(NOISE_SHARE)) return plan
  const process = 'n0'
  const names = Array.from({ length: random.chance(0.5) ? MANY : 1 }, (_, nth) => `w${nth}`)
  const waits = names.map((name): Line => ({ do: 'signal', name }))
  const all: Line = { do: 'together', branches: waits.map((wait) => [wait]) }
  const program: Program = names.length === 1 ? waits : [all]
  const root: RootPlan = { id: process, program, frail: false, throws: false }
  const start: Ask = { do: 'start', process, atMs: 0, byMessage: random.chance(0.4) }
  const noise = Array.from({ length: NOISE.count }, (_, nth): Ask => {
    const atMs = random.pick(NOISE_AT_MS) + random.between(0, 30)
    return { do: 'signal', process, name: 'noise', key: `noise${nth}`, bytes: NOISE.bytes, atMs }
  })
  const awaited = names.map((name, nth): Ask => {
    const atMs = random.pick(nth < SHOWN ? AWAITED_AT_MS : UNSHOWN_AT_MS) + random.between(0, 400)
    return { do: 'signal', process, name, key: name, bytes: 5, atMs }
  })
  return { ...plan, roots: [...plan.roots, root], asks: [...plan.asks, start, ...noise, ...awaited] }
}

const CHILD: ChildPlan = {
  program: [{ do: 'step', fails: 0, tries: 1, delayMs: 0, bytes: 400 }],
  frail: false,
  throws: false,
  named: true,
}

/** Its id is free again, and it is started anew, while its child of the first time is kept. */
function withHeir(plan: Plan, seed: number): Plan {
  const random = new Random(seed, 'heir')
  if (!expires(seed) || !random.chance(0.6)) return plan
  const process = 'h0'
  const retentionMs = 1_000
  const program: Program = [{ do: 'child', child: CHILD }]
  const root: RootPlan = { id: process, program, frail: false, throws: false, options: { retentionMs } }
  const start: Ask = { do: 'start', process, atMs: random.between(0, 3_000), byMessage: false }
  const again: Ask = {
    ...start,
    atMs: retentionMs + TOMBSTONE_MS + DELETED_MS,
    byMessage: random.chance(0.4),
  }
  return { ...plan, roots: [...plan.roots, root], asks: [...plan.asks, start, again] }
}
