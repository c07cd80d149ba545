import { Random } from '../world/random.ts'
import type { Plan, RootOptions, RootPlan } from './program.ts'

// What starts say besides their programs. Each draws for itself: a world without an option is the same as ever.

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Past; soon; as far as a doorbell is delayed; a matter of the sweep alone. */
const START_AFTER_MS = [-5 * SECOND, 3 * SECOND, 20 * SECOND, 5 * MINUTE, 20 * MINUTE, 3 * 60 * MINUTE]
const SCOPES = ['north', 'south'] as const

/** Plans whose starts have options, by chance. */
export function withOptions(plan: Plan, seed: number): Plan {
  const [start, scope, urgent] = ['start at', 'scopes', 'urgent'].map((what) => new Random(seed, what))
  return withEach(withEach(withEach(plan, start, 0.12, startAt), scope, 0.2, inScope), urgent, 0.15, () => ({
    urgent: true,
  }))
}

/** In so many worlds most roots are given an option. */
function withEach(
  plan: Plan,
  random: Random | undefined,
  share: number,
  option: (random: Random, plan: Plan, root: RootPlan) => RootOptions,
): Plan {
  if (random?.chance(share) !== true) return plan
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
