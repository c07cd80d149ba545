import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { LocalStack } from '../../lib/local/stack.ts'
import type { Random } from '../simulation/world/random.ts'
import type { Mischief, MischiefKind } from './proxy.ts'
import type { Services } from './services.ts'

export type StormKind = MischiefKind | 'kill -9' | 'pause' | 'restart DynamoDB' | 'restart SQS'
export const STORM_KINDS: readonly StormKind[] = [
  'kill -9',
  'pause',
  'restart DynamoDB',
  'restart SQS',
  'delay',
  'silent',
  'cut request',
  'cut reply',
]

/** Out of a thousand times that bytes pass. */
const MISCHIEF_OF_1000: readonly (readonly [MischiefKind, number])[] = [
  ['delay', 30],
  ['cut request', 6],
  ['cut reply', 10],
  ['silent', 1],
]
const KILL_EVERY_MS = 230
/** Of these rounds one stops a worker for longer than its lease instead. */
const PAUSE_OF_ROUNDS = 12
const RESTART_EVERY_MS = 9_000

/** Does all of it, by the seed, until it is told to stop. */
export class Storm {
  readonly counts = new Map<StormKind, number>()
  /** Which process was killed when. */
  readonly kills: { readonly at: number; readonly pid: number }[] = []
  readonly #random: Random
  readonly #leaseTtlMs: number
  readonly #resumes = new Set<Promise<void>>()
  #over = false

  constructor(random: Random, leaseTtlMs: number) {
    this.#random = random
    this.#leaseTtlMs = leaseTtlMs
  }

  /** For the proxy. */
  mischief(): Mischief | undefined {
    if (this.#over) return undefined
    let drawn = this.#random.next() * 1_000
    for (const [kind, share] of MISCHIEF_OF_1000) {
      drawn -= share
      if (drawn >= 0) continue
      this.#count(kind)
      switch (kind) {
        case 'delay':
          return { delayMs: this.#random.pick([20, 200, this.#leaseTtlMs + 300]) }
        case 'silent':
          return { silent: true }
        case 'cut request':
          return { cutRequest: true }
        case 'cut reply':
          return { cutReply: true }
      }
    }
    return undefined
  }

  async rage(stack: LocalStack, services: Services, ms: number): Promise<void> {
    const endsAt = Date.now() + ms
    await Promise.all([this.#killAll(stack, endsAt), this.#restartAll(services, endsAt)])
    this.#over = true
    await Promise.all(this.#resumes)
  }

  async #killAll(stack: LocalStack, endsAt: number): Promise<void> {
    for (let round = 1; Date.now() < endsAt; round += 1) {
      const running = stack.workerPids().filter((pid) => isRunning(pid))
      if (running.length > 0) {
        const pid = this.#random.pick(running)
        if (round % PAUSE_OF_ROUNDS === 0) this.#pauseFor(pid, this.#leaseTtlMs * 2)
        else this.#kill(pid)
      }
      await pause(KILL_EVERY_MS)
    }
  }

  #kill(pid: number): void {
    if (!signalled(pid, 'SIGKILL')) return
    this.kills.push({ at: Date.now(), pid })
    this.#count('kill -9')
  }

  #pauseFor(pid: number, ms: number): void {
    if (!signalled(pid, 'SIGSTOP')) return
    this.#count('pause')
    const resume = pause(ms).then(() => {
      signalled(pid, 'SIGCONT')
      this.#resumes.delete(resume)
    })
    this.#resumes.add(resume)
  }

  async #restartAll(services: Services, endsAt: number): Promise<void> {
    for (let round = 0; Date.now() + RESTART_EVERY_MS / 3 < endsAt; round += 1) {
      await pause(Math.min(RESTART_EVERY_MS, Math.max(0, endsAt - Date.now()) / 3))
      if (round % 2 === 0) {
        await services.restartSqs()
        this.#count('restart SQS')
      } else {
        await services.restartDynamo()
        this.#count('restart DynamoDB')
      }
    }
  }

  #count(kind: StormKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}

/** False where it is gone already. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Stopped or dead processes are not worth a kill. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [TZ]/su.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
