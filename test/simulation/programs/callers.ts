import type { Status } from '../../../lib/model/record.ts'
import { Random } from '../world/random.ts'
import type { Ask, Plan, Program, RootPlan } from './program.ts'

// What some callers do besides. Each draws for itself: a world without any of it is the same as ever.

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** No caller asks later: a world does not skip the time in which a caller still waits to ask. */
const AT_MS = [0, 400, 3 * SECOND, 20 * SECOND, 100 * SECOND, 10 * MINUTE]
/** Most come while a process runs for the first time, or parks. */
const GIVEN_UP_AT_MS = [0, 0, SECOND, 4 * SECOND, 8 * SECOND, 14 * SECOND, 100 * SECOND]
/** The last ones are so late that every index must show what began before. */
const LISTS_AT_MS = [SECOND, 5 * SECOND, 30 * SECOND, 5 * MINUTE, 9 * MINUTE, 10 * MINUTE]
const STATUSES: readonly Status[] = ['completed', 'waiting', 'cancelled']

/** Plans with external processes, requests to abandon and lists in them, by chance. */
export function withCallers(plan: Plan, seed: number): Plan {
  const random = (what: string): Random => new Random(seed, what)
  return withLists(withAbandons(withExternals(plan, random('external')), random('abandons')), random('lists'))
}

/** Some are sent once more as they should have been: under an id that a refused start has left free. */
export function withMisstarts(plan: Plan, seed: number): Plan {
  const random = new Random(seed, 'misstarts')
  if (!random.chance(0.15)) return plan
  const ids = Array.from({ length: random.between(1, 3) }, (_, n) => `w${n}`)
  const asks = ids.flatMap((process): Ask[] => {
    const why = random.pick(['kind', 'input'] as const)
    const later = random.chance(0.7) ? { startAtMs: random.pick([0, 20 * SECOND, 40 * MINUTE]) } : {}
    const first = { do: 'misstart', process, atMs: timeOf(random), why, ...later } as const
    return random.chance(0.3) ? [first, { ...first, atMs: timeOf(random) }] : [first]
  })
  const roots = ids
    .filter(() => random.chance(0.4))
    .map((id): RootPlan => ({ id, program: [], frail: false, throws: false }))
  const corrected = roots.map(({ id }): Ask => {
    const last = Math.max(...asks.filter(({ process }) => process === id).map(({ atMs }) => atMs))
    return {
      do: 'start',
      process: id,
      atMs: last + random.pick([0, SECOND, MINUTE]),
      byMessage: random.chance(0.5),
    }
  })
  return { ...plan, roots: [...plan.roots, ...roots], asks: [...plan.asks, ...asks, ...corrected] }
}

function withExternals(plan: Plan, random: Random): Plan {
  if (!random.chance(0.1)) return plan
  const ids = Array.from({ length: random.between(1, 3) }, (_, n) => `x${n}`)
  const roots = ids.map((id): RootPlan => {
    const timeout = random.chance(0.4)
      ? { timeoutMs: random.pick([3 * SECOND, 20 * SECOND, 90 * MINUTE]) }
      : {}
    const scope = random.chance(0.3) ? { scope: 'north' } : {}
    const root = { id, program: [], frail: false, throws: false, external: true } as const
    return { ...root, options: { ...timeout, ...scope } }
  })
  const asks = ids.flatMap((process): Ask[] => {
    const atMs = random.pick([0, 50, 2_000])
    const start: Ask = { do: 'start', process, atMs, byMessage: random.chance(0.5) }
    const again = random.chance(0.3) ? [{ ...start, atMs: atMs + 3_000, byMessage: random.chance(0.5) }] : []
    const cancel: Ask[] = random.chance(0.25) ? [{ do: 'cancel', process, atMs: timeOf(random) }] : []
    return [start, ...again, ...cancel, ...completions(random, process)]
  })
  return { roots: [...plan.roots, ...roots], asks: [...plan.asks, ...asks] }
}

/** None, one, the same twice, or two that differ; and one by a caller that guesses. */
function completions(random: Random, process: string): Ask[] {
  const ask = (says: 'x' | 'y', forged: boolean): Ask => ({
    do: 'complete',
    process,
    atMs: timeOf(random),
    says,
    bytes: random.pick([5, 5, 1_500]),
    fails: random.chance(0.25),
    forged,
  })
  const first = random.chance(0.85) ? [ask('x', false)] : []
  const again = first.flatMap((each) => (random.chance(0.3) ? [{ ...each, atMs: timeOf(random) }] : []))
  const other = random.chance(0.3) ? [ask('y', false)] : []
  return [...first, ...again, ...other, ...(random.chance(0.3) ? [ask('x', true)] : [])]
}

function withAbandons(plan: Plan, random: Random): Plan {
  if (!random.chance(0.12)) return plan
  const asks = plan.roots.flatMap(({ id: process }): Ask[] =>
    random.chance(0.6)
      ? [{ do: 'abandon', process, atMs: random.pick(GIVEN_UP_AT_MS) + random.between(0, 2_000) }]
      : [],
  )
  const more = { ...plan, asks: [...plan.asks, ...asks] }
  return random.chance(0.6) ? givenUpInItsBody(more, random) : more
}

/** One is given up while a body of it is at work, and would then wait for long. */
function givenUpInItsBody({ roots, asks }: Plan, random: Random): Plan {
  const [process, takesMs] = ['a0', random.pick([5, 9, 13]) * SECOND]
  const program: Program = [
    { do: 'step', fails: 0, tries: 1, delayMs: 0, bytes: 5, takesMs },
    random.chance(0.5)
      ? { do: 'sleep', ms: 90 * MINUTE }
      : { do: 'signal', name: 'a', timeoutMs: 90 * MINUTE },
  ]
  const root = { id: process, program, frail: false, throws: false }
  const start: Ask = { do: 'start', process, atMs: 0, byMessage: random.chance(0.4) }
  const abandon: Ask = { do: 'abandon', process, atMs: random.between(500, takesMs) }
  return { roots: [...roots, root], asks: [...asks, start, abandon] }
}

function withLists(plan: Plan, random: Random): Plan {
  if (!random.chance(0.15)) return plan
  const scopes = plan.roots.flatMap(({ options }) => (options?.scope === undefined ? [] : [options.scope]))
  const groups = [{ kind: 'steady' }, { kind: 'steady' }, ...scopes.map((scope) => ({ scope }))]
  const asks = Array.from({ length: random.between(1, 4) }, (): Ask => {
    const status = random.chance(0.3) ? { status: random.pick(STATUSES) } : {}
    const atMs = random.pick(LISTS_AT_MS)
    return {
      do: 'list',
      process: '',
      atMs,
      by: random.pick(groups),
      limit: random.pick([1, 1, 2, 100]),
      ...status,
    }
  })
  return { ...plan, asks: [...plan.asks, ...asks] }
}

function timeOf(random: Random): number {
  return random.pick(AT_MS) + random.between(0, 400)
}
