import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import { SWEEP_EVERY_MS } from '../../../lib/model/limits.ts'
import type { CodeFact, Fact, History, HostFact, OutsideFact, Violation } from '../history.ts'
import type { ServiceState } from './dynamo/client.ts'
import { plain, SimulatedTable, type Accepted } from './dynamo/table.ts'
import { CLOCK_OFF_MAX_MS, GivenWeather, SeededWeather, type Fault, type Weather } from './faults.ts'
import type { Around } from './around.ts'
import { LambdaWorker } from './lambda-worker.ts'
import { Driver, Sweeper } from './passing.ts'
import { Life } from './life.ts'
import type { Call } from './request.ts'
import { OldAndNew } from './old-and-new.ts'
import { Outside } from './outside.ts'
import { Outage } from './outage.ts'
import { SimulatedQueue } from './queue.ts'
import { mixed, Random } from './random.ts'
import { Schedule } from './schedule.ts'
import { Trace, type Scene } from './trace.ts'
import type { Load, Scenario } from './scenario.ts'

/** How long a world may go on before it is said not to come to rest. */
export type Bounds = {
  readonly events: number
  /** Passes of the sweep that may find work after the trouble is over. */
  readonly latePasses: number
}
/** A usual world has some thousands of events. */
export const BOUNDS: Bounds = { events: 60_000, latePasses: 3_000 }
export const START_AT = Date.UTC(2026, 0, 1)

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
export async function live(
  scenario: Scenario,
  load: Load,
  options: { trace?: boolean; bounds?: Bounds } = {},
): Promise<Outcome> {
  const world = new World(scenario, load, { trace: options.trace === true, bounds: options.bounds ?? BOUNDS })
  return world.live()
}

class World {
  readonly #scenario: Scenario
  readonly #bounds: Bounds
  readonly #load: Load
  readonly #schedule = new Schedule(START_AT)
  readonly #service: ServiceState = { table: new SimulatedTable(), tokens: new Map(), transactions: 0 }
  readonly #queue: SimulatedQueue
  readonly #around: Around
  readonly #weather: Weather
  readonly #facts: Fact[] = []
  /** Where a write of a process stands among the facts. */
  readonly #factOf = new WeakMap<Accepted, number>()
  readonly #faults: Fault[] = []
  readonly #violations: Violation[] = []
  readonly #trace: Trace | undefined
  readonly #workers: LambdaWorker[]
  readonly #drivers: Driver[]
  readonly #sweeper: Sweeper
  readonly #outside: Outside
  readonly #code = new OldAndNew()
  readonly #plans: Scenario['deploys'][number][]
  #deployed: { version: number; without: readonly string[] } = { version: 0, without: [] }
  #calm = false
  #calls = 0
  #hash = 0
  readonly #waitedFor = new Map<string, number>()
  #rests = 0
  #takeovers = 0
  #fencedOff = 0
  #isRestless = false

