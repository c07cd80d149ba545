import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import type { Item } from '../../../lib/registry/store/store.ts'
import { drive } from '../../../lib/worker/drive.ts'
import { segmentRun } from '../../../lib/worker/segment.ts'
import { map } from '../checker/stored.ts'
import { partsOf, type Around } from './around.ts'
import type { Life } from './life.ts'
import { Passing } from './passing.ts'
import { Random } from './random.ts'

/** Things that a pass may wait for before it is told to stop: about as many as a short one waits for in all. */
const AWAITS_MAX = 120

/** A server that looks for what is due now and then, and is told to stop at times: after a while, or at any of its awaits. */
export class Driver extends Passing {
  readonly #stops: Random

  constructor(around: Around, name: string, everyMs: number) {
    super(around, name, everyMs)
    this.#stops = new Random(around.seed, name, 'stops')
  }

  protected pass(): void {
    if (this.running) return
    this.running = true
    const { around } = this
    const life = this.alive()
    const parts = partsOf(around, life)
    const worker = { ...parts, registry: watched(parts.registry, around, life) }
    const stop = new AbortController()
    around.did({ kind: 'pass-began', by: life.name })
    this.#stopSometime(life, () => {
      if (stop.signal.aborted) return
      around.note(life, 'is told to stop')
      around.did({ kind: 'pass-stopped', by: life.name })
      stop.abort(new Error('a shutdown'))
    })
    const over = (): void => {
      life.onAwait = () => {}
      if (life.dead) return
      this.running = false
      this.rested()
    }
    // A pass that cannot read the index fails as a whole; the next one looks again.
    drive(worker, segmentRun(worker.controller, { shutdownSignal: stop.signal })).then(over, over)
  }

  #stopSometime(life: Life, stop: () => void): void {
    if (this.random.chance(0.2)) life.later(this.random.next() * 10_000, stop)
    const at = this.#stops.chance(0.4) ? this.#stops.between(1, AWAITS_MAX) : 0
    let awaits = 0
    life.onAwait = () => {
      awaits += 1
      if (awaits === at) stop()
    }
  }
}

/** Processes that are running, may not be run again, and have an owner without a hard end. Nobody gave them up yet. */
export function leftByServers(items: readonly Item[], overBy: number): string[] {
  return items.flatMap(({ pk, s, r, gr, ar, da }) => {
    if (s !== 'running' || r !== 'abandon' || ar !== undefined || Number(da) > overBy) return []
    return map(gr)?.['h'] === undefined && typeof pk === 'string' ? [pk.slice(2)] : []
  })
}

function watched(registry: ProcessRegistry, around: Around, life: Life): ProcessRegistry {
  return new Proxy(registry, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target)
      if (typeof found !== 'function') return found
      return (...args: unknown[]): unknown => {
        if (key === 'claim') around.did({ kind: 'claims', by: life.name, process: String(args[0]) })
        return found.apply(target, args)
      }
    },
  })
}
