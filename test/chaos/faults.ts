import { setTimeout as pause } from 'node:timers/promises'
import { sent, stopped, within, type KillOrPause } from './kills.ts'
import type { Emulator } from './emulator.ts'
import type { Random } from './programs.ts'
import type { Proxy } from './proxy.ts'
import type { Watch } from './watch.ts'

export type FaultsOptions = {
  readonly random: Random
  readonly watch: Pick<Watch, 'workers' | 'holdings' | 'wearing' | 'written' | 'overtaken'>
  readonly dynamo: Emulator
  readonly proxy: Pick<Proxy, 'hold' | 'release'>
  readonly sqs: Emulator
  readonly leaseTtlMs: number
  readonly seconds: number
  readonly killsPerSecond: number
  /** So many workers stay alive, however long others take to start. */
  readonly spare: number
  /** Of workers, before it may be over. */
  readonly kills: number
  /** Of workers that wake up and find that another has what they held, before it may be over. */
  readonly overtakings: number
}

/**
 * Workers are struck at any age up to this, and older. On a slow machine they would otherwise all be killed as soon as they
 * are up, and none would die in the middle of its work.
 */
const LIFE_MS = 2_400
/** Between two looks for a worker to kill. */
const TRY_EVERY_MS = 30
/** This share of kills goes to workers that hold a process, while there are any: the others lose nothing by it. */
const BUSY = 0.7
/**
 * Between two kills so much is written: the busier the machine, the longer it takes to come to anything, and were workers
 * killed by the clock alone, it never would.
 */
const WRITES_PER_KILL = 3
/**
 * A process rests after stalls, twice as long each time. One that was struck so often in a row is spared until it makes
 * progress. Otherwise a run would end with resting processes alone.
 */
const STALLS_MAX = 4
/**
 * Looks without a further kill or overtaking, after which no other is waited for where some are lacking. Looks are counted
 * and not the clock: a machine too busy for them gets as long as it comes to something.
 */
const PATIENCE_LOOKS = 1_200
const LOOK_EVERY_MS = 100
/** Until the stream has told what a worker wrote before it was stopped. */
const STREAM_LAG_MS = 1_000
/** A pause ends before the worker's invocation does, in leases. */
const PAUSE_MAX_TTL = 3.5
/** By then what DynamoDB Local has acknowledged is on disk. */
const ON_DISK_AFTER_MS = 300

/** Why a kill that was due waited for the next try. */
export type Waits = Record<'forDynamo' | 'forWorkers' | 'forWrites' | 'forAge', number>

