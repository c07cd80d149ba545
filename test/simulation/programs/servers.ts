import { Random } from '../world/random.ts'
import type { Ask, Line, Plan, RootPlan } from './program.ts'

// An owner without a hard end is never proven dead: what may not be run again and its server left is open until an operator
// gives it up, who comes late. So servers run it in few worlds, and there is much of it there.

const FRAIL = 4
/** As long as a pass may last until it is asked to stop. */
const BODY_MS = [500, 3_000, 8_000]

const CANCELLED_WITHIN_MS = 15_000

export function isForServers(seed: number): boolean {
  return new Random(seed, 'servers').chance(0.08)
}

/** Adds processes whose bodies are at work for some time, and which rest in between. */
export function withFrail(plan: Plan, seed: number): Plan {
  const random = new Random(seed, 'frail')
  const step = (): Line => {
    const fails = random.pick([0, 0, 1])
    return { do: 'step', fails, tries: fails + 1, delayMs: 4_000, bytes: 5, takesMs: random.pick(BODY_MS) }
  }
  const rest = (): Line => ({ do: 'sleep', ms: random.pick([1_500, 1_500, 30_000]) })
  const ids = Array.from({ length: FRAIL }, (_, index) => `f${index}`)
  const roots = ids.map((id): RootPlan => {
    const program = [step(), rest(), { do: 'once', bytes: 5 } as const, step()]
    return { id, program, frail: true, throws: false }
  })
  const asks = ids.flatMap((process, index): Ask[] => {
    const atMs = index * 50 + random.between(0, 10_000)
    const start: Ask = { do: 'start', process, atMs, byMessage: false }
    // Most likely while a body is at work: the owner then reads the request with its next outcome.
    const cancel: Ask = { do: 'cancel', process, atMs: atMs + random.between(0, CANCELLED_WITHIN_MS) }
    return random.chance(0.4) ? [start, cancel] : [start]
  })
  return { roots: [...plan.roots, ...roots], asks: [...plan.asks, ...asks] }
}