  constructor(scenario: Scenario, load: Load, { trace, bounds }: { trace: boolean; bounds: Bounds }) {
    const { seed } = scenario
    this.#scenario = scenario
    this.#bounds = bounds
    this.#load = load
    this.#trace = trace ? new Trace() : undefined
    this.#plans = [...scenario.deploys]
    this.#weather =
      scenario.faults === undefined
        ? new SeededWeather(new Random(seed, 'weather'), new Random(seed, 'focus'))
        : new GivenWeather(scenario.faults)
    this.#queue = new SimulatedQueue(this.#schedule, new Random(seed, 'queue'))
    const outage =
      scenario.faults === undefined ? new Outage(new Random(seed, 'outage'), START_AT) : undefined
    const weather: Weather = {
      at: (moment, on) =>
        this.#calm ? undefined : (outage?.at(moment, on, this.#schedule.now) ?? this.#weather.at(moment, on)),
      skewAt: (birth) => this.#weather.skewAt(birth),
    }
    const lifePorts = {
      schedule: this.#schedule,
      weather,
      seed,
      nth: (what: string) => this.#nth(what),
      note: (life: Life, what: string, fault?: Fault, asked?: Call<unknown>) =>
        this.#note(life, what, fault, asked),
      fell: (life: Life) => this.#did({ kind: 'fell', by: life.name }),
      arrived: (asked: Call<unknown>, refused?: unknown) =>
        this.#trace?.arrived(
          this.#sinceStartMs(),
          asked,
          refused === undefined ? undefined : asError(refused),
        ),
    }
    this.#around = {
      seed,
      schedule: this.#schedule,
      service: this.#service,
      queue: this.#queue,
      letters: [],
      rang: (life, process) => this.#did({ kind: 'rang', by: life.name, process }),
      born: (name) => new Life(lifePorts, name, name === 'client#1'),
      definitions: (life) => this.#definitionsFor(life),
      accepted: (life, writes, transaction) => this.#accepted(life, writes, transaction),
      heard: (life, writes) => this.#heard(life, writes),
      note: (life, what) => this.#note(life, what),
      fencedOff: () => {
        this.#fencedOff += 1
      },
      bug: (life, error) => this.#bug(life, error),
    }
    const options = { timeoutMs: scenario.timeoutMs, batchMax: scenario.batchMax }
    this.#workers = numbered(scenario.workers, (n) => new LambdaWorker(this.#around, `worker-${n}`, options))
    this.#drivers = numbered(scenario.drivers, (n) => new Driver(this.#around, `server-${n}`, 20_000))
    this.#sweeper = new Sweeper(this.#around)
    this.#queue.onVisible = () => this.#offer()
    this.#outside = new Outside(this.#around, this.#currentCode('client#1'), load.requests)
    this.#outside.begin((fact) => this.#tell(fact))
  }

  async live(): Promise<Outcome> {
    const startedAt = performance.now()
    await this.#schedule.run(() => this.#over())
    return {
      history: { facts: this.#facts, end: this.#service.table.all() },
      violations: this.#violations,
      faults: this.#faults,
      restless: this.#isRestless,
      hash: this.#hash,
      events: this.#schedule.events,
      takeovers: this.#takeovers,
      fencedOff: this.#fencedOff,
      tookMs: performance.now() - startedAt,
      trace: this.#trace?.scenes ?? [],
    }
  }

  /** Is there nothing left to happen? Looked at before each event. */
  #over(): boolean {
    if (!this.#calm && this.#calls >= this.#scenario.troubleCalls) this.#calmDown()
    const [plan] = this.#plans
    if (plan !== undefined && this.#calls >= plan.atCall) this.#deploy()
    const { events } = this.#bounds
    if (this.#schedule.events > events) return this.#restless(`${events} events`)
    if (this.#schedule.waiting > 0) {
      if (this.#schedule.atBackground) this.#skipPasses(this.#service.table.soonestDue())
      return false
    }
    if (!this.#calm) {
      this.#calmDown()
      return false
    }
    if (this.#queue.redrive() > 0 || this.#resume() > 0) return false
    const working = this.#drivers.find((driver) => driver.working)
    if (working !== undefined) return this.#restless('a pass of a server that waits for nothing')
    return this.#atRest()
  }

  /** Nothing goes on. Rows that are due later are left to the sweep, which need not look before. */
  #atRest(): boolean {
    const dueAt = this.#service.table.soonestDue()
    if (dueAt === undefined) return true
    this.#rests += 1
    const { latePasses } = this.#bounds
    if (this.#rests > latePasses) return this.#restless(`${latePasses} passes of the sweep`)
    this.#skipPasses(dueAt)
    return false
  }

  /**
   * Leaves out the passes that would find nothing: no row is due by anyone's clock, every index shows what its table holds,
   * and nobody does anything before the passes go on. Most of a world's time is like that.
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

  #resume(): number {
    const stuck = this.#service.table
      .all()
      .filter(({ s, pk }) => s === 'stuck' && this.#code.resumes(textOf(pk)))
      .map(({ pk }) => textOf(pk))
    for (const pk of stuck) this.#outside.resume(pk.slice(2))
    return stuck.length
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
  #bug(life: Life, error: Error): void {
    const says = `${life.name}: ${error.name}: ${error.message}`
    this.#line(life.name, `meets a bug: ${error.name}: ${error.message}`, 'bug')
    this.#violations.push({ invariant: 'no error that is a bug', says })
  }

  /** The trouble is over: what people would do then is done, and nothing goes wrong any more. */
  #calmDown(): void {
    this.#calm = true
    this.#line('everyone', 'the trouble is over')
    while (this.#plans.length > 0) this.#deploy()
    if (this.#deployed.without.length > 0) this.#deployed = { ...this.#deployed, without: [] }
    for (const host of [...this.#workers, ...this.#drivers, this.#sweeper]) host.retire()
    this.#queue.redrive()
  }

  /** Lives that are at work go on with the code they began with. */
  #deploy(): void {
    const plan = this.#plans.shift()
    if (plan === undefined) return
    this.#deployed = { version: plan.version, without: plan.without ?? [] }
    const without = this.#deployed.without.length === 0 ? '' : `, without ${this.#deployed.without.join()}`
    this.#line('everyone', `version ${plan.version} is deployed${without}`)
    for (const host of [...this.#workers, ...this.#drivers]) host.retire()
  }

  #definitionsFor(life: Life): readonly AnyDefinition[] {
    const { version, without } = this.#deployed
    this.#code.runs(life.name, version)
    return this.#currentCode(life.name, life).filter(({ kind }) => !without.includes(kind))
  }

  #currentCode(name: string, life?: Life): readonly AnyDefinition[] {
    const { version } = this.#deployed
    const clock = life?.clock ?? {
      now: () => this.#schedule.now,
      after: () => () => {},
      turn: () => Promise.resolve(),
    }
    // What a dead life still says to itself is no fact.
    const record: Parameters<Load['definitions']>[0]['record'] = (fact) => {
      if (life?.dead === true) return
      this.#fact({ at: this.#schedule.now, ...fact })
      if (this.#trace !== undefined) this.#line(name, saidBy(fact), 'code')
    }
    const give: Parameters<Load['definitions']>[0]['give'] = (given) => {
      if (life?.dead !== true) this.#outside.take(given)
    }
    return this.#load.definitions({ life: name, clock, version, record, give })
  }

  #offer(): void {
    for (const worker of this.#workers) worker.poll()
  }

  #accepted(life: Life, writes: readonly Accepted[], transaction: number | undefined): void {
    // A claim that also fences the lease item off is a transaction: the owner before was still running.
    const fenced = writes.some(
      ({ sk, before, after }) =>
        sk === 'PROCESS' && before?.['s']?.S === 'running' && before['f']?.N !== after?.['f']?.N,
    )
    if (fenced) this.#takeovers += 1
    const tx = transaction === undefined ? {} : { tx: transaction }
    for (const write of writes) {
      const { pk, sk, before, after } = write
      if (sk === 'PROCESS') this.#factOf.set(write, this.#facts.length)
      if (sk === 'PROCESS') this.#code.wrote(life.name, pk, after?.['s']?.S)
      this.#fact({
        kind: 'write',
        at: this.#schedule.now,
        by: life.name,
        ...tx,
        pk,
        sk,
        before: before === undefined ? undefined : plain(before),
        after: after === undefined ? undefined : plain(after),
      })
      this.#hash = mixed(this.#hash, pk, sk, after?.['f']?.N ?? '', after?.['c']?.N ?? '')
    }
    this.#trace?.wrote(writes)
  }

  #heard(life: Life, writes: readonly Accepted[]): void {
    for (const write of writes) {
      const fact = this.#factOf.get(write)
      if (fact !== undefined) this.#did({ kind: 'heard', by: life.name, fact })
    }
  }

  #did(fact: HostFact): void {
    this.#fact({ at: this.#schedule.now, ...fact })
  }

  #tell(fact: OutsideFact): void {
    this.#fact({ at: this.#schedule.now, ...fact })
    this.#line('client#1', `is told: ${fact.kind} ${fact.process}`, 'told')
  }

  #fact(fact: Fact): void {
    this.#trace?.fact(this.#facts.length)
    this.#facts.push(fact)
  }

  #nth(what: string): number {
    const nth = (this.#waitedFor.get(what) ?? 0) + 1
    this.#waitedFor.set(what, nth)
    return nth
  }

  #note(life: Life, what: string, fault?: Fault, asked?: Call<unknown>): void {
    this.#calls += 1
    this.#hash = mixed(this.#hash, this.#schedule.now % 1e9, life.name, what)
    if (fault !== undefined) this.#faults.push(fault)
    const [atMs, kind] = [this.#sinceStartMs(), asked === undefined ? 'note' : 'sent'] as const
    this.#trace?.add({ atMs, who: life.name, what, kind, ...(fault === undefined ? {} : { fault }) }, asked)
  }

  #line(who: string, what: string, kind: Scene['kind'] = 'note'): void {
    this.#trace?.add({ atMs: this.#sinceStartMs(), who, what, kind })
  }

  #sinceStartMs(): number {
    return this.#schedule.now - START_AT
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function numbered<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1))
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** What code did, in words. */
function saidBy(fact: CodeFact): string {
  switch (fact.kind) {
    case 'body':
      return `runs ${fact.process}: the body of ${fact.effect}, attempt ${fact.attempt}`
    case 'took-signal':
      return `runs ${fact.process}: wait ${fact.nth} for signal ${fact.name} gets ${fact.payload}`
    case 'gave-token':
      return `runs ${fact.process}: the token of callback ${fact.name} goes out`
    case 'took-answer':
      return `runs ${fact.process}: callback ${fact.name} gets ${fact.answer}`
    case 'ran-to-end':
      return `runs ${fact.process}: the last line is done`
  }
}
