import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ProcessClient } from '../client/client.ts'
import type { StartOptions } from '../client/processes.ts'
import type { ChildDefinition } from '../effects/context.ts'
import { JournaledEffectController } from '../effects/journaled.ts'
import { type Duration, toMs } from '../model/duration.ts'
import { UnknownProcess } from '../model/errors.ts'
import { parseProcessId } from '../model/ids.ts'
import type { JsonCheck } from '../model/json.ts'
import { LEASE_TTL_MS, SWEEP_EVERY_MS } from '../model/limits.ts'
import { expectConfig } from '../model/options.ts'
import type { LogEntry } from '../model/log.ts'
import { isEnded, type Output, type ProcessRecord } from '../model/record.ts'
import { MemoryProcessRegistry } from '../registry/memory.ts'
import type { ProcessRegistry } from '../registry/port.ts'
import { SILENT } from '../telemetry/port.ts'
import { serveBatch } from '../worker/batch.ts'
import { workerParts, type WorkerParts } from '../worker/config.ts'
import { lookMessage } from '../queue/messages.ts'
import { sweep } from '../sweep/sweep.ts'
import { Bodies } from './bodies.ts'
import { CrashingRegistry, type CrashPoint } from './crashing-registry.ts'
import { Ending } from './ending.ts'
import { OPTIONS, type TestKitOptions } from './options.ts'
import { Pulse } from './pulse.ts'
import { checkReplay } from './replay-check.ts'
import { seededChance } from './seeded-chance.ts'
import { VirtualClock } from './virtual-clock.ts'
import { VirtualQueue } from './virtual-queue.ts'
import { Warnings } from './warnings.ts'

/** Times that one wait may skip: a world that never comes to rest is a failure, not a hang. */
const SKIPS_MAX = 50_000

/**
 * The whole system in one thread: the real worker, effects, sweep and client on a registry in memory, a queue and a
 * clock that moves only when a test moves it. A process that sleeps for a year is tested in a millisecond.
 *
 *     const kit = new TestKit({ definitions: [order] })
 *     await kit.start(order, { sku: 'x' }, { id: 'order-1' })
 *     await kit.signal('order-1', 'approved', { by: 'ann' })
 *     expect(await kit.result('order-1')).toEqual({ outcome: 'success', value: 'shipped' })
 */
export class TestKit {
  readonly clock: VirtualClock
  readonly client: ProcessClient
  readonly registry: ProcessRegistry
  readonly #options: TestKitOptions
  readonly #queue: VirtualQueue
  readonly #pulse: Pulse
  readonly #chance
  readonly #startedAt: number
  #workers = 0
  #signals = 0
  #crash: CrashPoint | undefined
  readonly #warnings: Warnings
  readonly #bodies = new Bodies()
  #current: { parts: WorkerParts; registry: CrashingRegistry }

  constructor(options: TestKitOptions) {
    expectConfig<TestKitOptions>(options, OPTIONS)
    this.#options = options
    this.clock = new VirtualClock(options.startAt)
    this.#chance = seededChance(options.seed ?? 1)
    this.#warnings = new Warnings(options.telemetry)
    this.#pulse = new Pulse(this.clock)
    this.registry = this.#pulse.watch(options.registry ?? new MemoryProcessRegistry({ clock: this.clock }))
    this.#queue = new VirtualQueue(this.clock)
    this.#current = this.#newWorker()
    this.client = new ProcessClient({
      registry: this.registry,
      doorbell: this.#queue,
      clock: this.clock,
    })
    this.#queue.deliver = (id) => this.#serve(lookMessage(id))
    this.#startedAt = this.clock.now()
  }

  /** Starts a process and lets it run until it waits or has ended. */
  async start<Definition extends ChildDefinition>(
    definition: Definition,
    input: StandardSchemaV1.InferInput<Definition['input']>,
    options: StartOptions,
  ): Promise<ProcessRecord> {
    await this.client.start(definition, input, options)
    await this.settle()
    return this.record(options.id)
  }

  /** Sends a signal, under a key of its own unless one is given. Then runs the processes that it wakes. */
  signal(id: string, name: string): Promise<void>
  signal<T>(id: string, name: string, payload: T & JsonCheck<T>, key?: string): Promise<void>
  async signal(id: string, name: string, payload: unknown = null, key?: string): Promise<void> {
    await this.client.signal(id, { name, payload, key: key ?? `test-${this.#signals++}` })
    await this.settle()
  }

  async cancel(id: string, reason = 'cancelled by the test'): Promise<void> {
    await this.client.cancel(id, reason)
    await this.settle()
  }

