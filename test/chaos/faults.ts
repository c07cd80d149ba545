import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import type { Emulator } from './emulator.ts'
import type { Random } from './programs.ts'
import type { Fate, Proxy } from './proxy.ts'

/** A worker that was killed, or stopped for a while. Times are of the machine's clock, which all of its processes share. */
export type Blow =
  | { readonly kind: 'kill'; readonly pid: number; readonly at: number }
  | { readonly kind: 'pause'; readonly pid: number; readonly at: number; readonly until: number }

export type FaultsOptions = {
  readonly random: Random
  /** Workers that live now, and since when by this process's monotonic clock. */
  readonly workers: () => ReadonlyMap<number, number>
  readonly dynamo: Emulator
  readonly proxy: Pick<Proxy, 'hold' | 'release'>
  readonly sqs: Emulator
  readonly leaseTtlMs: number
  readonly seconds: number
  readonly killsPerSecond: number
  /** Of workers, before it may be over. A slow machine gets half the time more. */
  readonly kills: number
}

/** One request in so many is befallen by each kind of trouble on the wire. */
const ONE_IN = 70
const DELAY_MAX_MS = 400
/**
 * Workers are struck at any age up to this, and older: were they all killed as soon as they are up, as on a slow machine
 * they would, none would ever die in the middle of something.
 */
const LIFE_MS = 2_400
/** By then what DynamoDB Local has acknowledged is on disk. */
const ON_DISK_AFTER_MS = 300

/** What befalls requests between the handlers and DynamoDB. */
export function fates(random: Random): () => Fate {
  return () => {
    const drawn = random() * ONE_IN
    if (drawn < 1) return { do: 'delay', ms: 20 + random() * DELAY_MAX_MS }
    if (drawn < 1.5) return { do: 'drop-request' }
    if (drawn < 2) return { do: 'drop-reply' }
    if (drawn < 2.5) return { do: 'cut-request' }
    if (drawn < 3) return { do: 'cut-reply' }
    return { do: 'pass' }
  }
}

/** Everything that befalls processes of the machine, until its time is over. */
export class Faults {
  readonly blows: Blow[] = []
  readonly #options: FaultsOptions
  /** Those that were stopped and not yet woken, and those that were killed and are not yet noticed to be gone. */
  readonly #struck = new Set<number>()
  /** Without DynamoDB no worker does anything: those that start then only keep it from coming back. */
  #storeIsAway = false

  constructor(options: FaultsOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { seconds, sqs, random } = this.#options
    const endsAt = performance.now() + seconds * 1_000
    const times = (everySeconds: number): number[] =>
      moments(random, Math.max(1, Math.round(seconds / everySeconds)), seconds)
    await Promise.all([
      this.#kills(endsAt),
      this.#pauses(endsAt),
      this.#pauses(endsAt),
      this.#restarts(() => this.#killDynamo(), times(30), endsAt),
      this.#restarts(() => sqs.restart(), times(30), endsAt),
    ])
  }

  /** Keeps to a pace on the whole: where no worker was there to be killed, more are killed later. */
  async #kills(endsAt: number): Promise<void> {
    const { random, killsPerSecond, kills: wanted } = this.#options
    const beganAt = performance.now()
    const latest = beganAt + (endsAt - beganAt) * 1.5
    const over = (): boolean => performance.now() >= (kills < wanted ? latest : endsAt)
    let kills = 0
    // Drawn once for each kill, and not for each try: a try every few milliseconds would soon draw a young one.
    let ageMs = random() * LIFE_MS
    while (!over()) {
      const due = beganAt + ((kills + random()) * 1_000) / killsPerSecond
      await pause(Math.max(10, Math.min(due, latest) - performance.now()))
      const pid = this.#storeIsAway ? undefined : this.#anyWorker(ageMs)
      if (pid === undefined || over()) continue
      this.#struck.add(pid)
      if (!sent(pid, 'SIGKILL')) continue
      this.blows.push({ kind: 'kill', pid, at: Date.now() })
      kills += 1
      ageMs = random() * LIFE_MS
    }
  }

  /** Stops a worker until well past its lease, so that another has its processes when it wakes. */
  async #pauses(endsAt: number): Promise<void> {
    const { random, leaseTtlMs } = this.#options
    for (;;) {
      await pause(300 + random() * 900)
      const ms = leaseTtlMs * (1.6 + random() * 0.8)
      if (performance.now() + ms >= endsAt) return
      const pid = this.#anyWorker(LIFE_MS / 4)
      if (pid === undefined) continue
      const until = Date.now() + ms
      this.#struck.add(pid)
      this.blows.push({ kind: 'pause', pid, at: Date.now(), until })
      await stopAndWake(pid, ms)
      this.#struck.delete(pid)
    }
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

  async #restarts(restart: () => Promise<void>, at: readonly number[], endsAt: number): Promise<void> {
    const beganAt = performance.now()
    for (const moment of at) {
      const waitMs = beganAt + moment - performance.now()
      if (waitMs > 0) await pause(waitMs)
      if (performance.now() < endsAt) await restart()
    }
  }

  #anyWorker(ageMs: number): number | undefined {
    const bornBefore = performance.now() - ageMs
    const pids = [...this.#options.workers()].flatMap(([pid, bornAt]) =>
      this.#struck.has(pid) || bornAt > bornBefore ? [] : [pid],
    )
    return pids[Math.floor(this.#options.random() * pids.length)]
  }
}

/** Spread over the time, each at a random moment of its share, and the last early enough to be got over. */
function moments(random: Random, count: number, seconds: number): number[] {
  const shareMs = (seconds * 850) / count
  return Array.from({ length: count }, (_, index) => (index + 0.15 + random() * 0.85) * shareMs)
}

/** By a process of its own, so that the worker is woken, and can notice that its parent is gone, however this one ends. */
function stopAndWake(pid: number, ms: number): Promise<void> {
  const script = 'kill -STOP $0; sleep $1; kill -CONT $0'
  const shell = spawn('/bin/sh', ['-c', script, String(pid), (ms / 1_000).toFixed(3)], {
    detached: true,
    stdio: 'ignore',
  })
  return new Promise((resolve) => void shell.once('exit', () => resolve()).once('error', () => resolve()))
}

function sent(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // It is gone already.
    return false
  }
}
