import { ProcessClient } from '../../lib/client/client.ts'
import type { AnyDefinition } from '../../lib/effects/definition.ts'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import type { CountName, DurationName } from '../../lib/telemetry/metrics.ts'
import type { Facts, Telemetry } from '../../lib/telemetry/port.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { Pulse } from '../../lib/testing/pulse.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { VirtualQueue } from '../../lib/testing/virtual-queue.ts'
import { serveBatch } from '../../lib/worker/batch.ts'
import { workerParts, type WorkerConfig, type WorkerParts } from '../../lib/worker/config.ts'
import { lookMessage } from '../../lib/queue/messages.ts'
import type { ExecutionContext } from '../../lib/worker/execution.ts'
import { sweep, type SweepPass } from '../../lib/sweep/sweep.ts'
import { DurableProcessWorker } from '../../lib/worker/worker.ts'

/** Timers that one wait may skip: a world that never comes to rest is a failure, not a hang. */
const SKIPS_MAX = 20_000

/** What telemetry was told, to be looked at. */
export class Told implements Telemetry {
  readonly counts = new Map<CountName, number>()
  readonly measures: { metric: DurationName; ms: number; facts?: Facts }[] = []
  readonly lines: { level: string; message: string; facts?: Facts; error?: unknown }[] = []

  count(metric: CountName, by = 1): void {
    this.counts.set(metric, (this.counts.get(metric) ?? 0) + by)
  }
  measure(metric: DurationName, ms: number, facts?: Facts): void {
    this.measures.push({ metric, ms, facts })
  }
  info(message: string, facts?: Facts): void {
    this.lines.push({ level: 'info', message, facts })
  }
  warn(message: string, facts?: Facts, error?: unknown): void {
    this.lines.push({ level: 'warn', message, facts, error })
  }
  error(message: string, error: unknown, facts?: Facts): void {
    this.lines.push({ level: 'error', message, facts, error })
  }
}

/** Workers, a queue and a sweep around one registry, on a clock that moves only while a test or a timer waits. */
export class World {
  readonly clock = new VirtualClock()
  readonly told = new Told()
  readonly queue = new VirtualQueue(this.clock)
  readonly registry: ProcessRegistry
  readonly client: ProcessClient
  readonly #chance = seededChance(7)
  readonly #pulse = new Pulse(this.clock)

  constructor(registry: ProcessRegistry) {
    this.registry = this.#pulse.watch(registry)
    this.client = new ProcessClient({ registry: this.registry, doorbell: this.queue, clock: this.clock })
  }

  config(
    definitions: readonly AnyDefinition[],
    overrides: Partial<WorkerConfig> & { skewMs?: number } = {},
  ): WorkerConfig {
    const { skewMs = 0, ...rest } = overrides
    return {
      registry: this.registry,
      definitions,
      ownerId: 'worker-a',
      doorbell: this.queue,
      controller: new JournaledEffectController({ durable: false }),
      telemetry: this.told,
      clock: this.clock.skewed(skewMs),
      chance: this.#chance,
      ...rest,
    }
  }

  worker(
    definitions: readonly AnyDefinition[],
    overrides: Partial<WorkerConfig> & { skewMs?: number } = {},
  ): DurableProcessWorker {
    return new DurableProcessWorker(this.config(definitions, overrides))
  }

  parts(
    definitions: readonly AnyDefinition[],
    overrides: Partial<WorkerConfig> & { skewMs?: number } = {},
  ): WorkerParts {
    return workerParts(this.config(definitions, overrides))
  }

  /** Lets this worker serve what the queue delivers. */
  attach(parts: WorkerParts, execution: () => ExecutionContext = () => ({})): void {
    this.queue.deliver = async (id) => {
      await this.serve(parts, [lookMessage(id)], execution())
    }
  }

  serve(
    parts: WorkerParts,
    bodies: readonly string[],
    execution: ExecutionContext = {},
  ): Promise<readonly string[]> {
    const deliveries = bodies.map((body, index) => ({ id: `m${index}`, body }))
    return serveBatch({ worker: parts, deadLetters: this.queue }, deliveries, execution)
  }

  sweep(everyMs = 60_000): Promise<SweepPass> {
    const { registry, queue, clock, told } = this
    return sweep({ registry, doorbell: queue, clock, telemetry: told, everyMs })
  }

  /** Waits for a promise, skipping from timer to timer whenever nothing else continues. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const done = (): void => {
      settled = true
    }
    promise.then(done, done)
    for (let skips = 0; !settled; skips += 1) {
      await this.rest(() => settled)
      if (settled) break
      if (skips > SKIPS_MAX || !(await this.clock.skip()))
        throw new Error('the world came to rest before the promise settled')
    }
    return promise
  }

  /** Waits until no registry call is in flight and nothing else happens, without letting time continue. */
  rest(enough?: () => boolean): Promise<void> {
    return this.#pulse.rest(enough)
  }

  /** Lets `ms` pass, with all that happens in them. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms
    await this.rest()
    while ((this.clock.nextAt ?? Number.POSITIVE_INFINITY) <= until) {
      await this.clock.skip()
      await this.rest()
    }
    await this.clock.advance(until - this.clock.now())
    await this.rest()
  }
}
