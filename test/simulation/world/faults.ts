import type { Random } from './random.ts'

/** What a host process waits for: each is a scheduling point, and a place for a fault. */
export type CallClass =
  | 'write'
  | 'transact'
  | 'read'
  | 'query'
  | 'batch-read'
  | 'send'
  | 'hide'
  | 'ask'
  | 'delete'
  | 'timer'
  | 'turn'

export const STORE_CALLS: readonly CallClass[] = ['write', 'transact', 'read', 'query', 'batch-read']
const WRITES: readonly CallClass[] = ['write', 'transact']
const FOCI: readonly CallClass[] = [...STORE_CALLS, 'send', 'ask']
const REQUESTS: readonly CallClass[] = [...FOCI, 'hide']
const ALL: readonly CallClass[] = [...REQUESTS, 'timer', 'turn']

type Shape = {
  readonly on: readonly CallClass[]
  /** How often, beside the others. */
  readonly weight: number
  /** How long, or by how much, in milliseconds: one of these. */
  readonly ms?: readonly number[]
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** No clock is off by more, whatever it jumps: what the contract says of clocks. */
export const CLOCK_OFF_MAX_MS = 5 * MINUTE
/** Most outlast a lease and the pass of the sweep that finds it over, so that another owner is at work at the wake-up. */
const PAUSES = [5 * SECOND, 35 * SECOND, 65 * SECOND, 95 * SECOND, 3 * MINUTE]

/**
 * Every fault, where it can happen and how it is sized. "Before" means that the request was not carried out, "after" that
 * it was and its answer did not come.
 */
const FAULTS = {
  'crash before': { on: ALL, weight: 4 },
  'crash after': { on: REQUESTS, weight: 4 },
  /** The whole host process stands still, with the request unsent: it goes out when the host process wakes, whatever happened meanwhile. */
  'pause before': { on: ALL, weight: 6, ms: PAUSES },
  'pause after': {
    on: REQUESTS,
    weight: 3,
    ms: PAUSES,
  },
  'request lost': { on: REQUESTS, weight: 2 },
  'reply lost': { on: REQUESTS, weight: 4 },
  'timeout before': { on: REQUESTS, weight: 1, ms: [2 * SECOND, 10 * SECOND, 35 * SECOND] },
  'timeout after': { on: REQUESTS, weight: 2, ms: [2 * SECOND, 10 * SECOND, 35 * SECOND] },
  /** Given up by the caller, and carried out later all the same. */
  late: { on: [...WRITES, 'hide'], weight: 5, ms: [20, 200, 2 * SECOND, 45 * SECOND, 2 * MINUTE] },
  slow: { on: REQUESTS, weight: 3, ms: [50, SECOND, 12 * SECOND, 31 * SECOND] },
  throttle: { on: REQUESTS, weight: 2 },
  conflict: { on: WRITES, weight: 3 },
  'error 500': { on: REQUESTS, weight: 1 },
  'error 500 after': { on: REQUESTS, weight: 2 },
  'index lags': { on: WRITES, weight: 3, ms: [SECOND, 30 * SECOND, 3 * MINUTE] },
  'stale read': { on: ['batch-read'], weight: 40, ms: [SECOND, 30 * SECOND, 2 * MINUTE] },
  'keys left over': { on: ['batch-read'], weight: 40 },
  'short page': { on: ['query'], weight: 4 },
  'clock jump': {
    on: ALL,
    weight: 1,
    ms: [-5 * MINUTE, -40 * SECOND, -SECOND, SECOND, 40 * SECOND, 5 * MINUTE],
  },
  'message lost': { on: ['send'], weight: 12 },
  'message doubled': { on: ['send'], weight: 8, ms: [1, SECOND, 2 * MINUTE] },
  'message late': { on: ['send'], weight: 8, ms: [SECOND, 40 * SECOND, 10 * MINUTE] },
  'send refused': { on: ['send'], weight: 8 },
  /** The message was served, and comes back all the same. */
  'message comes back': { on: ['delete'], weight: 4, ms: [SECOND, MINUTE] },
  /** Of a host process, not of a call: its clock is off from birth on. */
  'clock skew': {
    on: [],
    weight: 0,
    ms: [-5 * MINUTE, -2 * MINUTE, -20 * SECOND, -500, 500, 20 * SECOND, 2 * MINUTE, 5 * MINUTE],
  },
  'hide refused': { on: ['hide'], weight: 8 },
  /** It was hidden for longer, and comes all the same. */
  'message early': { on: ['hide'], weight: 16, ms: [1, SECOND, 5 * SECOND] },
} as const satisfies { [kind: string]: Shape }

export type FaultKind = keyof typeof FAULTS
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[]

/**
 * One fault of a scenario: at the nth time that any host process waits for this. So it stays where it is when something
 * else is left out of the scenario. A clock is off from a host process's birth on.
 */
export type Fault = {
  readonly at: string
  readonly nth: number
  readonly kind: FaultKind
  readonly ms?: number
}
/** A thing that a host process waits for, and two draws that decide what goes wrong there. */
export type Moment = {
  readonly at: string
  readonly nth: number
  readonly coin: number
  readonly size: number
}

/** Where faults come from. */
export interface FaultInjector {
  at(moment: Moment, on: CallClass): Fault | undefined
  skewAt(birth: Moment): Fault | undefined
}

/** In so many worlds one kind of request goes wrong far more often than all others, so that what follows it is met too. */
const FOCUSED = 0.3
/** Carried out after the end of its process it would stay for ever: docs/correctness.md says so. */
const PUTS_INPUT = /^put P#.*\/BLOB#i-/u
const RATE_MAX = 0.5

/** Faults by chance. Each seed knows some kinds only, and some more often, so that rare kinds meet each other too. */
export class SeededFaults implements FaultInjector {
  readonly #rate: number
  readonly #skewed: number
  readonly #byClass = new Map<
    CallClass,
    { readonly kinds: readonly FaultKind[]; readonly upTo: readonly number[]; readonly rate: number }
  >()

  constructor(random: Random, focus: Random) {
    const onFocus = focus.chance(FOCUSED) ? focus.pick(FOCI) : undefined
    const onHiding = focus.chance(FOCUSED) ? 'hide' : undefined
    this.#rate = random.pick([0, 0.03, 0.06, 0.1, 0.1, 0.15, 0.2, 0.3])
    this.#skewed = random.pick([0, 0.3, 0.8])
    const share = random.pick([0.15, 0.4, 1])
    const enabled = FAULT_KINDS.filter(() => random.chance(share))
    for (const on of ALL.concat('delete')) {
      const kinds = enabled.filter((kind) => (FAULTS[kind].on as readonly CallClass[]).includes(on))
      let sum = 0
      const upTo = kinds.map((kind) => (sum += FAULTS[kind].weight))
      // A timer or a turn is no request: most of them are of no interest, and there are many.
      const usual = on === 'turn' ? this.#rate / 30 : on === 'timer' ? this.#rate / 5 : this.#rate
      const rate = on === onFocus || on === onHiding ? Math.min(RATE_MAX, usual * 5) : usual
      if (kinds.length > 0) this.#byClass.set(on, { kinds, upTo, rate })
    }
  }

  at(moment: Moment, on: CallClass): Fault | undefined {
    const trouble = this.#byClass.get(on)
    const { coin } = moment
    if (trouble === undefined || coin >= trouble.rate) return undefined
    const drawn = (coin / trouble.rate) * (trouble.upTo.at(-1) ?? 0)
    const kind = trouble.kinds[trouble.upTo.findIndex((upTo) => drawn < upTo)]
    if (kind === undefined || (kind === 'late' && PUTS_INPUT.test(moment.at))) return undefined
    return fault(moment, kind)
  }

  skewAt(birth: Moment): Fault | undefined {
    return birth.coin < this.#skewed ? fault(birth, 'clock skew') : undefined
  }
}

/** Exactly these faults. */
export class GivenFaults implements FaultInjector {
  readonly #faults: ReadonlyMap<string, Fault>

  constructor(faults: readonly Fault[]) {
    this.#faults = new Map(faults.map((each) => [`${each.nth} ${each.at}`, each]))
  }

  at({ at, nth }: Moment): Fault | undefined {
    return this.#faults.get(`${nth} ${at}`)
  }

  skewAt(birth: Moment): Fault | undefined {
    return this.at(birth)
  }
}

function fault({ at, nth, size }: Moment, kind: FaultKind): Fault {
  const { ms } = FAULTS[kind] as Shape
  const sized = ms?.[Math.floor(size * ms.length)]
  return sized === undefined ? { at, nth, kind } : { at, nth, kind, ms: sized }
}
