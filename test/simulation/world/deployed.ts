import type { AnyDefinition } from '../../../lib/effects/definition.ts'
import type { CodeFact } from '../history.ts'
import type { Accepted } from './dynamo/table.ts'
import type { HostProcess } from './host-process.ts'
import { OldAndNew } from './old-and-new.ts'
import { RecordedSteps } from './recorded-steps.ts'
import type { CodeHost, Deploy, Load } from './scenario.ts'

type DeployedPorts = {
  readonly load: Load
  readonly deploys: readonly Deploy[]
  readonly now: () => number
  readonly ran: (hostProcess: string, fact: CodeFact) => void
  readonly give: CodeHost['give']
  /** Told of each process that gets stuck. */
  readonly stuck: (process: string) => void
  /** Bodies of this process kill their worker, so many times. */
  readonly killer?: Killer
}

export type Killer = { readonly process: string; readonly times: number }

/** The code of a world: what a cold start finds, and what is still to be deployed. */
export class Deployed {
  readonly #ports: DeployedPorts
  readonly #plans: Deploy[]
  readonly #code = new OldAndNew()
  #version = 0
  #kills = 0
  #without: readonly string[] = []
  #isBad = false
  readonly #recorded: RecordedSteps | undefined

  constructor(ports: DeployedPorts) {
    this.#ports = ports
    this.#plans = [...ports.deploys]
    if (ports.deploys.some(({ isBad }) => isBad === true)) this.#recorded = new RecordedSteps()
  }

  /** Is another deploy to be made, once so much has been waited for? */
  isDue(calls: number): boolean {
    const [plan] = this.#plans
    return plan !== undefined && calls >= plan.atCall
  }

  /** The next deploy, in words. Host processes that work continue with the code that they started with. */
  deploy(): string | undefined {
    const plan = this.#plans.shift()
    if (plan === undefined) return undefined
    this.#version = plan.version
    this.#without = plan.without ?? []
    this.#isBad = plan.isBad === true
    if (this.#isBad) return `bad code is deployed`
    return `version ${plan.version} is deployed${this.#without.length === 0 ? '' : `, without ${this.#without.join()}`}`
  }

  /** Nothing is away any more. */
  complete(): void {
    this.#without = []
  }

  /** For a host process that begins now. */
  definitionsFor(hostProcess: HostProcess): readonly AnyDefinition[] {
    this.#code.runs(hostProcess.name, this.#version, this.#isBad)
    return this.current(hostProcess.name, hostProcess).filter(({ kind }) => !this.#without.includes(kind))
  }

  current(name: string, hostProcess?: HostProcess): readonly AnyDefinition[] {
    const { load, now, ran, give } = this.#ports
    return load.definitions({
      hostProcess: name,
      clock: hostProcess?.clock ?? { now, after: () => () => {}, turn: () => Promise.resolve() },
      version: this.#version,
      isBad: this.#isBad,
      isRecorded: (process, step) => this.#recorded?.has(process, step) === true,
      // What a dead host process still says to itself is no fact.
      record: (fact) => {
        if (hostProcess?.dead === true) return
        ran(name, fact)
        if (this.#isKilling(fact)) hostProcess?.die(`a body of ${fact.process} kills it`)
      },
      give: (given) => {
        if (hostProcess?.dead !== true) give(given)
      },
    })
  }

  #isKilling({ kind, process }: CodeFact): boolean {
    const { killer } = this.#ports
    if (kind !== 'body' || process !== killer?.process || this.#kills >= killer.times) return false
    this.#kills += 1
    return true
  }

  wrote(hostProcess: HostProcess, writes: readonly Accepted[]): void {
    for (const write of writes) {
      const { pk, sk, before, after } = write
      this.#recorded?.take(write)
      if (sk !== 'PROCESS') continue
      const status = after?.['s']?.S
      this.#code.wrote(hostProcess.name, pk, status)
      if (status === 'stuck' && before?.['s']?.S !== 'stuck') this.#ports.stuck(pk.slice(2))
    }
  }

  /** See `OldAndNew`. */
  resumes(process: string): boolean {
    return this.#code.resumes(process)
  }
}
