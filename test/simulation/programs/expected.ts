import {
  answerOf,
  branchOf,
  cleanUpOf,
  completionOf,
  failureOf,
  hasChild,
  idAt,
  kindOf,
  openingOf,
  partsOf,
  payloadOf,
  placeOf,
  placesOf,
  textOf,
  tokenOf,
} from './program.ts'
import type { Answer, ChildPlan, Line, Plan, ProcessPlan, Program, RootPlan, WithChild } from './program.ts'
import { OUTER_FAILED, outputText } from '../history.ts'
import type { Bounds, Expected as Checked } from '../checker/expectations.ts'
import { START_AT } from '../world/scenario.ts'
import { misfit, type Pattern } from './pattern.ts'

/** What the model says of the processes whose ids are known before they run. It knows the programs, and nothing of lib/. */
export type Foreseen = {
  readonly processes: ReadonlyMap<string, Expected>
  readonly misstarted: ReadonlySet<string>
}
/** The model of a program knows all that a checker may expect. */
type Expected = Required<Omit<Checked, 'external'>> & Pick<Checked, 'external'>

export type Circumstances = {
  /** Nothing goes wrong in the world, so that what only a crash brings about is not allowed either. */
  readonly calm?: boolean
  /** Servers are told to stop: a run may be handed over between the record that a body begins and that body. */
  readonly stops?: boolean
  /** No life stands still and no clock jumps, so what takes less time comes first. */
  readonly punctual?: boolean
}

/** The facts of the starter of a process. */
type Surroundings = {
  readonly mayBeCancelled: boolean
  readonly mayBeAbandoned: boolean
  readonly mayTimeOut?: boolean
  readonly mayBeMissing: boolean
}

export function expectationsOf(
  plan: Plan,
  { calm = false, stops = !calm, punctual = calm }: Circumstances = {},
): Foreseen {
  const model = new Model(plan, { calm, stops, punctual })
  const processes = new Map<string, Expected>()
  const open = new Set(plan.roots.filter((root) => model.mayStayOpen(root, root.id, root.id)))
  for (const root of plan.roots) {
    const started = plan.asks.some((ask) => ask.do === 'start' && ask.process === root.id)
    // A place that is held without end is waited for without end.
    const queued = [...open].some(({ slot }) => slot !== undefined && slot.key === root.slot?.key)
    const mayTimeOut = root.options?.timeoutMs !== undefined
    const surroundings = { mayBeCancelled: false, mayBeAbandoned: false, mayTimeOut, mayBeMissing: !started }
    const ran = model.expected(root, root.id, root.id, surroundings)
    const expected = root.external === true ? model.external(root, ran) : ran
    processes.set(root.id, { ...expected, mayStayOpen: expected.mayStayOpen || queued })
    const mayEndEarly = { ...model.endings(root, root.id, surroundings), mayBeMissing: !started || queued }
    for (const [id, child] of model.children(root, root.id, root.id, mayEndEarly)) processes.set(id, child)
  }
  const misstarted = plan.asks.flatMap((ask) => (ask.do === 'misstart' ? [ask.process] : []))
  return { processes, misstarted: new Set(misstarted) }
}

class Model {
  readonly #plan: Plan
  readonly #calm: boolean
  readonly #stops: boolean
  readonly #punctual: boolean

  constructor(plan: Plan, { calm, stops, punctual }: Required<Circumstances>) {
    this.#plan = plan
    this.#calm = calm
    this.#stops = stops
    this.#punctual = punctual
  }

  /** `id` is undefined for a child without a name: no caller can ask anything of it. */
  expected(process: ProcessPlan, id: string | undefined, at: string, around: Surroundings): Expected {
    const places = placesOf(process.program, at)
    const { mayBeCancelled, mayBeAbandoned, mayTimeOut } = this.endings(process, id, around)
    const pattern = this.#program(process.program, at, id)
    return {
      allowed: ({ status, output, code }) => {
        if (status === 'cancelled' && mayBeCancelled) return undefined
        if (status === 'abandoned' && mayBeAbandoned) return undefined
        if (status === 'failed' && code === 'timed_out' && mayTimeOut) return undefined
        const calm = process.throws ? 'failed' : 'completed'
        if (status !== calm)
          return `expected it ${calm}, and it is ${status}${code === undefined ? '' : `: ${code}`}`
        if (process.throws)
          return code === 'process_failed'
            ? undefined
            : `expected it to fail as planned, and it failed with ${code}`
        return misfit(pattern, output)
      },
      atMostOnce: new Set(places.flatMap(([place, line]) => (line.do === 'once' ? [place] : []))),
      mayStayOpen: this.mayStayOpen(process, id, at) && !mayTimeOut,
      mayBeMissing: around.mayBeMissing,
      cancelAsked: this.#asked('cancel', id),
      abandonAsked: this.#asked('abandon', id),
      effects: effectsOf(places),
      attempts: new Map(places.flatMap(([place, line]) => attemptsOf(place, line))),
      answers: new Map(
        places.flatMap(([place, line]) => (line.do === 'callback' ? [[place, answersTo(line, place)]] : [])),
      ),
      awaitedAtOnce: awaitedAtOnce(process.program, places),
      ...timesOf(places),
      ...shieldsOf(places),
      children: exactly(places.filter(([, line]) => hasChild(line)).length),
    }
  }

