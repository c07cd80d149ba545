import { Random } from '../world/random.ts'
import type { Ask, Line, Plan, RootPlan } from './program.ts'

// A process that is kept for a short time, and is asked for again: while it is kept, while its id is known as used, and
// once its id is free. In such a world items expire, so it lasts for weeks of its own time.

const SHARE = 0.12
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const KEPT_MS = [1_000, MINUTE_MS, HOUR_MS, 2 * DAY_MS] as const
/** How long an id is known as used, after its process is no longer kept. */
export const TOMBSTONE_MS = 15 * DAY_MS
/** The deletion of an item may take so long. */
export const DELETED_MS = 3 * DAY_MS

/** Do items of this world expire? */
export function expires(seed: number): boolean {
  return new Random(seed, 'expiry').chance(SHARE)
}

export function withRetention(plan: Plan, seed: number): Plan {
  if (!expires(seed)) return plan
  const random = new Random(seed, 'retention')
  const retentionMs = random.pick(KEPT_MS)
  const program = Array.from({ length: random.between(1, 5) }, () => lineOf(random))
  const root: RootPlan = {
    id: 'r0',
    program,
    frail: false,
    throws: random.chance(0.1),
    options: { retentionMs },
  }
  const first: Ask = {
    do: 'start',
    process: 'r0',
    atMs: random.between(0, 3_000),
    byMessage: random.chance(0.4),
  }
  const again = Array.from({ length: random.between(1, 4) }, () => laterAsk(random, retentionMs))
  return { roots: [...plan.roots, root], asks: [...plan.asks, first, ...again] }
}

/** None of these needs another process, or anything that is said from outside. */
function lineOf(random: Random): Line {
  const bytes = random.pick([5, 400, 1_500, 6_000])
  switch (random.pick(['step', 'once', 'emit', 'sleep'] as const)) {
    case 'step':
      return { do: 'step', fails: random.pick([0, 0, 1]), tries: 2, delayMs: 200, bytes }
    case 'once':
      return { do: 'once', bytes }
    case 'emit':
      return { do: 'emit', bytes }
    case 'sleep':
      return { do: 'sleep', ms: random.pick([20, 3_000, MINUTE_MS]) }
  }
}

function laterAsk(random: Random, retentionMs: number): Ask {
  const atMs = random.pick([
    10_000,
    retentionMs,
    retentionMs + 30 * MINUTE_MS,
    retentionMs + DAY_MS + HOUR_MS,
    retentionMs + TOMBSTONE_MS - HOUR_MS,
    retentionMs + TOMBSTONE_MS + HOUR_MS,
    retentionMs + TOMBSTONE_MS + DELETED_MS,
  ])
  const at = { process: 'r0', atMs: atMs + random.between(0, 5 * MINUTE_MS) }
  return { do: 'start', ...at, byMessage: random.chance(0.4) }
}
