import { Random } from '../world/random.ts'
import { placesOf, type Ask, type Plan, type RootOptions, type RootPlan } from './program.ts'

// What starts say besides their programs. Each draws for itself: a world without an option is the same as ever.

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Past; soon; as far as a wake-up is delayed; a matter of the sweep alone. */
const START_AFTER_MS = [-5 * SECOND, 3 * SECOND, 20 * SECOND, 5 * MINUTE, 20 * MINUTE, 3 * 60 * MINUTE]
/** In the middle of what most programs do; while they sleep. */
const TIMEOUTS_MS = [300, 2 * SECOND, 10 * SECOND, MINUTE, 90 * MINUTE]
const SCOPES = ['north', 'south'] as const

/** Plans whose starts have options, by chance. */
export function withOptions(plan: Plan, seed: number): Plan {
  const random = (what: string): Random => new Random(seed, what)
  const started = withEach(plan, random('start at'), 0.12, startAt)
  const scoped = withEach(started, random('scopes'), 0.2, inScope)
  const ranked = withEach(scoped, random('urgent'), 0.15, () => ({ urgent: true }))
  const timed = withEach(ranked, random('timeouts'), isGuarded(plan) ? 0.5 : 0.1, outOfTime)
  return withCancels(timed, random('cancels of the guarded'))
}

/** In so many worlds most roots are given an option. */
function withEach(
  plan: Plan,
  random: Random,
  share: number,
  option: (random: Random, plan: Plan, root: RootPlan) => RootOptions,
): Plan {
  if (!random.chance(share)) return plan
  const roots = plan.roots.map((root) =>
    random.chance(0.7) ? { ...root, options: { ...root.options, ...option(random, plan, root) } } : root,
  )
  return { ...plan, roots }
}

function startAt(random: Random, { asks }: Plan, { id }: RootPlan): RootOptions {
  const first = Math.min(
    ...asks.flatMap((ask) => (ask.do === 'start' && ask.process === id ? [ask.atMs] : [])),
  )
  return { startAtMs: Math.max(0, (Number.isFinite(first) ? first : 0) + random.pick(START_AFTER_MS)) }
}

function inScope(random: Random): RootOptions {
  return { scope: random.pick(SCOPES) }
}

function outOfTime(random: Random): RootOptions {
  return { timeoutMs: random.pick(TIMEOUTS_MS) + random.between(0, 1_000) }
}

function isGuarded({ roots }: Plan): boolean {
  return roots.some(({ program }) => placesOf(program, '').some(([, line]) => line.do === 'guarded'))
}

/** A clean-up shows what it is worth only if its process is to end. */
function withCancels(plan: Plan, random: Random): Plan {
  const asks = plan.roots.flatMap(({ id, program }): Ask[] => {
    const guarded = placesOf(program, '').some(([, line]) => line.do === 'guarded')
    if (!guarded || !random.chance(0.5)) return []
    const atMs = random.pick([400, 2 * SECOND, 5 * SECOND, 20 * SECOND, 100 * SECOND])
    return [{ do: 'cancel', process: id, atMs: atMs + random.between(0, 1_000) }]
  })
  return { ...plan, asks: [...plan.asks, ...asks] }
}