  /** A process that a caller completes, and no worker runs. */
  external({ id, options }: RootPlan, ran: Expected): Expected {
    const asks = this.#plan.asks.filter((ask) => ask.do === 'complete')
    const honest = asks.filter(({ process, forged }) => process === id && !forged)
    const says = (fails: boolean): readonly string[] =>
      honest.filter((ask) => ask.fails === fails).map(completionOf)
    return {
      ...ran,
      allowed: ({ status, output, code }) => {
        if (status === 'cancelled' && ran.cancelAsked) return undefined
        if (status === 'abandoned' && ran.abandonAsked) return undefined
        if (status === 'failed' && code === 'timed_out' && options?.timeoutMs !== undefined) return undefined
        if (status === 'failed' && code === OUTER_FAILED && says(true).length > 0) return undefined
        if (status === 'completed' && says(false).includes(String(output))) return undefined
        return `no caller ends it ${status} with ${code ?? String(output)}`
      },
      mayStayOpen: honest.length === 0 && options?.timeoutMs === undefined,
      external: {
        token: tokenOf(id),
        outputs: new Set(honest.map((ask) => outputText({ says: completionOf(ask), fails: ask.fails }))),
      },
    }
  }

  /** Those that have an id that is known, with what is expected of them, however deep. */
  children(
    process: ProcessPlan,
    id: string | undefined,
    at: string,
    parent: Surroundings,
  ): (readonly [string, Expected])[] {
    const early = parent.mayBeCancelled || parent.mayBeAbandoned || parent.mayTimeOut === true
    const mayBeMissing = early || parent.mayBeMissing || this.mayStayOpen(process, id, at)
    return placesOf(process.program, at).flatMap(([place, line]) => {
      if (!hasChild(line)) return []
      const around = { ...endedWith(line, early), mayBeMissing }
      const childId = idOf(line.child, place)
      const inner = this.children(line.child, childId, place, {
        ...this.endings(line.child, childId, around),
        mayBeMissing,
      })
      if (childId === undefined) return inner
      return [[childId, this.expected(line.child, childId, place, around)] as const, ...inner]
    })
  }

  /** How a process may end before its last line. */
  endings(process: ProcessPlan, id: string | undefined, around: Omit<Surroundings, 'mayBeMissing'>) {
    return {
      mayBeCancelled: around.mayBeCancelled || this.#asked('cancel', id),
      mayBeAbandoned: around.mayBeAbandoned || this.#asked('abandon', id) || (process.frail && !this.#calm),
      mayTimeOut: around.mayTimeOut === true,
    }
  }

  /** Does a wait without end lack its signal or answer, here or in a child that is waited for? */
  mayStayOpen({ program }: ProcessPlan, id: string | undefined, at: string): boolean {
    const places = placesOf(program, at)
    const waits = places.flatMap(([, line]) => (line.do === 'signal' ? [line] : []))
    const lacks = waits.some(
      ({ name, timeoutMs }) =>
        timeoutMs === undefined &&
        this.#signals(id, name).length < waits.filter((wait) => wait.name === name).length,
    )
    const unanswered = places.some(
      ([place, line]) =>
        line.do === 'callback' &&
        line.timeoutMs === undefined &&
        line.heartbeatMs === undefined &&
        answersTo(line, place).size === 0,
    )
    return (
      lacks ||
      unanswered ||
      places.some(
        ([place, line]) =>
          (line.do === 'child' || line.do === 'twice') &&
          this.mayStayOpen(line.child, idOf(line.child, place), place),
      )
    )
  }

