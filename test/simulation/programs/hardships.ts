import { Random } from '../world/random.ts'
import type { Ask, ChildPlan, Line, Plan, Program, RootPlan } from './program.ts'

// What some worlds have besides, so that rare moments come often enough to be met. Each draws for itself: a world that is
// not concerned is the same as ever.

/** Plans with clashes and crowds in them, by chance. */
export function hardened(plan: Plan, seed: number): Plan {
  const crowded = withCrowd(withClash(plan, new Random(seed, 'clash')), new Random(seed, 'crowd'))
  return withLine(crowded, new Random(seed, 'line'))
}

/** A start that is refused when its entries, and the pages that they were rolled into, are on their way already. */
function withClash(plan: Plan, random: Random): Plan {
  if (!random.chance(0.12)) return plan
  const clash: Line = { do: 'clash', bytes: random.pick([400, 1_500, 6_000]), child: CHILD }
  return { ...plan, roots: plan.roots.map((root) => ({ ...root, program: [...root.program, clash] })) }
}
const CHILD: ChildPlan = { program: [], frail: false, throws: false, named: true }

/** Cold start, claim and the way to a place take about so long: a request comes anywhere in it. */
const BEGINNING_MS = 2_000
const CROWD = 5

/** Many who want one place at the same time, most of whom are asked to cancel while they look for it. */
function withCrowd(plan: Plan, random: Random): Plan {
  if (!random.chance(0.05)) return plan
  const slot = { key: 'crowd', limit: 1 }
  const ids = Array.from({ length: CROWD }, (_, index) => `c${index}`)
  const roots = ids.map((id, index): RootPlan => {
    const line: Line = index === 0 ? { do: 'sleep', ms: 60_000 } : { do: 'once', bytes: 5 }
    return { id, program: [line], frail: false, throws: false, slot }
  })
  const asks = ids.flatMap((process, index): Ask[] => {
    const start: Ask = { do: 'start', process, atMs: index * 20, byMessage: random.chance(0.4) }
    const atMs = start.atMs + random.between(0, BEGINNING_MS)
    return random.chance(0.8) ? [start, { do: 'cancel', process, atMs }] : [start]
  })
  return { roots: [...plan.roots, ...roots], asks: [...plan.asks, ...asks] }
}

const LINE = 6

/**
 * Many who want one place, none of whom is asked to cancel. In some worlds each keeps it for an hour: long enough
 * for the others to be given up, were it to count against them that they wait. In the others each gives it back at once, to
 * the next, which may be about to park.
 */
function withLine(plan: Plan, random: Random): Plan {
  if (!random.chance(0.06)) return plan
  const slot = { key: 'line', limit: 1 }
  const lasts = random.chance(0.4)
  const ids = Array.from({ length: LINE }, (_, index) => `l${index}`)
  const roots = ids.map((id): RootPlan => {
    const program: Program = lasts ? [{ do: 'sleep', ms: 3_600_000 }] : []
    return { id, program, frail: false, throws: false, slot }
  })
  const asks = ids.map((process, index): Ask => {
    return { do: 'start', process, atMs: index * random.pick([1, 30, 100]), byMessage: random.chance(0.4) }
  })
  return { roots: [...plan.roots, ...roots], asks: [...plan.asks, ...asks] }
}

/** Makes every body that is at work at all so many times as long: longer than a lease, if need be. */
export function withLongBodies(plan: Plan, times: number): Plan {
  return { ...plan, roots: plan.roots.map((root) => ({ ...root, program: slower(root.program, times) })) }
}

function slower(program: Program, times: number): Program {
  return program.map((line): Line => {
    // No other has a body that takes time, or lines in it.
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check
    switch (line.do) {
      case 'step':
        return line.takesMs === undefined ? line : { ...line, takesMs: line.takesMs * times }
      case 'child':
      case 'start':
        return { ...line, child: { ...line.child, program: slower(line.child.program, times) } }
      case 'together':
        return { ...line, branches: line.branches.map((branch) => slower(branch, times)) }
      case 'guarded':
        return { ...line, program: slower(line.program, times), cleanUp: slower(line.cleanUp, times) }
      default:
        return line
    }
  })
}
