import { Random } from '../world/random.ts'
import { withArrivals } from './arrivals.ts'
import { hardened } from './hardships.ts'
import { idAt, placesOf, type Ask, type ChildPlan, type Line, type Plan, type Program } from './program.ts'
import { withCallers, withMisstarts } from './callers.ts'
import { withLines } from './lines.ts'
import { withOptions } from './options.ts'
import type { RootPlan } from './program.ts'
import { withCallbacks } from './callbacks.ts'
import { withRetention } from './retention.ts'
import { withBadDeploy } from './bad-deploy.ts'
import { withRareLines } from './rare-lines.ts'

const DAY_MS = 86_400_000
/** Effects of one world, more or less: a seed has to cost milliseconds. */
const LINES_MAX = 14
/** Nothing is asked for later: a world does not skip the time in which a caller still waits to ask. */
const LATEST_MS = 10 * 60_000
const SIGNAL_NAMES = ['a', 'b'] as const

/** The programs of a seed, and what is asked of them. */
export function planOf(seed: number): Plan {
  const random = new Random(seed, 'programs')
  const maker = new Maker(random, random.chance(0.15), new Random(seed, 'bodies'))
  const slot = random.chance(0.3) ? { key: 'k', limit: random.pick([1, 1, 2]) } : undefined
  const drawn = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index): RootPlan => {
    const program = maker.program(2, random.between(1, 6))
    const plan = { id: `p${index}`, program, frail: maker.frail(), throws: random.chance(0.05) }
    return slot === undefined || random.chance(0.2) ? plan : { ...plan, slot }
  })
  const roots = withLines(
    withCallbacks(drawn, new Random(seed, 'callbacks'), new Random(seed, 'heartbeats')),
    seed,
  )
  const plan = { roots, asks: roots.flatMap((root, index) => asksOf(random, root, index)) }
  const rare = withBadDeploy(withRareLines(hardened(plan, seed), seed), seed)
  const asked = withArrivals(withRetention(withCallers(withOptions(rare, seed), seed), seed), seed)
  return withMisstarts(asked, seed)
}

class Maker {
  readonly #random: Random
  readonly #frailToo: boolean
  /** Draws of its own, so that who works for how long moves nothing else. */
  readonly #bodies: Random
  readonly #slow: boolean
  #left = LINES_MAX

  constructor(random: Random, frailToo: boolean, bodies: Random) {
    this.#random = random
    this.#frailToo = frailToo
    this.#bodies = bodies
    this.#slow = bodies.chance(0.25)
  }

  frail(): boolean {
    return this.#frailToo && this.#random.chance(0.5)
  }

  /** `depth`: how many more times children and branches may be within each other. */
  program(depth: number, length: number, inChild = false): Program {
    const lines: Line[] = []
    while (lines.length < length && this.#left > 0) {
      this.#left -= 1
      lines.push(this.#line(depth, inChild))
    }
    return lines
  }

  #line(depth: number, inChild: boolean): Line {
    const random = this.#random
    const draw = random.next()
    if (draw < 0.3) return this.#step()
    if (draw < 0.35) return { do: 'once', bytes: random.pick(BYTES) }
    if (draw < 0.48)
      return { do: 'sleep', ms: random.pick([0, 20, 20, 3_000, 60_000, 90 * 60_000, 3 * DAY_MS]) }
    if (draw < 0.6) return this.#signal(inChild)
    if (draw < 0.65) return { do: 'emit', bytes: random.pick(BYTES) }
    if (draw < 0.71) return { do: 'draw', what: random.pick(['now', 'random', 'uuid'] as const) }
    if (draw < 0.76) return { do: 'patched' }
    if (depth === 0) return this.#step()
    if (draw < 0.83) return { do: 'child', child: this.#child(depth) }
    if (draw < 0.88)
      return {
        do: 'start',
        child: this.#child(depth),
        onParentEnd: random.pick(['cancel', 'abandon', 'leave'] as const),
      }
    const branches = Array.from({ length: random.between(1, 4) }, () =>
      this.program(depth - 1, random.between(1, 4), inChild),
    )
    return random.chance(0.3)
      ? { do: 'together', branches, atOnce: random.pick([1, 2]) }
      : { do: 'together', branches }
  }

  #step(): Line {
    const random = this.#random
    const fails = random.pick([0, 0, 0, 0, 1, 2])
    const tries = random.pick([1, 2, 3, 3])
    const delayMs = random.pick([0, 200, 5_000, 20 * 60_000])
    const step: Line = { do: 'step', fails, tries, delayMs, bytes: random.pick(BYTES) }
    return this.#slow && this.#bodies.chance(0.5) ? { ...step, takesMs: this.#bodies.pick(BODY_MS) } : step
  }