/** Everything that befalls processes of the machine, until its time has passed. */
export class Faults {
  readonly kills: KillOrPause[] = []
  readonly waits: Waits = { forDynamo: 0, forWorkers: 0, forWrites: 0, forAge: 0 }
  readonly #options: FaultsOptions
  /** Those that were stopped and not yet woken, and those that were killed and are not yet noticed to be gone. */
  readonly #struck = new Set<number>()
  /** Without DynamoDB no worker does anything: those that start then only keep it from coming back. */
  #storeIsAway = false
  #killed = 0
  #endsAt = 0
  #inVain = false

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { seconds, sqs, random } = this.#options
    this.#endsAt = performance.now() + seconds * 1_000
    const times = (everySeconds: number): number[] =>
      moments(random, Math.max(1, Math.round(seconds / everySeconds)), seconds)
    await Promise.all([
      this.#patience(),
      this.#kills(),
      this.#pauses(),
      this.#pauses(),
      this.#restarts(() => this.#killDynamo(), times(30)),
      this.#restarts(() => sqs.restart(), times(30)),
    ])
  }

  /** Its time is up, and enough was done or no more will be. */
  get #over(): boolean {
    return performance.now() >= this.#endsAt && (this.#inVain || this.#enough)
  }

  get #enough(): boolean {
    const { kills, overtakings } = this.#options
    return this.#killed >= kills && this.#overtaken >= overtakings
  }

  get #overtaken(): number {
    return this.#options.watch.overtaken(this.kills)
  }

  /** Ends when it has ended, or makes it so. What there is enough of is no progress. */
  async #patience(): Promise<void> {
    const { kills, overtakings } = this.#options
    const done = (): number => Math.min(this.#killed, kills) + Math.min(this.#overtaken, overtakings)
    let before = done()
    for (let looks = 0; !this.#over; looks += 1) {
      await pause(LOOK_EVERY_MS)
      if (done() > before) [looks, before] = [0, done()]
      this.#inVain = looks >= PATIENCE_LOOKS
    }
  }

  /** Keeps to a pace on the whole: where no worker was there to be killed, more are killed later. */
  async #kills(): Promise<void> {
    const { random, killsPerSecond } = this.#options
    const beganAt = performance.now()
    // Drawn once for each kill, and not for each try: a try every few milliseconds would soon draw a young one.
    let ageMs = random() * LIFE_MS
    while (!this.#over) {
      const due = beganAt + ((this.#killed + random()) * 1_000) / killsPerSecond
      await pause(Math.max(TRY_EVERY_MS, Math.min(due, this.#endsAt) - performance.now()))
      if (this.#over) continue
      const living = this.#living(ageMs)
      const because = this.#waitsFor(living.length)
      if (because !== undefined) {
        this.waits[because] += 1
        continue
      }
      const pid = this.#oneOf(random() < BUSY ? this.#busy(living) : []) ?? this.#oneOf(living)
      if (pid === undefined) continue
      this.#struck.add(pid)
      if (!sent(pid, 'SIGKILL')) continue
      this.kills.push({ kind: 'kill', pid, at: Date.now() })
      this.#killed += 1
      ageMs = random() * LIFE_MS
    }
  }

  #waitsFor(oldEnough: number): keyof Waits | undefined {
    const { spare, watch } = this.#options
    if (this.#storeIsAway) return 'forDynamo'
    if (this.#living(0).length <= spare) return 'forWorkers'
    if (watch.written < this.#killed * WRITES_PER_KILL) return 'forWrites'
    return oldEnough === 0 ? 'forAge' : undefined
  }

  /**
   * Stops a worker that runs something. Every other one sleeps until another has what it ran, and wakes up soon after that;
   * the others wake up at any moment around the end of their lease.
   */
  async #pauses(): Promise<void> {
    const { random, leaseTtlMs, watch } = this.#options
    const longestMs = leaseTtlMs * PAUSE_MAX_TTL
    while (!this.#over) {
      await pause(200 + random() * 600)
      const pid = this.#oneOf(this.#busy(this.#living(0)))
      if (pid === undefined || this.#over) continue
      this.#struck.add(pid)
      const at = Date.now()
      const { wake } = await stopped(pid, longestMs)
      if (random() < 0.5) await pause(leaseTtlMs * (0.6 + random() * 1.6))
      else if (await this.#seenOvertaken(pid, longestMs)) await pause(random() * 500)
      const woken = watch.workers.has(pid)
      this.kills.push({ kind: 'pause', pid, at, until: Date.now(), woken })
      wake()
      this.#struck.delete(pid)
    }
  }

  /** Whether another has a process that this worker held when it was stopped, before the pause has ended. */
  async #seenOvertaken(pid: number, longestMs: number): Promise<boolean> {
    await pause(STREAM_LAG_MS)
    const held = this.#holding(pid)
    if (held.size === 0) return false
    return within(longestMs - 2 * STREAM_LAG_MS, () => {
      const now = this.#holding(pid)
      return [...held].some((id) => !now.has(id))
    })
  }

  /**
   * DynamoDB Local answers a write a moment before it is on disk: killed in between, it has lost what it acknowledged, as
   * the real one never does. So it is killed at a moment when every write is answered, and that moment has passed; what it
   * is like to be cut off in the middle of a write is the wire's part.
   */
  async #killDynamo(): Promise<void> {
    const { dynamo, proxy } = this.#options
    this.#storeIsAway = true
    await dynamo.restart({
      async before() {
        await proxy.hold()
        await pause(ON_DISK_AFTER_MS)
      },
      after: () => proxy.release(),
    })
    this.#storeIsAway = false
  }

  async #restarts(restart: () => Promise<void>, at: readonly number[]): Promise<void> {
    const beganAt = performance.now()
    for (const moment of at) {
      const waitMs = beganAt + moment - performance.now()
      if (waitMs > 0) await pause(waitMs)
      await restart()
    }
  }

  /** Workers of at least this age that nothing has befallen. */
  #living(ageMs: number): readonly number[] {
    const { watch } = this.#options
    const bornBefore = performance.now() - ageMs
    const worn = watch.wearing(STALLS_MAX)
    return [...watch.workers].flatMap(([pid, bornAt]) =>
      this.#struck.has(pid) || worn.has(pid) || bornAt > bornBefore ? [] : [pid],
    )
  }

  #busy(pids: readonly number[]): readonly number[] {
    const held = this.#options.watch.holdings()
    return pids.filter((pid) => held.has(pid))
  }

  #holding(pid: number): ReadonlySet<string> {
    return this.#options.watch.holdings().get(pid) ?? new Set()
  }

  #oneOf(pids: readonly number[]): number | undefined {
    return pids[Math.floor(this.#options.random() * pids.length)]
  }
}

/** Spread over the time, each at a random moment of its share, and the last early enough to be got over. */
function moments(random: Random, count: number, seconds: number): number[] {
  const shareMs = (seconds * 850) / count
  return Array.from({ length: count }, (_, index) => (index + 0.15 + random() * 0.85) * shareMs)
}
