import type { Random } from '../world/random.ts'
import type { Answer, Line, Program, RootPlan } from './program.ts'

/** Worlds in which there may be callbacks: enough of them, and most seeds cost what they did. */
const SHARE = 0.3
const CALLBACKS_MAX = 3
/** No caller answers later: a world does not skip the time in which a caller still waits to ask. */
const LATEST_MS = 10 * 60_000
/** Each is waited for in a park. */
const SILENCES_MS = [5_000, 30_000, 120_000] as const
const AFTER_MS = [0, 0, 0, 50, 600, 600, 2_500, 30_000, 61_000, LATEST_MS] as const
/** Tiny, and such that an answer is kept in an item of its own. */
const BYTES = [5, 5, 5, 400, 1_500] as const

/** Puts callbacks into the programs of some worlds. It draws from a chance of its own: the others are as they were. */
export function withCallbacks(
  roots: readonly RootPlan[],
  random: Random,
  beats: Random,
): readonly RootPlan[] {
  if (!random.chance(SHARE)) return roots
  const maker = new Maker(random, beats)
  return roots.map((root) => ({ ...root, program: maker.into(root.program) }))
}

class Maker {
  readonly #random: Random
  readonly #beats: Random
  #left: number

  constructor(random: Random, beats: Random) {
    this.#random = random
    this.#beats = beats
    this.#left = random.between(1, CALLBACKS_MAX + 1)
  }

  into(program: Program): Program {
    return [...program.flatMap((line) => [...this.#perhaps(), this.#inside(line)]), ...this.#perhaps()]
  }

  #inside(line: Line): Line {
    if (line.do === 'together') return { ...line, branches: line.branches.map((branch) => this.into(branch)) }
    if (line.do !== 'child' && line.do !== 'start') return line
    return { ...line, child: { ...line.child, program: this.into(line.child.program) } }
  }

  #perhaps(): Line[] {
    if (this.#left === 0 || !this.#random.chance(0.3)) return []
    this.#left -= 1
    return [this.#callback()]
  }

  #callback(): Line {
    const random = this.#random
    const rest = random.chance(0.5) ? {} : { restMs: random.pick([20, 3_000, 60_000]) }
    const timeout = random.chance(0.4)
      ? {}
      : { timeoutMs: random.pick([0, 700, 60_000, 60_000, 90 * 60_000]) }
    const endless = timeout.timeoutMs === undefined
    const answers = this.#answers((rest.restMs ?? 0) + (timeout.timeoutMs ?? 0), endless)
    // Drawn in any case. One that its timeout ends first is refused.
    const heartbeats = this.#heartbeats()
    const isShorter = (heartbeats.heartbeatMs ?? 0) < (timeout.timeoutMs ?? Number.POSITIVE_INFINITY)
    return { do: 'callback', answers, ...rest, ...timeout, ...(isShorter ? heartbeats : {}) }
  }

  /** Some are given up after a silence. A caller with the token is heard of now and then, or never. */
  #heartbeats(): Pick<Extract<Line, { do: 'callback' }>, 'heartbeatMs' | 'beatsMs'> {
    const random = this.#beats
    if (!random.chance(0.35)) return {}
    const heartbeatMs = random.pick(SILENCES_MS)
    const count = random.between(0, 5)
    const beatsMs = Array.from({ length: count }, (_, n) =>
      Math.round((n + 0.3 + random.next() * 0.6) * heartbeatMs),
    )
    return { heartbeatMs, beatsMs }
  }

  /** One that waits without end is answered by a caller that knows the secret. */
  #answers(endsAfterMs: number, endless: boolean): Answer[] {
    const random = this.#random
    const first = endless || random.chance(0.8) ? this.#answer('x', endsAfterMs, endless) : undefined
    const second = random.chance(0.35)
      ? this.#answer(random.pick(['x', 'y'] as const), endsAfterMs, endless)
      : undefined
    const forged = random.chance(0.25)
      ? { ...this.#answer('x', endsAfterMs, endless), forged: true }
      : undefined
    // Two who say the same say it in the same words.
    const alike = second?.says === 'x' ? first : undefined
    const another = second === undefined ? undefined : { ...(alike ?? second), afterMs: second.afterMs }
    return [first, another, forged].filter((answer) => answer !== undefined)
  }

  #answer(says: Answer['says'], endsAfterMs: number, endless: boolean): Answer {
    const random = this.#random
    // Where there is a deadline, it is met by a hair as often as not.
    const races = !endless && endsAfterMs <= LATEST_MS && random.chance(0.5)
    const afterMs = races
      ? Math.max(0, endsAfterMs + random.between(-300, 300))
      : random.pick(AFTER_MS) + random.between(0, 400)
    return { afterMs, says, bytes: random.pick(BYTES), fails: random.chance(0.25), forged: false }
  }
}
