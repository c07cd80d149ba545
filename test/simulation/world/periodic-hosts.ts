import { SWEEP_EVERY_MS, SWEEP_TIMEOUT_MS } from '../../../lib/model/limits.ts'
import { sweep, type SweepPass } from '../../../lib/sweep/sweep.ts'
import { SweepMemory } from '../../../lib/sweep/memory.ts'
import { bugsOf, doorbellOf, registryOf, type Environment } from './environment.ts'
import { Host } from './host.ts'
import type { HostProcess } from './host-process.ts'

/** A host that looks for work by itself, again and again. */
export abstract class PeriodicHost extends Host {
  protected running = false
  readonly #everyMs: number
  #cancelNext: () => void = () => {}

  constructor(environment: Environment, name: string, everyMs: number) {
    super(environment, name)
    this.#everyMs = everyMs
    this.next(this.random.next() * everyMs)
  }

  get working(): boolean {
    return this.running
  }

  /** The next pass is after this, and the others follow it as ever. */
  next(afterMs: number): void {
    const { schedule } = this.environment
    this.#cancelNext()
    this.#cancelNext = schedule.at(
      schedule.now + afterMs,
      this.random.next(),
      () => {
        this.next(this.#everyMs)
        this.pass()
      },
      true,
    )
  }

  protected abstract pass(): void

  protected died(): void {
    this.running = false
  }
}

/** The sweep function, once a minute. */
export class Sweeper extends PeriodicHost {
  #kept: { hostProcess: HostProcess; memory: SweepMemory } | undefined

  constructor(environment: Environment) {
    super(environment, 'sweep', SWEEP_EVERY_MS)
  }

  protected pass(): void {
    // EventBridge starts the next pass whether or not one is still running; then it has an environment of its own.
    if (this.running) this.hostProcess = undefined
    const hostProcess = this.alive()
    if (this.#kept?.hostProcess !== hostProcess) this.#kept = { hostProcess, memory: new SweepMemory() }
    this.running = true
    hostProcess.thaw()
    const { schedule } = this.environment
    const stopTimeout = schedule.at(schedule.now + SWEEP_TIMEOUT_MS, this.random.next(), () =>
      hostProcess.die('its time is up'),
    )
    const [beganAt, clockAt] = [schedule.now, hostProcess.clock.now()]
    const over = (pass?: SweepPass): void => {
      if (hostProcess.dead) return
      if (pass !== undefined && pass.failedShards === 0 && !pass.truncated)
        this.environment.swept(hostProcess, { beganAt, clockAt: Math.min(clockAt, hostProcess.clock.now()) })
      stopTimeout()
      hostProcess.freeze()
      if (this.hostProcess === hostProcess) this.running = false
      this.rested()
    }
    sweep({
      registry: registryOf(this.environment, hostProcess),
      doorbell: doorbellOf(this.environment, hostProcess),
      clock: hostProcess.clock,
      telemetry: bugsOf(this.environment, hostProcess),
      memory: this.#kept.memory,
      everyMs: SWEEP_EVERY_MS,
    }).then(over, () => over())
    hostProcess.onDeath = () => {
      stopTimeout()
      if (this.hostProcess === hostProcess) this.running = false
    }
  }
}