  /** Moves the clock on by this time, and runs everything that is due within it. */
  async skip(duration: Duration): Promise<void> {
    const until = this.clock.now() + toMs(duration, 'skip')
    await this.settle()
    while (await this.#next(until)) await this.#pulse.rest()
    await this.clock.advance(until - this.clock.now())
    await this.settle()
  }

  /** Runs everything that can run without moving the clock, timers that are due now included. */
  async settle(): Promise<void> {
    await this.#pulse.rest()
    while (this.clock.nextAt !== undefined && this.clock.nextAt <= this.clock.now()) {
      await this.clock.skip()
      await this.#pulse.rest()
    }
  }

  /** The output of a process: moves the clock from event to event until it has ended. Throws `NeverEnds` if it cannot end. */
  async result(id: string): Promise<Output> {
    const ending = new Ending({
      clock: this.clock,
      bodies: this.#bodies,
      warnings: this.#warnings,
      has: (kind) => this.#options.definitions.some((definition) => definition.kind === kind),
      get: (child) => this.registry.get(parseProcessId(child)),
    })
    for (let skips = 0; skips < SKIPS_MAX; skips += 1) {
      await this.#pulse.rest()
      const record = await this.record(id)
      if (isEnded(record)) return this.registry.outputOf(record)
      await ending.expectChange(record)
      if (!(await this.#next(Number.POSITIVE_INFINITY))) break
    }
    throw ending.atRest(await this.record(id), await this.log(id))
  }

  /**
   * Runs the code of a process again on its journal, at other times and with other random numbers: what a sleep, a crash or a
   * deploy does in production. Throws `ReplayDiffers` if the code asks for another effect than before, as with
   * `Date.now()` in a branch. No body of a step runs, and nothing is written. Other code sees the other times meanwhile.
   */
  async checkReplay(id: string): Promise<void> {
    const [record, log] = await Promise.all([this.record(id), this.log(id)])
    const { definitions } = this.#current.parts
    await checkReplay({ record, log, definitions, registry: this.registry })
  }

  async record(id: string): Promise<ProcessRecord> {
    const record = await this.registry.get(parseProcessId(id))
    if (record === undefined) throw new UnknownProcess({ id })
    return record
  }

  /** All entries of a process's log. */
  log(id: string): Promise<readonly LogEntry[]> {
    return this.registry.eventsAfter(parseProcessId(id), 0, 1_000_000)
  }

  /** The names of the effects that have an outcome, in the order of the log. */
  async effects(id: string): Promise<readonly string[]> {
    return (await this.log(id)).flatMap((entry) => (entry.type === 'effect' ? [entry.name] : []))
  }

  /**
   * Marks work that takes real time, such as a request to a server of the test. The clock stands still until it is done, and
   * a process that waits for it does not count as idle. Work that hangs until a timeout of the process's own must not be
   * marked past the moment from which it hangs.
   *
   *     const fetchPage = (url: string) => kit.outside(fetch(url).then((reply) => reply.text()))
   */
  outside<T>(work: Promise<T>): Promise<T> {
    return this.#pulse.during(work)
  }

  /** Kills the worker at its nth write from now, `before` it is applied or `after`. Another takes over once the lease has expired. */
  crashAtWrite(nth: number, when: CrashPoint['when'] = 'before'): void {
    this.#crash = { nth, when }
    this.#current.registry.crashAt(this.#crash)
  }

  /** Kills the worker here and now. */
  crash(): void {
    this.#current.registry.kill()
  }

  /** The mistakes and failures that workers have reported so far, each with its error and its place in the code. */
  get warnings(): readonly string[] {
    return this.#warnings.texts
  }

  /** Writes that workers have made so far. */
  get writes(): number {
    return this.#current.registry.writes
  }

  async #serve(body: string): Promise<void> {
    if (this.#current.registry.dead) this.#current = this.#newWorker()
    const { parts } = this.#current
    await serveBatch({ worker: parts, deadLetters: this.#queue }, [{ id: 'test', body }], {})
  }

  #newWorker(): { parts: WorkerParts; registry: CrashingRegistry } {
    this.#workers += 1
    const registry = new CrashingRegistry(this.registry)
    const parts = workerParts({
      registry: registry.port,
      definitions: this.#options.definitions,
      ownerId: `test-worker-${this.#workers}`,
      doorbell: this.#queue,
      controller: new JournaledEffectController({ durable: false }),
      clock: this.clock,
      chance: this.#chance,
      telemetry: this.#warnings,
      tracer: this.#bodies,
      leaseTtlMs: LEASE_TTL_MS,
    })
    return { parts, registry }
  }

  /** Moves on to the next event by `until`: a timer, or a pass of the sweep that has something to wake. */
  async #next(until: number): Promise<boolean> {
    const sweepAt = await this.#nextPass()
    const timerAt = this.clock.nextAt ?? Number.POSITIVE_INFINITY
    if (Math.min(sweepAt, timerAt) > until || Math.min(sweepAt, timerAt) === Number.POSITIVE_INFINITY)
      return false
    if (timerAt <= sweepAt) return this.clock.skip()
    await this.clock.advance(sweepAt - this.clock.now())
    const { registry, clock } = this
    await sweep({ registry, doorbell: this.#queue, clock, telemetry: SILENT, everyMs: SWEEP_EVERY_MS })
    return true
  }

  /** The sweep looks once a minute; the passes before anything is nearly due would find nothing, and are left out. */
  async #nextPass(): Promise<number> {
    const shards = Array.from({ length: this.registry.dueShards }, (_, shard) => shard)
    const until = Number.MAX_SAFE_INTEGER
    const pages = await Promise.all(shards.map((shard) => this.registry.listDue({ shard, until, limit: 1 })))
    const soonest = Math.min(...pages.flatMap((page) => page.items.map((row) => row.dueAt)))
    if (soonest === Number.POSITIVE_INFINITY) return soonest
    const from = Math.max(this.clock.now() + 1, soonest - SWEEP_EVERY_MS) - this.#startedAt
    return this.#startedAt + Math.ceil(from / SWEEP_EVERY_MS) * SWEEP_EVERY_MS
  }
}