  #program(program: Program, at: string, id: string | undefined): Pattern {
    return { list: program.map((line, index) => this.#line(line, placeOf(at, index), id)) }
  }

  #line(line: Line, place: string, id: string | undefined): Pattern {
    switch (line.do) {
      case 'step':
        return { is: line.fails < line.tries ? textOf(place, line.bytes) : 'failed' }
      case 'once': {
        const done = { is: textOf(place, line.bytes) }
        return this.#calm && !this.#stops ? done : { oneOf: [done, { is: 'interrupted' }] }
      }
      case 'signal': {
        const taken = { signal: line.name, process: id ?? place, payloads: this.#signals(id, line.name) }
        return line.timeoutMs === undefined ? taken : { oneOf: [taken, { is: 'timed out' }] }
      }
      case 'clash':
        return { is: 'taken' }
      case 'twice':
        return this.#child(line.child, place)
      case 'flood':
        return { is: null }
      case 'shaky':
        return { is: place }
      case 'callback': {
        const first = line.answers
          .filter(({ forged }) => !forged)
          .map((answer) => ({ is: answeredTo(place, answer) }))
        const endless = line.timeoutMs === undefined && line.heartbeatMs === undefined
        return { oneOf: endless ? first : [...first, { is: 'timed out' }] }
      }
      case 'draw':
        return { drawn: line.what }
      case 'child':
        return this.#child(line.child, place)
      case 'together':
        return { list: line.branches.map((branch, nth) => this.#program(branch, branchOf(place, nth), id)) }
      case 'limited':
        return limited(line, place, this.#punctual)
      case 'gather':
        return {
          list: line.branches.map(({ program, fails }, nth) => {
            const values = this.#program(program, branchOf(place, nth), id)
            if (!line.settle) return values
            return fails
              ? { list: [{ is: 'rejected' }, { is: 'attempt 1' }] }
              : { list: [{ is: 'fulfilled' }, values] }
          }),
        }
      case 'guarded':
        return { list: partsOf(line, place).map(([part, at]) => this.#program(part, at, id)) }
      case 'sleep':
      case 'until':
      case 'emit':
      case 'patched':
      case 'start':
        return { is: null }
    }
  }

  /** A parent that continues to its end was not cancelled, so its child was only where a caller asked that of itself. */
  #child(child: ChildPlan, place: string): Pattern {
    const id = idOf(child, place)
    const done: Pattern = child.throws
      ? failed('process_failed')
      : { list: [{ is: 'done' }, this.#program(child.program, place, id)] }
    const early = [
      ...(this.#asked('cancel', id) ? [failed('child_cancelled')] : []),
      ...(this.#asked('abandon', id) || (child.frail && !this.#calm) ? [failed('child_abandoned')] : []),
    ]
    return early.length === 0 ? done : { oneOf: [done, ...early] }
  }

  #signals(id: string | undefined, name: string): string[] {
    const sent = this.#plan.asks.flatMap((ask) =>
      ask.do === 'signal' && ask.process === id && ask.name === name ? [payloadOf(ask)] : [],
    )
    return [...new Set(sent)]
  }

  #asked(what: 'cancel' | 'abandon', id: string | undefined): boolean {
    const { asks, whenStuck = [] } = this.#plan
    return [...asks, ...whenStuck].some((ask) => ask.do === what && ask.process === id)
  }
}

/** What the end of its parent may make of a child. */
function endedWith(line: WithChild, parentEndsEarly: boolean) {
  if (line.do === 'clash') return { mayBeCancelled: false, mayBeAbandoned: false }
  if (line.do === 'child' || line.do === 'twice')
    return { mayBeCancelled: parentEndsEarly, mayBeAbandoned: false }
  return { mayBeCancelled: line.onParentEnd === 'cancel', mayBeAbandoned: line.onParentEnd === 'abandon' }
}

function failed(code: string): Pattern {
  return { is: ['failed', code] }
}

function idOf({ named }: ChildPlan, place: string): string | undefined {
  return named ? idAt(place) : undefined
}

function attemptsOf(place: string, line: Line): [string, number][] {
  if (line.do === 'step') return [[place, Math.min(line.fails + 1, line.tries)]]
  if (line.do === 'patched') return [[`${place}+`, 1]]
  if (line.do === 'callback') return [[`${place}?`, 1]]
  if (line.do === 'limited') return [[place, line.tries]]
  if (line.do === 'guarded') return [[openingOf(place), 1]]
  if (line.do === 'gather') return failuresIn(line, place).map((name) => [name, 1])
  // An owner that was overtaken may begin what bad code asks for, and cannot record it.
  if (line.do === 'shaky') return [place, `${place}!`].map((name) => [name, 1])
  return line.do === 'once' || line.do === 'draw' ? [[place, 1]] : []
}

function exactly(count: number): Bounds {
  return { min: count, max: count }
}

function effectsOf(places: Places): ReadonlyMap<string, Bounds> {
  const effects = new Map<string, Bounds>()
  for (const [place, line] of places)
    for (const name of effectNames(line, place)) {
      const { min, max } = effects.get(name) ?? exactly(0)
      // Which code a process met decides that.
      effects.set(name, { min: line.do === 'patched' ? min : min + 1, max: max + 1 })
    }
  return effects
}

function effectNames(line: Line, place: string): string[] {
  switch (line.do) {
    case 'step':
    case 'once':
      return [`step ${place}`]
    case 'limited':
      return [`step ${place}`]
    case 'guarded':
      return [`step ${openingOf(place)}`]
    case 'gather':
      return failuresIn(line, place).map((name) => `step ${name}`)
    case 'until':
      return [`sleep ${place}`]
    case 'sleep':
    case 'emit':
      return [`${line.do} ${place}`]
    case 'signal':
      return [`signal ${line.name}`]
    case 'callback': {
      const rest = line.restMs === undefined ? [] : [`sleep ${place}~`]
      return [`callback ${place}`, `step ${place}?`, ...rest, `reply ${place}`]
    }
    case 'draw':
      return [`${line.what} ${line.what}`, `step ${place}`]
    case 'patched':
      return [`patched ${place}`, `step ${place}+`]
    case 'child':
      return [`start ${kindOf(line.child)}`, 'child']
    case 'start':
      return [`start ${kindOf(line.child)}`]
    case 'clash':
      return [`start ${kindOf(line.child)}`, `emit ${place}`, `start ${kindOf(line.child)}`]
    case 'twice': {
      const start = `start ${kindOf(line.child)}`
      return [start, `sleep ${place}~`, start, 'child']
    }
    case 'flood':
      return Array.from({ length: line.count }, () => `emit ${place}`)
    case 'shaky':
      return [`step ${place}`]
    case 'together':
      return []
  }
}

type Places = ReturnType<typeof placesOf>

/** Which of two times comes first: the body's or its limit. */
function limited(
  { takesMs, timeoutMs }: Extract<Line, { do: 'limited' }>,
  place: string,
  punctual: boolean,
): Pattern {
  const [done, late] = [{ is: textOf(place, 5) }, { is: 'step_timed_out' }]
  if (!punctual) return { oneOf: [done, late] }
  return takesMs < timeoutMs ? done : late
}

function failuresIn({ branches }: Extract<Line, { do: 'gather' }>, place: string): string[] {
  return branches.flatMap(({ fails }, nth) => (fails ? [failureOf(branchOf(place, nth))] : []))
}

/** What its first line waits for, and no other. */
function awaitedAtOnce([first]: Program, places: Places): ReadonlySet<string> {
  const branches = first?.do === 'together' && first.atOnce === undefined ? first.branches : [[first]]
  const waits = branches.flatMap(([line]) => (line?.do === 'signal' ? [line] : []))
  const all = places.flatMap(([, line]) => (line.do === 'signal' ? [line.name] : []))
  const once = waits.filter(({ name }) => all.filter((each) => each === name).length === 1)
  return new Set(once.flatMap(({ name, timeoutMs }) => (timeoutMs === undefined ? [name] : [])))
}

/** What the lines say of times. */
function timesOf(places: Places): Pick<Expected, 'limits' | 'until' | 'heartbeats'> {
  return {
    limits: new Map(
      places.flatMap(([place, line]) => (line.do === 'limited' ? [[place, line.timeoutMs]] : [])),
    ),
    until: new Map(
      places.flatMap(([place, line]) => (line.do === 'until' ? [[place, START_AT + line.atMs]] : [])),
    ),
    heartbeats: new Map(
      places.flatMap(([place, line]) =>
        line.do === 'callback' && line.heartbeatMs !== undefined
          ? [[place, { silenceMs: line.heartbeatMs, timeoutMs: line.timeoutMs ?? Infinity }]]
          : [],
      ),
    ),
  }
}

/** What continues under a shield, and what opens it. */
function shieldsOf(places: Places): Pick<Expected, 'shields'> {
  return {
    shields: places.flatMap(([place, line]) => {
      if (line.do !== 'guarded') return []
      const inside = placesOf(line.cleanUp, cleanUpOf(place))
      return [
        {
          opens: `step ${openingOf(place)}`,
          effects: new Set(inside.flatMap(([at, each]) => effectNames(each, at))),
        },
      ]
    }),
  }
}

/** The answers of callers that know the secret, in the form of facts. */
function answersTo({ answers }: Extract<Line, { do: 'callback' }>, place: string): ReadonlySet<string> {
  return new Set(
    answers
      .filter(({ forged }) => !forged)
      .map((answer) => {
        const text = answerOf(place, answer)
        return answer.fails ? `failed: ${text}` : JSON.stringify(text)
      }),
  )
}

/** What a program comes to that is given this answer. */
function answeredTo(place: string, answer: Answer): string {
  return answer.fails ? `failed: ${answerOf(place, answer)}` : answerOf(place, answer)
}
