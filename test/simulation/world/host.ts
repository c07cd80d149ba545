import type { Environment } from './environment.ts'
import type { HostProcess } from './host-process.ts'
import { Random } from './random.ts'

/** A host and its host processes, one after the other. */
export abstract class Host {
  protected readonly environment: Environment
  protected readonly random: Random
  protected readonly name: string
  protected hostProcess: HostProcess | undefined
  #started = 0
  #retiring: HostProcess | undefined

  constructor(environment: Environment, name: string) {
    this.environment = environment
    this.name = name
    this.random = new Random(environment.seed, name)
  }

  /** Ends the host process, once what it is at is done: the next one is a cold start, with the code of its day. */
  retire(): void {
    this.#retiring = this.hostProcess
    this.rested()
  }

  /** Its host process has nothing to do. */
  protected rested(): void {
    if (this.#retiring === undefined || this.#retiring !== this.hostProcess || this.working) return
    this.#retiring.retire('it is not needed any more')
  }

  /** How far the clock of its host process is ahead; undefined where its next host process is not born yet. */
  get skewMs(): number | undefined {
    return this.hostProcess?.dead === false ? this.hostProcess.skewMs : undefined
  }

  abstract get working(): boolean

  protected alive(): HostProcess {
    if (this.hostProcess !== undefined && !this.hostProcess.dead) return this.hostProcess
    this.#started += 1
    const hostProcess = this.environment.born(`${this.name}#${this.#started}`)
    this.hostProcess = hostProcess
    hostProcess.onDeath = () => this.died(hostProcess)
    return hostProcess
  }

  protected abstract died(hostProcess: HostProcess): void
}
