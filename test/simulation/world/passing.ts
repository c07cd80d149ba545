import { SWEEP_EVERY_MS, SWEEP_TIMEOUT_MS } from '../../../lib/model/limits.ts'
import { sweep, type SweepPass } from '../../../lib/worker/queue/sweep.ts'
import { SweepMemory } from '../../../lib/worker/queue/sweep-memory.ts'
import { bugsOf, doorbellOf, registryOf, type Around } from './around.ts'
import { Host } from './host.ts'
import type { Life } from './life.ts'

/** A host that looks for work by itself, again and again. */
export abstract class Passing extends Host {
  protected running = false
  readonly #everyMs: number
  #cancelNext: () => void = () => {}

  constructor(around: Around, name: string, everyMs: number) {
    super(around, name)
    this.#everyMs = everyMs
    this.next(this.random.next() * everyMs)
  }

  get working(): boolean {
    return this.running
  }

  /** The next pass is after this, and the others follow it as ever. */
  next(afterMs: number): void {
    const { schedule } = this.around
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
export class Sweeper extends Passing {
  #kept: { life: Life; memory: SweepMemory } | undefined

  constructor(around: Around) {
    super(around, 'sweep', SWEEP_EVERY_MS)
  }

  protected pass(): void {
    // EventBridge starts the next pass whether or not one is still running; then it has an environment of its own.
    if (this.running) this.life = undefined
    const life = this.alive()
    if (this.#kept?.life !== life) this.#kept = { life, memory: new SweepMemory() }
    this.running = true
    life.thaw()
    const { schedule } = this.around
    const stopTimeout = schedule.at(schedule.now + SWEEP_TIMEOUT_MS, this.random.next(), () =>
      life.die('its time is up'),
    )
    const [beganAt, clockAt] = [schedule.now, life.clock.now()]
    const over = (pass?: SweepPass): void => {
      if (life.dead) return
      if (pass !== undefined && pass.failedShards === 0 && !pass.truncated)
        this.around.swept(life, { beganAt, clockAt: Math.min(clockAt, life.clock.now()) })
      stopTimeout()
      life.freeze()
      if (this.life === life) this.running = false
      this.rested()
    }
    sweep({
      registry: registryOf(this.around, life),
      doorbell: doorbellOf(this.around, life),
      clock: life.clock,
      telemetry: bugsOf(this.around, life),
      memory: this.#kept.memory,
      everyMs: SWEEP_EVERY_MS,
    }).then(over, () => over())
    life.onDeath = () => {
      stopTimeout()
      if (this.life === life) this.running = false
    }
  }
}
