import type { Chance, Clock } from '../../../lib/model/clock.ts'
import { CLOCK_OFF_MAX_MS, type CallClass, type Fault, type Moment, type FaultInjector } from './faults.ts'
import { mixed, Random } from './random.ts'
import { Sending, wayOf, type Call } from './request.ts'
import type { Schedule } from './schedule.ts'

type HostProcessPorts = {
  readonly schedule: Schedule
  readonly injector: FaultInjector
  readonly seed: number
  /** How often this has been waited for in the world, with this time. */
  readonly nth: (what: string) => number
  /** Told of all that a host process waits for, with what went wrong there. */
  readonly note: (hostProcess: HostProcess, what: string, fault?: Fault, asked?: Call<unknown>) => void
  /** Told of a host process that ends while it is at something. */
  readonly fell: (hostProcess: HostProcess) => void
  /** Told when a request is carried out, or refused by the service. */
  readonly arrived: (asked: Call<unknown>, refused?: unknown) => void
}

/**
 * One host process of one actor: from its cold start to its crash, or the end of the world. All that its code waits for goes
 * through here, so that a host process that is dead hears nothing any more, and a paused one hears it when it wakes.
 */
export class HostProcess {
  readonly name: string
  readonly clock: Clock
  readonly chance: Chance
  onDeath: () => void = () => {}
  /** Told of each thing that its code begins to wait for. */
  onAwait: () => void = () => {}
  dead = false
  /** What went wrong with it so far, besides crashes. */
  hardships = 0
  #skewMs = 0
  #pausedUntil = 0
  #wake = 0
  #tokens = 0
  #turnAt = 0
  readonly #immortal: boolean
  readonly #ownTimer: string
  readonly #ownTurn: string
  readonly #ports: HostProcessPorts
  readonly #held: (() => void)[] = []

  /** An immortal one misses an answer where others would die: a caller, who asks again. */
  constructor(ports: HostProcessPorts, name: string, immortal = false) {
    this.#immortal = immortal
    this.#ports = ports
    this.name = name
    this.#ownTimer = `a timer of ${name}`
    this.#ownTurn = `a turn of ${name}`
    const birth = this.#moment(`the birth of ${name}`)
    const skew = ports.injector.skewAt(birth)
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

  /** Ends a host process that is at nothing. */
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

  /** As a pause, until there is work for it again: what a Lambda environment does between two invocations. */
  freeze(): void {
    this.#pausedUntil = Number.POSITIVE_INFINITY
  }

  thaw(): void {
    this.#pausedUntil = 0
    for (const fire of this.#held.splice(0)) this.later(0, fire, TURNS)
  }

  /** Its clock is set. */
  jump(ms: number): void {
    this.#skewMs = Math.max(-CLOCK_OFF_MAX_MS, Math.min(CLOCK_OFF_MAX_MS, this.#skewMs + ms))
  }

  /** How far its clock is ahead of the true time. */
  get skewMs(): number {
    return this.#skewMs
  }

  /** Something that happens to this host process, unless it is dead by then. */
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
    this.onAwait()
    const moment = this.#moment(asked.what)
    const fault = this.#ports.injector.at(moment, asked.on)
    this.#endures(fault)
    this.#ports.note(this, asked.what, fault, asked)
    const { schedule, arrived } = this.#ports
    return new Promise((resolve, reject) => {
      const way = wayOf(moment.random, resolve, reject)
      new Sending({ sender: this, schedule, arrived }, asked, fault).send(way)
    })
  }

  /** Something that others do for this host process: only what can go wrong there is asked for. */
  strike(on: CallClass, what: string): Fault | undefined {
    const fault = this.#ports.injector.at(this.#moment(what), on)
    this.#endures(fault)
    if (fault !== undefined) this.#ports.note(this, what, fault)
    return fault
  }

  #after(delayMs: number, callback: () => void): () => void {
    if (this.dead) return () => {}
    this.onAwait()
    const cancel = this.later(
      Math.max(0, delayMs),
      () => {
        const fault = this.#ports.injector.at(this.#moment(this.#ownTimer), 'timer')
        if (fault !== undefined && !this.#befall(fault, callback)) return
        callback()
      },
      TIMERS,
    )
    return cancel
  }

  #turn(): Promise<void> {
    if (this.dead) return new Promise(() => {})
    this.onAwait()
    const moment = this.#moment(this.#ownTurn)
    const lengthMs = moment.random.next() ** 8
    const fault = this.#ports.injector.at(moment, 'turn')
    return new Promise((resolve) => {
      if (fault !== undefined && !this.#befall(fault, resolve)) return
      this.later(this.#turnIn(lengthMs), resolve, TURNS)
    })
  }

  /** All who ask in one turn of the loop continue in the next one, in the order in which they asked. */
  #turnIn(lengthMs: number): number {
    const { now } = this.#ports.schedule
    if (this.#turnAt <= now) this.#turnAt = now + lengthMs
    return this.#turnAt - now
  }

  /** What happens to a host process at a timer or a turn. False where it does not continue now. */
  #befall(fault: Fault, goOn: () => void): boolean {
    this.#endures(fault)
    this.#ports.note(this, fault.at, fault)
    if (fault.kind === 'clock jump') {
      this.jump(fault.ms ?? 0)
      return true
    }
    if (fault.kind === 'crash before') this.die('a crash')
    else this.pause(fault.ms ?? 0)
    this.later(0, goOn)
    return false
  }

  #endures(fault: Fault | undefined): void {
    if (fault !== undefined && fault.kind !== 'crash before' && fault.kind !== 'crash after')
      this.hardships += 1
  }

  /** What is drawn for it depends on what it is and on nothing else that continues. */
  #moment(at: string): Moment & { readonly random: Random } {
    const nth = this.#ports.nth(at)
    const random = new Random(this.#ports.seed, at, nth)
    return { at, nth, coin: random.next(), size: random.next(), random }
  }
}

/** Timers of one host process that are due at the same moment fire in the order of their setting. */
const TIMERS = 0
const TURNS = 0.5
