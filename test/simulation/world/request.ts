import type { CallClass, Fault } from './faults.ts'
import type { Wanted } from './dynamo/table.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

/** What carries a request out: its answer, or one more moment between its arrival and that. Throws what the service refuses with. */
type Arrive<T> = (fault: Fault | undefined, random: Random) => T | Later<T>
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
  /** Its sender hears the answer, and continues. */
  readonly heard?: () => void
  /** The service's own words for a fault that is an answer. */
  readonly refuse: (fault: 'throttle' | 'conflict' | 'error 500') => Error
}

/** Longest way of an ordinary request to the service, and of its answer back. */
const WAY_MS = 8

/** The sender of a request, and what a fault on its way does to it. */
type Sender = {
  readonly die: (why: string) => void
  readonly pause: (ms: number) => void
  readonly jump: (ms: number) => void
  readonly later: (ms: number, fire: () => void, tie?: number) => () => void
}

type SendingPorts = {
  readonly sender: Sender
  readonly schedule: Schedule
  /** Told when a request is carried out, or refused by the service. */
  readonly arrived: (asked: Call<unknown>, refused?: unknown) => void
}

/** One request on its way: there, a moment at which it is carried out, and back. */
export class Sending<T> {
  readonly #ports: SendingPorts
  readonly #sent: { readonly asked: Call<T>; readonly fault: Fault | undefined }

  constructor(ports: SendingPorts, asked: Call<T>, fault: Fault | undefined) {
    this.#ports = ports
    this.#sent = { asked, fault }
  }

  send(way: Way<T>): void {
    const { asked, fault } = this.#sent
    const { sender } = this.#ports
    const { sendMs, replyMs, reject } = way
    const ms = fault?.ms ?? 0
    const fail = (error: Error, after: number): void => void sender.later(after, () => reject(error), way.tie)
    // Every other fault is one that the service itself answers with.
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check
    switch (fault?.kind) {
      case 'crash before':
        sender.die('a crash')
        return fail(reset(), sendMs + replyMs)
      case 'pause before':
        sender.pause(ms)
        return void sender.later(0, () => this.#carry(way))
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
        return this.#carry({ ...way, sendMs: sendMs + replyMs + ms, reply: () => {} })
      case 'slow':
        return this.#carry({ ...way, sendMs: sendMs + ms })
      case 'crash after':
        return this.#carry({ ...way, reply: () => this.#dieOrMiss(way) })
      case 'reply lost':
        return this.#carry({ ...way, reply: () => fail(reset(), replyMs) })
      case 'timeout after':
        return this.#carry({ ...way, reply: () => fail(timedOut(), ms) })
      case 'error 500 after':
        return this.#carry({ ...way, reply: () => fail(asked.refuse('error 500'), replyMs) })
      case 'clock jump':
        // Not in the turn of the code that sends: between its look at the clock and what it begins then, no clock is set.
        sender.later(0, () => sender.jump(ms))
        return this.#carry(way)
      default:
        return this.#carry(way)
    }
  }

  /** A host process outside of it all does not die: it only does not hear the answer. */
  #dieOrMiss({ reject, replyMs }: Way<T>): void {
    const { sender } = this.#ports
    sender.die('a crash')
    sender.later(replyMs, () => reject(reset()))
  }

  /** The request is on its way: what happens there no longer depends on its sender. */
  #carry(way: Way<T>): void {
    const { asked, fault } = this.#sent
    const { sender, schedule, arrived } = this.#ports
    const { resolve, reject, replyMs } = way
    const answer = (settle: () => void): void => {
      if (fault?.kind === 'pause after') sender.pause(fault.ms ?? 0)
      if (way.reply === undefined) sender.later(replyMs, settle, way.tie)
      else way.reply()
    }
    const carryOut = (work: () => T | Later<T>): void => {
      try {
        const done = work()
        if (done instanceof Later) schedule.at(schedule.now + done.ms, 0.5, () => carryOut(done.carryOut))
        else {
          arrived(asked)
          answer(() => {
            asked.heard?.()
            resolve(done)
          })
        }
      } catch (error) {
        arrived(asked, error)
        answer(() => reject(error))
      }
    }
    schedule.at(schedule.now + way.sendMs, way.tie, () => carryOut(() => asked.arrive(fault, way.random)))
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

/** How long it takes there and back is drawn first, then who goes first of those that arrive at once. */
export function wayOf<T>(random: Random, resolve: Way<T>['resolve'], reject: Way<T>['reject']): Way<T> {
  const [sendMs, replyMs, tie] = [wayMs(random), wayMs(random), random.next()]
  return { sendMs, replyMs, tie, random, resolve, reject }
}

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
