import type { Chance, Clock } from '../../../lib/model/clock.ts'
import { CLOCK_OFF_MAX_MS, type CallClass, type Fault, type Moment, type Weather } from './faults.ts'
import type { Wanted } from './dynamo/table.ts'
import { mixed, Random } from './random.ts'
import type { Schedule } from './schedule.ts'

/** What carries a request out: its answer, or one more moment between its arrival and that. Throws what the service refuses with. */
export type Arrive<T> = (fault: Fault | undefined, random: Random) => T | Later<T>
export class Later<T> {
  readonly ms: number
  readonly carryOut: () => T
  constructor(ms: number, carryOut: () => T) {
    this.ms = ms
    this.carryOut = carryOut
  }
}

export type Call<T> = {
  readonly on: CallClass
  readonly what: string
  /** The writes that are asked for, for a reader of the trace. */
  readonly wanted?: readonly Wanted[]
  readonly arrive: Arrive<T>
  /** Its sender hears the answer, and goes on. */
  readonly heard?: () => void
  /** The service's own words for a fault that is an answer. */
  readonly refuse: (fault: 'throttle' | 'conflict' | 'error 500') => Error
}

export type LifePorts = {
  readonly schedule: Schedule
  readonly weather: Weather
  readonly seed: number
  /** How often this has been waited for in the world, with this time. */
  readonly nth: (what: string) => number
  /** Told of all that a life waits for, with what went wrong there. */
  readonly note: (life: Life, what: string, fault?: Fault, asked?: Call<unknown>) => void
  /** Told of a life that ends while it is at something. */
  readonly fell: (life: Life) => void
  /** Told when a request is carried out, or refused by the service. */
  readonly arrived: (asked: Call<unknown>, refused?: unknown) => void
}

/** Longest way of an ordinary request to the service, and of its answer back. */
const WAY_MS = 8

/**
 * One life of one actor: from its cold start to its crash, or the end of the world. All that its code waits for goes
 * through here, so that a life that is dead hears nothing any more, and a paused one hears it when it wakes.
 */
export class Life {
  readonly name: string
  readonly clock: Clock
  readonly chance: Chance
  onDeath: () => void = () => {}
  dead = false
  #skewMs = 0
  #pausedUntil = 0
  #wake = 0
  #tokens = 0
  #turnAt = 0
  readonly #immortal: boolean
  readonly #ownTimer: string
  readonly #ownTurn: string
  readonly #ports: LifePorts
  readonly #held: (() => void)[] = []

