import { SWEEP_EVERY_MS } from '../../../lib/model/limits.ts'
import { DEAD_LETTER, type History, type Violation } from '../history.ts'
import type { ServiceState } from './dynamo/client.ts'
import { SimulatedTable } from './dynamo/table.ts'
import { CLOCK_OFF_MAX_MS, GivenFaults, SeededFaults, type Fault, type FaultInjector } from './faults.ts'
import type { Environment } from './environment.ts'
import { HistoryRecorder } from './history-recorder.ts'
import { Deployed, type Killer } from './deployed.ts'
import { LambdaWorker } from './lambda-worker.ts'
import { Expiry } from './expiry.ts'
import { Driver, leftByServers } from './driver.ts'
import { Sweeper } from './periodic-hosts.ts'
import { HostProcess } from './host-process.ts'
import { Callers } from './callers.ts'
import { Outage } from './outage.ts'
import { OutcomesReader, type Published } from './outcomes.ts'
import { TableStream } from './stream.ts'
import { SimulatedQueue } from './queue.ts'
import { payloadsOf } from './payloads.ts'
import { Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { START_AT, type Load, type Scenario } from './scenario.ts'
import type { Scene } from './trace.ts'

/** How long a world may continue before it is said not to come to rest. */
export type Bounds = {
  readonly events: number
  /** Passes of the sweep that may find work after the trouble has ended. */
  readonly latePasses: number
}
/** A usual world has some thousands of events. */
export const BOUNDS: Bounds = { events: 60_000, latePasses: 3_000 }

export type Outcome = {
  readonly history: History
  /** What the world itself saw go wrong. */
  readonly violations: readonly Violation[]
  /** The faults that happened, in their order. */
  readonly faults: readonly Fault[]
  /** It was ended while something still went on: what is left of it says nothing. */
  readonly restless: boolean
  /** What differs here differs in the run. */
  readonly hash: number
  readonly events: number
  /** Claims of a process whose owner was gone. */
  readonly takeovers: number
  /** Writes of owners that were overtaken, which were refused. */
  readonly fencedOff: number
  readonly tookMs: number
  /** What happened, where it was asked for. */
  readonly trace: readonly Scene[]
}

/** One run of a load in a scenario, from the first request until nothing is left to happen. */
export async function runWorld(
  scenario: Scenario,
  load: Load,
  options: { trace?: boolean; bounds?: Bounds } = {},
): Promise<Outcome> {
  const world = new World(scenario, load, { trace: options.trace === true, bounds: options.bounds ?? BOUNDS })
  return world.run()
}

const OPERATOR_COMES_MS = 60_000
/** An operator looks at what a server may have left so long after its lease was to be over. */
const GIVEN_UP_AFTER_MS = 10 * 60_000

class World {
  readonly #scenario: Scenario
  readonly #bounds: Bounds
  readonly #schedule = new Schedule(START_AT)
  readonly #service: ServiceState = { table: new SimulatedTable(), tokens: new Map(), transactions: 0 }
  readonly #queue: SimulatedQueue
  readonly #urgentQueue: SimulatedQueue
  readonly #isolationQueue: SimulatedQueue | undefined
  readonly #environment: Environment
  readonly #injector: FaultInjector
  readonly #recorder: HistoryRecorder
  readonly #code: Deployed
  readonly #violations: Violation[] = []
  readonly #workers: LambdaWorker[]
  readonly #drivers: Driver[]
  readonly #sweeper: Sweeper
  readonly #callers: Callers
  readonly #stream: TableStream | undefined
  readonly #readers: readonly OutcomesReader[]
  readonly #expiry: Expiry | undefined
  #calm = false
  readonly #givenUp = new Set<string>()
  readonly #waitedFor = new Map<string, number>()
  #rests = 0
  #fencedOff = 0
  #isRestless = false

  constructor(scenario: Scenario, load: Load, { trace, bounds }: { trace: boolean; bounds: Bounds }) {
    const { seed } = scenario
    this.#scenario = scenario
    this.#bounds = bounds
    this.#recorder = new HistoryRecorder(this.#schedule, { trace })
    this.#code = new Deployed({
      load,
      deploys: scenario.deploys,
      now: () => this.#schedule.now,
      ran: (hostProcess, fact) => this.#recorder.ran(hostProcess, fact),
      give: (given) => this.#callers.take(given),
      stuck: (process) => this.#gotStuck(process),
      ...(scenario.harmless === true ? {} : killerIn(seed, load)),
    })
    this.#injector =
      scenario.faults === undefined
        ? new SeededFaults(new Random(seed, 'weather'), new Random(seed, 'focus'))
        : new GivenFaults(scenario.faults)
    const hiding = new Random(seed, 'hiding')
    this.#queue = new SimulatedQueue(this.#schedule, new Random(seed, 'queue'), { hiding })
    const urgent = new Random(seed, 'urgent queue')
    this.#urgentQueue = new SimulatedQueue(this.#schedule, urgent, { hiding, prefix: 'u' })
    const isolation = new Random(seed, 'isolation queue')
    this.#isolationQueue = isolation.chance(0.7)
      ? new SimulatedQueue(this.#schedule, isolation, { hiding, prefix: 'i' })
      : undefined
    this.#makeLong(scenario.longQueues)
    const outage =
      scenario.faults === undefined ? new Outage(new Random(seed, 'outage'), START_AT) : undefined
    const injector: FaultInjector = {
      at: (moment, on) =>
        this.#calm
          ? undefined
          : (outage?.at(moment, on, this.#schedule.now) ?? this.#injector.at(moment, on)),
      skewAt: (birth) => this.#injector.skewAt(birth),
    }
    const recorder = this.#recorder
    const hostProcessPorts = {
      schedule: this.#schedule,
      injector,
      seed,
      nth: (what: string) => this.#nth(what),
      note: recorder.note.bind(recorder),
      fell: (hostProcess: HostProcess) => recorder.did({ kind: 'fell', by: hostProcess.name }),
      arrived: recorder.arrived.bind(recorder),
    }
    this.#environment = {
      seed,
      slotQueueMax: scenario.slotQueueMax,
      hides: scenario.hides === true,
      schedule: this.#schedule,
      service: this.#service,
      payloads: payloadsOf(scenario, (key, bytes) => recorder.stored(key, bytes)),
      queue: this.#queue,
      urgentQueue: this.#urgentQueue,
      isolationQueue: this.#isolationQueue,
      gaveUp: (process) =>
        recorder.told({ kind: 'refused', process, asked: 'a start message', code: DEAD_LETTER }),
      sent: (hostProcess, process, queue) =>
        recorder.did({ kind: 'woke', by: hostProcess.name, process, queue }),
      swept: (hostProcess, facts) => recorder.did({ kind: 'swept', by: hostProcess.name, ...facts }),
      born: (name) => new HostProcess(hostProcessPorts, name, name === 'client#1'),
      definitions: (hostProcess) => this.#code.definitionsFor(hostProcess),
      accepted: (hostProcess, writes, transaction) => {
        this.#code.wrote(hostProcess, writes)
        recorder.accepted(hostProcess, writes, transaction)
        this.#stream?.take(writes, this.#schedule.now)
        this.#expiry?.take(writes)
      },
      heard: (hostProcess, writes) => recorder.heard(hostProcess, writes),
      note: (hostProcess, what) => recorder.note(hostProcess, what),
      did: (fact) => recorder.did(fact),
      fencedOff: () => {
        this.#fencedOff += 1
      },
      bug: (hostProcess, error) => this.#bug(hostProcess, error),
    }
    const options = { timeoutMs: scenario.timeoutMs, batchMax: scenario.batchMax }
    this.#workers = numbered(
      scenario.workers,
      (n) => new LambdaWorker(this.#environment, `worker-${n}`, options),
    )
    this.#drivers = numbered(scenario.drivers, (n) => new Driver(this.#environment, `server-${n}`, 20_000))
    this.#sweeper = new Sweeper(this.#environment)
    const stream = scenario.outcomes === true ? new TableStream() : undefined
    this.#stream = stream
    this.#readers = stream === undefined ? [] : this.#readersOf(stream)
    this.#expiry = scenario.expires === true ? this.#expiryOf(seed) : undefined
    for (const queue of this.#queues) queue.onVisible = () => this.#offer()
    this.#callers = new Callers(this.#environment, this.#code.current('client#1'), load)
    this.#callers.begin((fact) => recorder.told(fact))
  }

  async run(): Promise<Outcome> {
    const startedAt = performance.now()
    await this.#schedule.run(() => this.#over())
    return {
      history: { facts: this.#recorder.facts, end: this.#service.table.all() },
      violations: this.#violations,
      faults: this.#recorder.faults,
      restless: this.#isRestless,
      hash: this.#recorder.hash,
      events: this.#schedule.events,
      takeovers: this.#recorder.takeovers,
      fencedOff: this.#fencedOff,
      tookMs: performance.now() - startedAt,
      trace: this.#recorder.scenes,
    }
  }

  /** Is there nothing left to happen? Looked at before each event. */
  #over(): boolean {
    const recorder = this.#recorder
    if (!this.#calm && recorder.calls >= this.#scenario.troubleCalls) this.#calmDown()
    if (this.#code.isDue(recorder.calls)) this.#deploy()
    const { events } = this.#bounds
    if (this.#schedule.events > events) return this.#restless(`${events} events`)
    if (this.#schedule.waiting > 0) {
      if (this.#schedule.atBackground && this.#giveUp() === 0)
        this.#skipPasses(this.#service.table.soonestDue())
      return false
    }
    if (!this.#calm) {
      this.#calmDown()
      return false
    }
    if (this.#redrive() > 0 || this.#resume() > 0 || this.#giveUp() > 0) return false
    const working = this.#drivers.find((driver) => driver.working)
    if (working !== undefined) return this.#restless('a pass of a server that waits for nothing')
    return this.#atRest()
  }

  /** Nothing continues. Rows that are due later are left to the sweep, which need not look before. */
  #atRest(): boolean {
    const dueAt = this.#service.table.soonestDue()
    if (dueAt === undefined) return this.#expiry?.pass() !== true
    this.#rests += 1
    const { latePasses } = this.#bounds
    if (this.#rests > latePasses) return this.#restless(`${latePasses} passes of the sweep`)
    this.#skipPasses(dueAt)
    return false
  }

  /**
   * Leaves out the passes that would find nothing: no row is due by anyone's clock, every index shows what its table holds,
   * and no actor does anything before the passes continue. Most of a world's time is like that.
   */
  #skipPasses(dueAt = Number.POSITIVE_INFINITY): void {
    const { now, soonest } = this.#schedule
    if (this.#service.table.shownAt > now) return
    const skews = [this.#sweeper, ...this.#drivers].map((host) => host.skewMs ?? CLOCK_OFF_MAX_MS)
    const untilDueMs = dueAt - now - Math.max(0, ...skews)
    const aheadMs = Math.min(untilDueMs, soonest - now) - SWEEP_EVERY_MS
    if (aheadMs <= 2 * SWEEP_EVERY_MS) return
    this.#sweeper.next(aheadMs)
    for (const driver of this.#drivers) driver.next(aheadMs)
  }

  /** Once the trouble has ended, an operator does not wait until nothing continues: others may wait for the place that it holds. */
  #gotStuck(process: string): void {
    this.#callers.stuck(process)
    if (!this.#calm) return
    const { now } = this.#schedule
    this.#schedule.at(now + OPERATOR_COMES_MS, 0.5, () => void this.#resume())
  }

  #resume(): number {
    const stuck = this.#service.table
      .all()
      .filter(({ s, pk }) => s === 'stuck' && this.#code.resumes(textOf(pk)))
      .map(({ pk }) => textOf(pk))
    for (const pk of stuck) this.#callers.resume(pk.slice(2))
    return stuck.length
  }

  /** Nothing proves that a server is dead, so an operator gives up the processes that it left and that no worker may run again. */
  #giveUp(): number {
    if (!this.#calm) return 0
    const overBy = this.#schedule.now - GIVEN_UP_AFTER_MS
    const left = leftByServers(this.#service.table.all(), overBy).filter((id) => !this.#givenUp.has(id))
    for (const process of left) {
      this.#givenUp.add(process)
      this.#callers.giveUp(process)
    }
    return left.length
  }

  #restless(what: string): true {
    const rows = this.#service.table.all().filter((item) => item['d'] !== undefined)
    const due = rows.map(({ pk, s, da }) => [pk, s, 'due at', da].map(textOf).join(' '))
    const says = `after ${what} these are still due: ${due.length === 0 ? 'none' : due.join('; ')}`
    this.#isRestless = true
    this.#violations.push({ invariant: 'does not come to rest', says })
    return true
  }

  /** Something that no fault explains. */
  #bug(hostProcess: HostProcess, error: Error): void {
    const says = `${hostProcess.name}: ${error.name}: ${error.message}`
    this.#recorder.line(hostProcess.name, `meets a bug: ${error.name}: ${error.message}`, 'bug')
    this.#violations.push({ invariant: 'no error that is a bug', says })
  }

  /** The trouble has ended: what people would do then is done, and nothing goes wrong any more. */
  #calmDown(): void {
    this.#calm = true
    this.#recorder.line('everyone', 'the trouble has ended')
    while (this.#deploy());
    this.#code.complete()
    for (const host of [...this.#workers, ...this.#drivers, ...this.#readers, this.#sweeper]) host.retire()
    this.#redrive()
    this.#resume()
  }

  #redrive(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.redrive(), 0)
  }

  get #queues(): readonly SimulatedQueue[] {
    return [this.#queue, this.#urgentQueue, this.#isolationQueue].filter((queue) => queue !== undefined)
  }

  #makeLong(longQueues: Scenario['longQueues']): void {
    if (longQueues === undefined) return
    const queues = { work: this.#queue, urgent: this.#urgentQueue, isolation: this.#isolationQueue }
    for (const name of longQueues.names) queues[name]?.beLong(longQueues)
  }

  /** False where nothing is left to be deployed. */
  #deploy(): boolean {
    const says = this.#code.deploy()
    if (says === undefined) return false
    this.#recorder.line('everyone', says)
    for (const host of [...this.#workers, ...this.#drivers]) host.retire()
    return true
  }

  #expiryOf(seed: number): Expiry {
    return new Expiry({
      table: this.#service.table,
      schedule: this.#schedule,
      random: new Random(seed, 'expiry of items'),
      removed: (write) => {
        this.#recorder.expired(write)
        this.#stream?.take([write], this.#schedule.now)
      },
    })
  }

  #readersOf(stream: TableStream): readonly OutcomesReader[] {
    const published: Published = ({ detail: { id: process, status, revision, createdAt } }) =>
      this.#recorder.told({ kind: 'published', process, status, revision, createdAt })
    const readers = stream.shards.map(
      (_, index) => new OutcomesReader(this.#environment, index + 1, { stream, published }),
    )
    stream.onRecord = () => {
      for (const reader of readers) reader.poll()
    }
    return readers
  }

  #offer(): void {
    for (const worker of this.#workers) worker.poll()
  }

  #nth(what: string): number {
    const nth = (this.#waitedFor.get(what) ?? 0) + 1
    this.#waitedFor.set(what, nth)
    return nth
  }
}

/** In one world of four a process kills the workers that run it, a few times. */
function killerIn(seed: number, { requests }: Load): { killer?: Killer } {
  const random = new Random(seed, 'killer')
  const started = requests.flatMap((request) => (request.do === 'start' ? [request.process] : []))
  if (started.length === 0 || !random.chance(0.25)) return {}
  return { killer: { process: random.pick(started), times: random.between(1, 7) } }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function numbered<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1))
}
