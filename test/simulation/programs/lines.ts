import { Random } from '../world/random.ts'
import type { Line, Program, RootPlan } from './program.ts'

// Lines that some worlds have besides. Each kind draws for itself: a world without any is the same as ever.

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Shorter than the limits, between them, and longer than all; each leaves an invocation its time. */
const TAKES_MS = [0, 400, 3 * SECOND, 9 * SECOND]
const LIMITS_MS = [1 * SECOND, 5 * SECOND]
/** Past by the time that it is asked for, or soon after, or a matter of parking. */
const MOMENTS_MS = [0, SECOND, 5 * SECOND, 20 * SECOND, 70 * SECOND, 20 * MINUTE, 26 * 60 * MINUTE]

/** Programs with time limits, moments, gathered branches and guarded lines in them, by chance. */
export function withLines(roots: readonly RootPlan[], seed: number): readonly RootPlan[] {
  const random = (what: string): Random => new Random(seed, what)
  return [
    into(random('limits'), 0.15, limited),
    into(random('moments'), 0.12, moment),
    into(random('gather'), 0.14, gather),
    guarding(random('guards'), 0.18),
  ].reduce<readonly RootPlan[]>((plans, change) => plans.map(change), roots)
}

type Change = (root: RootPlan) => RootPlan

/** In so many worlds lines of a kind come between the others, in branches and children too. */
function into(random: Random, share: number, line: (random: Random) => Line): Change {
  if (!random.chance(share)) return (root) => root
  let left = random.between(2, 5)
  const perhaps = (): Line[] => {
    if (left === 0 || !random.chance(0.4)) return []
    left -= 1
    return [line(random)]
  }
  const within = (each: Line): Line => {
    if (each.do === 'together') return { ...each, branches: each.branches.map(fill) }
    if (each.do !== 'child' && each.do !== 'start') return each
    return { ...each, child: { ...each.child, program: fill(each.child.program) } }
  }
  const fill = (program: Program): Program => [
    ...program.flatMap((each) => [...perhaps(), within(each)]),
    ...perhaps(),
  ]
  return (root) => ({ ...root, program: fill(root.program) })
}

function limited(random: Random): Line {
  return {
    do: 'limited',
    takesMs: random.pick(TAKES_MS),
    timeoutMs: random.pick(LIMITS_MS),
    tries: random.pick([1, 2]),
    heeds: random.chance(0.5),
  }
}

function moment(random: Random): Line {
  return { do: 'until', atMs: random.pick(MOMENTS_MS) + random.between(0, 500) }
}

function gather(random: Random): Line {
  const settle = random.chance(0.7)
  const branches = Array.from({ length: random.between(2, 5) }, () => ({
    program: Array.from({ length: random.between(0, 3) }, () => small(random)),
    fails: settle && random.chance(0.4),
  }))
  const atOnce = random.chance(0.4) ? { atOnce: random.pick([1, 2]) } : {}
  return { do: 'gather', how: random.pick(['all', 'map'] as const), branches, settle, ...atOnce }
}

/** Some lines of a program, the last ones as often as not, are guarded by clean-up. */
function guarding(random: Random, share: number): Change {
  if (!random.chance(share)) return (root) => root
  return (root) => {
    const { program } = root
    if (!random.chance(0.8)) return root
    const from = random.between(0, program.length + 1)
    const to = random.chance(0.5) ? program.length : random.between(from, program.length + 1)
    const cleanUp = Array.from({ length: random.between(1, 4) }, () => clean(random))
    const guarded: Line = { do: 'guarded', program: program.slice(from, to), cleanUp }
    return { ...root, program: program.toSpliced(from, to - from, guarded) }
  }
}

/** No caller ever sends signal `c`: a wait for it times out. */
function clean(random: Random): Line {
  const draw = random.next()
  if (draw < 0.2) return { do: 'signal', name: 'c', timeoutMs: random.pick([700, 3 * SECOND, MINUTE]) }
  if (draw < 0.3) return { do: 'once', bytes: 5 }
  if (draw < 0.4) return limited(random)
  return small(random)
}

function small(random: Random): Line {
  const draw = random.next()
  if (draw < 0.3) return { do: 'sleep', ms: random.pick([20, 3 * SECOND, MINUTE]) }
  if (draw < 0.4) return moment(random)
  if (draw < 0.5) return { do: 'emit', bytes: random.pick([5, 400]) }
  const fails = random.pick([0, 0, 1])
  return {
    do: 'step',
    fails,
    tries: 2,
    delayMs: random.pick([0, 5 * SECOND]),
    bytes: random.pick([5, 400, 1_500]),
  }
}