  /** A child may come to be too late for a signal, so it never waits for one without end. */
  #signal(inChild: boolean): Line {
    const random = this.#random
    const name = random.pick(SIGNAL_NAMES)
    return inChild || random.chance(0.4)
      ? { do: 'signal', name, timeoutMs: random.pick([0, 700, 60_000, 90 * 60_000]) }
      : { do: 'signal', name }
  }

  #child(depth: number): ChildPlan {
    const random = this.#random
    const program = this.program(depth - 1, random.between(1, 4), true)
    return { program, frail: this.frail(), throws: random.chance(0.1), named: random.chance(0.5) }
  }
}

/** Longer than a renewal takes to come; shorter than the shortest invocation, so that each brings a process on. */
const BODY_MS = [4_000, 11_000, 14_000] as const
/** Tiny; above what rides in the row; above what is put in the row's page with others. */
const BYTES = [5, 5, 5, 400, 1_500, 6_000] as const
const SIGNAL_BYTES = [5, 5, 5, 1_500] as const

function asksOf(random: Random, { id, program }: RootPlan, index: number): Ask[] {
  const startsAt = index * 300 + random.pick([0, 50, 2_000])
  const starts: Ask[] = [{ do: 'start', process: id, atMs: startsAt, byMessage: random.chance(0.4) }]
  // By a caller that did not get the answer, or at a producer's and a person's hands.
  if (random.chance(0.15))
    starts.push({
      do: 'start',
      process: id,
      atMs: startsAt + random.pick([10, 3_000, 100_000]),
      byMessage: random.chance(0.5),
    })
  const cancels: Ask[] = random.chance(0.15) ? [cancelOf(random, id)] : []
  const ofChildren = cancels.length === 0 ? asksOfChildren(random, program, id) : []
  return [...starts, ...cancels, ...signalsTo(random, id, program, id), ...ofChildren]
}

function cancelOf(random: Random, process: string): Ask {
  const atMs = random.pick([0, 400, 3_000, 20_000, 100_000, LATEST_MS])
  return { do: 'cancel', process, atMs: atMs + random.between(0, 300) }
}

/** Enough for every wait that has no end, and else as it comes. */
function signalsTo(random: Random, process: string, program: Program, at: string): Ask[] {
  const waits = placesOf(program, at).flatMap(([, line]) => (line.do === 'signal' ? [line] : []))
  return SIGNAL_NAMES.flatMap((name) => {
    const own = waits.filter((wait) => wait.name === name)
    if (own.length === 0) return []
    const endless = own.some(({ timeoutMs }) => timeoutMs === undefined)
    const sent = endless ? own.length + random.pick([0, 0, 1]) : random.between(0, own.length + 2)
    return Array.from({ length: sent }, (_, nth) => signalOf(random, process, name, nth)).flat()
  })
}

function signalOf(random: Random, process: string, name: string, nth: number): Ask[] {
  const atMs = random.pick([0, 0, 600, 600, 2_500, 2_500, 30_000, 61_000, LATEST_MS]) + random.between(0, 400)
  const bytes = random.pick(SIGNAL_BYTES)
  const signal: Ask = { do: 'signal', process, name, key: `${name}${nth}`, bytes, atMs }
  return random.chance(0.3)
    ? [signal, { ...signal, atMs: atMs + random.pick([0, 5, 4_000, 100_000]) }]
    : [signal]
}

function isLate([, line]: readonly [string, Line]): boolean {
  return (line.do === 'sleep' && line.ms > 60_000) || (line.do === 'until' && line.atMs > 80_000)
}

/** A caller repeats a request for an unknown process for long, so requests go only to processes that soon exist. */
function asksOfChildren(random: Random, program: Program, at: string): Ask[] {
  const late = placesOf(program, at).some(isLate)
  if (late) return []
  return placesOf(program, at).flatMap(([place, line]) => {
    if (line.do !== 'child' && line.do !== 'start') return []
    const inner = asksOfChildren(random, line.child.program, place)
    if (!line.child.named) return inner
    const id = idAt(place)
    const cancels = random.chance(0.1) ? [cancelOf(random, id)] : []
    return [...cancels, ...signalsTo(random, id, line.child.program, place), ...inner]
  })
}
