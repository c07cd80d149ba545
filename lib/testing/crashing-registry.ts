import type { ProcessRegistry } from '../registry/port.ts'
import { isPromise } from '../model/realm.ts'

/** Where a worker dies: at its nth write from now, before it is applied, or after it but before the answer is heard. */
export type CrashPoint = { readonly nth: number; readonly when: 'before' | 'after' }

/** What a worker writes while it holds a process. */
const OWNER_WRITES: readonly (keyof ProcessRegistry)[] = [
  'start',
  'claim',
  'commit',
  'park',
  'startChild',
  'complete',
  'dependentsNotified',
]

/**
 * A registry as one worker sees it. Once the worker is dead the registry does nothing for it and never replies, so its
 * code that still runs in this thread can neither write nor continue: the same state as after SIGKILL.
 */
export class CrashingRegistry {
  readonly port: ProcessRegistry
  writes = 0
  #dead = false
  #crashAt: { readonly write: number; readonly when: CrashPoint['when'] } | undefined

  constructor(registry: ProcessRegistry) {
    this.port = new Proxy(registry, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.#call(() => value.apply(target, args), isWrite(key))
      },
    })
  }

  get dead(): boolean {
    return this.#dead
  }

  crashAt(point: CrashPoint): void {
    this.#crashAt = { write: this.writes + point.nth, when: point.when }
  }

  kill(): void {
    this.#dead = true
  }

  #call(call: () => unknown, isOwnerWrite: boolean): unknown {
    if (this.#dead) return new Promise(() => {})
    if (!isOwnerWrite) return this.#answered(call())
    this.writes += 1
    if (this.#crashAt?.write !== this.writes) return this.#answered(call())
    if (this.#crashAt.when === 'after') call()
    this.kill()
    return new Promise(() => {})
  }

  /** An answer that comes after the death is not heard. */
  #answered(reply: unknown): unknown {
    if (!isPromise(reply)) return reply
    return new Promise((resolve, reject) => {
      reply.then(
        (value: unknown) => void (this.#dead || resolve(value)),
        (error: unknown) => void (this.#dead || reject(error)),
      )
    })
  }
}

function isWrite(key: string | symbol): boolean {
  return OWNER_WRITES.some((name) => name === key)
}