  /** An immortal one misses an answer where others would die: someone outside, who asks again. */
  constructor(ports: LifePorts, name: string, immortal = false) {
    this.#immortal = immortal
    this.#ports = ports
    this.name = name
    this.#ownTimer = `a timer of ${name}`
    this.#ownTurn = `a turn of ${name}`
    const birth = this.#moment(`the birth of ${name}`)
    const skew = ports.weather.skewAt(birth)
    this.#skewMs = skew?.ms ?? 0
    ports.note(this, `born${this.#skewMs === 0 ? '' : `, its clock off by ${this.#skewMs} ms`}`, skew)
    this.clock = {
      now: () => Math.floor(ports.schedule.now) + this.#skewMs,
      after: (delayMs, callback) => this.#after(delayMs, callback),
      turn: () => this.#turn(),
    }
    const chances = new Random(ports.seed, name, 'chance')
    this.chance = {
      random: () => chances.next(),
      token: () => `${name}.${this.#tokens++}`.padEnd(22, '_').replaceAll(/[#.]/g, '-'),
    }
  }

  /** Nothing of it is answered or carried out any more, but for requests that are on their way. */
  die(why: string): void {
    if (this.dead || this.#immortal) return
    this.#ports.fell(this)
    this.retire(why)
  }

  /** Ends a life that is at nothing. */
  retire(why: string): void {
    this.dead = true
    this.#held.length = 0
    this.#ports.note(this, `dies: ${why}`)
    this.onDeath()
  }

  /** Stands still: timers and answers wait. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#ports.schedule.now + ms)
    this.#wake = mixed(this.#ports.seed, this.name, ms, Math.floor(this.#ports.schedule.now)) / 2 ** 32
  }

  /** As a pause, until somebody has work for it again: what a Lambda environment does between two invocations. */
  freeze(): void {
    this.#pausedUntil = Number.POSITIVE_INFINITY
  }

  thaw(): void {
    this.#pausedUntil = 0
    for (const fire of this.#held.splice(0)) this.later(0, fire, TURNS)
  }

  /** How far its clock is ahead of the true time. */
  get skewMs(): number {
    return this.#skewMs
  }

  /** Something that happens to this life, unless it is dead by then. */
  later(ms: number, fire: () => void, tie: number = TURNS): () => void {
    const { schedule } = this.#ports
    let cancel = (): void => {}
    let cancelled = false
    const attempt = (): void => {
      if (this.dead || cancelled) return
      if (this.#pausedUntil === Number.POSITIVE_INFINITY) this.#held.push(attempt)
      // Those that wait for the same moment keep their order as far as they must.
      else if (schedule.now < this.#pausedUntil)
        cancel = schedule.at(this.#pausedUntil, tie === TIMERS ? this.#wake : tie, attempt)
      else fire()
    }
    cancel = schedule.at(schedule.now + ms, tie, attempt)
    return () => {
      cancelled = true
      cancel()
    }
  }

  /** A request: a way there, a moment at which it is carried out, and a way back. */
  call<T>(asked: Call<T>): Promise<T> {
    if (this.dead) return new Promise(() => {})
    const moment = this.#moment(asked.what)
    const fault = this.#ports.weather.at(moment, asked.on)
    this.#ports.note(this, asked.what, fault, asked)
    const { random } = moment
    const [sendMs, replyMs, tie] = [wayMs(random), wayMs(random), random.next()]
    return new Promise((resolve, reject) => {
      const way = { sendMs, replyMs, tie, random, resolve, reject }
      this.#send(asked, fault, way)
    })
  }

  /** Something that others do for this life: only what can go wrong there is asked for. */
  strike(on: CallClass, what: string): Fault | undefined {
    const fault = this.#ports.weather.at(this.#moment(what), on)
    if (fault !== undefined) this.#ports.note(this, what, fault)
    return fault
  }

  #send<T>(asked: Call<T>, fault: Fault | undefined, way: Way<T>): void {
    const { sendMs, replyMs, reject } = way
    const ms = fault?.ms ?? 0
    const fail = (error: Error, after: number): void => void this.later(after, () => reject(error), way.tie)
    // Every other fault is one that the service itself answers with.
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check
    switch (fault?.kind) {
      case 'crash before':
        this.die('a crash')
        return fail(reset(), sendMs + replyMs)
      case 'pause before':
        this.pause(ms)
        return void this.later(0, () => this.#carry(asked, fault, way))
      case 'request lost':
        return fail(reset(), sendMs + replyMs)
      case 'timeout before':
        return fail(timedOut(), ms)
      case 'throttle':
      case 'conflict':
      case 'error 500':
        return fail(asked.refuse(fault.kind), sendMs + replyMs)
      case 'late':
        fail(timedOut(), sendMs + replyMs)
        return this.#carry(asked, fault, { ...way, sendMs: sendMs + replyMs + ms, reply: () => {} })
      case 'slow':
        return this.#carry(asked, fault, { ...way, sendMs: sendMs + ms })
      case 'crash after':
        return this.#carry(asked, fault, { ...way, reply: () => this.#dieOrMiss(way) })
      case 'reply lost':
        return this.#carry(asked, fault, { ...way, reply: () => fail(reset(), replyMs) })
      case 'timeout after':
        return this.#carry(asked, fault, { ...way, reply: () => fail(timedOut(), ms) })
      case 'error 500 after':
        return this.#carry(asked, fault, { ...way, reply: () => fail(asked.refuse('error 500'), replyMs) })
      case 'clock jump':
        this.#jump(ms)
        return this.#carry(asked, fault, way)
      default:
        return this.#carry(asked, fault, way)
    }
  }

  /** A life outside of it all does not die: it only does not hear the answer. */
  #dieOrMiss<T>({ reject, replyMs }: Way<T>): void {
    this.die('a crash')
    this.later(replyMs, () => reject(reset()))
  }

  /** The request is on its way: what happens there no longer depends on this life. */
  #carry<T>(asked: Call<T>, fault: Fault | undefined, way: Way<T>): void {
    const { schedule } = this.#ports
    const { resolve, reject, replyMs } = way
    const answer = (settle: () => void): void => {
      if (fault?.kind === 'pause after') this.pause(fault.ms ?? 0)
      if (way.reply === undefined) this.later(replyMs, settle, way.tie)
      else way.reply()
    }
    const carryOut = (work: () => T | Later<T>): void => {
      try {
        const done = work()
        if (done instanceof Later) schedule.at(schedule.now + done.ms, 0.5, () => carryOut(done.carryOut))
        else {
          this.#ports.arrived(asked)
          answer(() => {
            asked.heard?.()
            resolve(done)
          })
        }
      } catch (error) {
        this.#ports.arrived(asked, error)
        answer(() => reject(error))
      }
    }
    schedule.at(schedule.now + way.sendMs, way.tie, () => carryOut(() => asked.arrive(fault, way.random)))
  }

  #after(delayMs: number, callback: () => void): () => void {
    if (this.dead) return () => {}
    const cancel = this.later(
      Math.max(0, delayMs),
      () => {
        const fault = this.#ports.weather.at(this.#moment(this.#ownTimer), 'timer')
        if (fault !== undefined && !this.#befall(fault, callback)) return
        callback()
      },
      TIMERS,
    )
    return cancel
  }

  #turn(): Promise<void> {
    if (this.dead) return new Promise(() => {})
    const moment = this.#moment(this.#ownTurn)
    const lengthMs = moment.random.next() ** 8
    const fault = this.#ports.weather.at(moment, 'turn')
    return new Promise((resolve) => {
      if (fault !== undefined && !this.#befall(fault, resolve)) return
      this.later(this.#turnIn(lengthMs), resolve, TURNS)
    })
  }

  /** All who ask in one turn of the loop go on in the next one, in the order in which they asked. */
  #turnIn(lengthMs: number): number {
    const { now } = this.#ports.schedule
    if (this.#turnAt <= now) this.#turnAt = now + lengthMs
    return this.#turnAt - now
  }

  /** What happens to a life at a timer or a turn. False where it does not go on now. */
  #befall(fault: Fault, goOn: () => void): boolean {
    this.#ports.note(this, fault.at, fault)
    if (fault.kind === 'clock jump') {
      this.#jump(fault.ms ?? 0)
      return true
    }
    if (fault.kind === 'crash before') this.die('a crash')
    else this.pause(fault.ms ?? 0)
    this.later(0, goOn)
    return false
  }

  /** What is drawn for it depends on what it is and on nothing else that goes on. */
  #moment(at: string): Moment & { readonly random: Random } {
    const nth = this.#ports.nth(at)
    const random = new Random(this.#ports.seed, at, nth)
    return { at, nth, coin: random.next(), size: random.next(), random }
  }

  #jump(ms: number): void {
    this.#skewMs = Math.max(-CLOCK_OFF_MAX_MS, Math.min(CLOCK_OFF_MAX_MS, this.#skewMs + ms))
  }
}

type Way<T> = {
  readonly sendMs: number
  readonly replyMs: number
  readonly tie: number
  readonly random: Random
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
  /** Instead of the answer. */
  readonly reply?: () => void
}

/** Timers of one life that are due at the same moment fire in the order of their setting. */
const TIMERS = 0
const TURNS = 0.5

/** Mostly a few milliseconds, and now and then a hundred. */
function wayMs(random: Random): number {
  const draw = random.next()
  return draw < 0.9 ? draw * WAY_MS : (draw - 0.9) * 1_500
}

function reset(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}

function timedOut(): Error {
  return Object.assign(new Error('no answer'), { name: 'TimeoutError' })
}
