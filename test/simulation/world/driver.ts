import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import type { Item } from '../../../lib/registry/store/store.ts'
import { drive } from '../../../lib/worker/drive.ts'
import { segmentRun } from '../../../lib/worker/execution.ts'
import { map } from '../checker/stored.ts'
import { partsOf, type Environment } from './environment.ts'
import type { HostProcess } from './host-process.ts'
import { PeriodicHost } from './periodic-hosts.ts'
import { Random } from './random.ts'

/** Things that a pass may wait for before it is asked to stop: about as many as a short one waits for in all. */
const AWAITS_MAX = 120

/** A server that looks for what is due now and then, and is asked to stop at times: after a while, or at any of its awaits. */
export class Driver extends PeriodicHost {
  readonly #stops: Random

  constructor(environment: Environment, name: string, everyMs: number) {
    super(environment, name, everyMs)
    this.#stops = new Random(environment.seed, name, 'stops')
  }

  protected pass(): void {
    if (this.running) return
    this.running = true
    const { environment } = this
    const hostProcess = this.alive()
    const parts = partsOf(environment, hostProcess)
    const worker = { ...parts, registry: watched(parts.registry, environment, hostProcess) }
    const stop = new AbortController()
    environment.did({ kind: 'pass-began', by: hostProcess.name })
    this.#stopSometime(hostProcess, () => {
      if (stop.signal.aborted) return
      environment.note(hostProcess, 'is told to stop')
      environment.did({ kind: 'pass-stopped', by: hostProcess.name })
      stop.abort(new Error('a shutdown'))
    })
    const over = (): void => {
      hostProcess.onAwait = () => {}
      if (hostProcess.dead) return
      this.running = false
      this.rested()
    }
    // A pass that cannot read the index fails as a whole; the next one looks again.
    drive(worker, segmentRun(worker.controller, { shutdownSignal: stop.signal })).then(over, over)
  }

  #stopSometime(hostProcess: HostProcess, stop: () => void): void {
    if (this.random.chance(0.2)) hostProcess.later(this.random.next() * 10_000, stop)
    const at = this.#stops.chance(0.4) ? this.#stops.between(1, AWAITS_MAX) : 0
    let awaits = 0
    hostProcess.onAwait = () => {
      awaits += 1
      if (awaits === at) stop()
    }
  }
}

/** Processes that are running, may not be run again, and have an owner without a hard end. No operator gave them up yet. */
export function leftByServers(items: readonly Item[], overBy: number): string[] {
  return items.flatMap(({ pk, s, r, gr, ar, da }) => {
    if (s !== 'running' || r !== 'abandon' || ar !== undefined || Number(da) > overBy) return []
    return map(gr)?.['h'] === undefined && typeof pk === 'string' ? [pk.slice(2)] : []
  })
}

function watched(
  registry: ProcessRegistry,
  environment: Environment,
  hostProcess: HostProcess,
): ProcessRegistry {
  return new Proxy(registry, {
    get(target, key) {
      const found: unknown = Reflect.get(target, key, target)
      if (typeof found !== 'function') return found
      return (...args: unknown[]): unknown => {
        if (key === 'claim')
          environment.did({ kind: 'claims', by: hostProcess.name, process: String(args[0]) })
        return found.apply(target, args)
      }
    },
  })
}
