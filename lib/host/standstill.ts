import type { Clock } from '../model/clock.ts'
import { STANDSTILL_MS, STANDSTILLS_KEPT } from '../model/limits-flight.ts'
import type { Telemetry } from '../telemetry/port.ts'
import type { SegmentFacts } from '../telemetry/run-lines.ts'

type HeldStep = { readonly name: string; readonly attempt: number }
/** A time in which the event loop did not turn: no timer of the program could fire, and no lease could be renewed. */
type Standstill = {
  readonly ms: number
  readonly process: string
  readonly step?: string
  readonly attempt?: number
}

type StandstillPorts = {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly renewEveryMs: number
  readonly facts: SegmentFacts
}

/** The newest ones of this program, by the process whose run noticed them. */
const noticed = new Map<string, Standstill>()
/** The newest one whose step is known for certain, and when it was over. */
let held: { readonly standstill: Standstill; readonly at: number } | undefined

/**
 * Names the step that holds the event loop. A body that computes for longer than a lease costs each process of its worker the
 * lease, and the log would only say that a lease was lost.
 *
 * The stretch from the beginning of a body to its first `await` is measured, and its step is known for certain. A later stretch
 * shows by a renewal that comes late: that names the steps that were open.
 */
export class StandstillWatch {
  readonly #ports: StandstillPorts

  constructor(ports: StandstillPorts) {
    this.#ports = ports
  }

  /** Calls what may hold the loop, and measures it. */
  measured<T>(step: HeldStep, call: () => T): T {
    const beganAt = this.now()
    try {
      return call()
    } finally {
      const [at, process] = [this.now(), this.#ports.facts.id]
      const standstill = { ms: Math.round(at - beganAt), process, step: step.name, attempt: step.attempt }
      if (standstill.ms >= this.#leastMs) {
        held = { standstill, at }
        this.#report(standstill)
      }
    }
  }

  /** A timer fired later than it was set for. */
  late(lateMs: number, open: HeldStep | undefined): void {
    if (lateMs < this.#leastMs) return
    const process = this.#ports.facts.id
    const known = held !== undefined && this.now() - held.at < lateMs ? held.standstill : undefined
    if (known?.process === process) return
    const step = open === undefined ? {} : { step: open.name, attempt: open.attempt }
    this.#report(known ?? { ms: Math.round(lateMs), process, ...step })
  }

  /** By a clock that nothing sets. */
  now(): number {
    const { clock } = this.#ports
    return clock.elapsedMs?.() ?? clock.now()
  }

  get #leastMs(): number {
    return Math.min(STANDSTILL_MS, this.#ports.renewEveryMs)
  }

  #report(standstill: Standstill): void {
    const { telemetry, facts } = this.#ports
    noticed.delete(facts.id)
    noticed.set(facts.id, standstill)
    for (const id of noticed.keys()) if (noticed.size > STANDSTILLS_KEPT) noticed.delete(id)
    telemetry.warn('the event loop stood still', { ...facts, ...standstill })
  }
}

/** What this program knows of why a process lost its leases, in the words of its evidence. */
export function standstillOf(id: string): string {
  const found = noticed.get(id)
  if (found === undefined) return ''
  const { ms, process, step, attempt } = found
  const where = step === undefined ? '' : ` in step ${JSON.stringify(step)}, attempt ${attempt}`
  const whose = process === id ? '' : ` of ${process}`
  return `; the event loop of its worker stood still for ${(ms / 1_000).toFixed(1)} s${where}${whose}`
}
