import {
  howItEnded,
  startEnvironment,
  type ExecutionEnvironment,
  type FunctionDescription,
  type InvocationOutcome,
} from './environment.ts'
import type { OnLocalEvent } from './events.ts'

/** Absolute path of a module that exports `handler`, or what resolves to it once the module is built. */
export type HandlerEntry = string | (() => Promise<string>)

export type LocalFunctionOptions = Omit<FunctionDescription, 'entry'> & {
  readonly entry: HandlerEntry
  /** Environments at once: its reserved concurrency. An invocation above it waits. */
  readonly maxEnvironments: number
  /** Where one crashes another is started at once, ahead of the next event. Default: when an event needs it. */
  readonly replaceKilled?: boolean
  /** Of `deploy`: the new code starts after the old code has ended, and not beside it. For a debugger's one port. */
  readonly oneCodeAtATime?: boolean
  readonly onEvent: OnLocalEvent
}

/**
 * A Lambda function: environments that are started when needed, used again while warm, the last used first, and
 * replaced when they crash or time out.
 */
export class LocalFunction {
  readonly #options: LocalFunctionOptions
  readonly #live = new Set<ExecutionEnvironment>()
  /** The last used is at the end. */
  readonly #idle: ExecutionEnvironment[] = []
  readonly #waiting: (() => void)[] = []
  readonly #starting = new Set<Promise<unknown>>()
  /** Live ones and those that are starting. Busy ones with old code count only under `oneCodeAtATime`. */
  #taken = 0
  #entry: HandlerEntry
  /** Environments with code from before a `deploy`, which finish what they do. */
  readonly #retired = new Set<ExecutionEnvironment>()
  readonly #stop = new AbortController()

  constructor(options: LocalFunctionOptions) {
    this.#options = options
    this.#entry = options.entry
  }

  /** Processes of the environments that live now. */
  pids(): number[] {
    return [...this.#live].map((environment) => environment.pid)
  }

  /** Starts one environment ahead of its first event. Throws `HandlerUnusable`. */
  async warm(): Promise<void> {
    this.#release(await this.#take())
  }

  /** False where an invocation would have to wait, which one of a queue can and a caller of a URL cannot. */
  hasRoom(): boolean {
    return this.#idle.length > 0 || this.#taken < this.#options.maxEnvironments
  }

  /** Never rejects: a handler that cannot be loaded is a crash. */
  async invoke(event: unknown): Promise<InvocationOutcome> {
    let environment: ExecutionEnvironment | undefined
    try {
      environment = await this.#take()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { kind: 'crashed', error: { type: 'Runtime.InitError', message } }
    }
    if (environment === undefined) return STOPPED
    const { label, onEvent } = this.#options
    const startedAt = Date.now()
    const outcome = await environment.invoke(JSON.stringify(event))
    onEvent({
      type: 'invoked',
      function: label,
      pid: environment.pid,
      outcome: outcome.kind,
      tookMs: Date.now() - startedAt,
      ...('error' in outcome ? { error: outcome.error } : {}),
    })
    this.#release(environment)
    return outcome
  }

  /**
   * Serves later events with another module, as a Lambda deploy does: an idle environment ends now, a busy one after its
   * invocation. One that is starting serves an event with the old code, and ends.
   */
  deploy(entry: string): void {
    this.#entry = entry
    const idle = new Set(this.#idle.splice(0))
    for (const environment of this.#live) this.#retire(environment, idle.has(environment))
  }

  #retire(environment: ExecutionEnvironment, idle: boolean): void {
    if (this.#retired.has(environment)) return
    this.#retired.add(environment)
    if (idle) environment.end()
    if (this.#options.oneCodeAtATime !== true) this.#giveUpPlace()
  }

  /** Kills all environments, in the middle of what they do. */
  async stop(): Promise<void> {
    this.#stop.abort()
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.allSettled(this.#starting)
    await Promise.all([...this.#live].map((environment) => environment.ended))
  }

  /** Undefined once it is stopped. */
  async #take(): Promise<ExecutionEnvironment | undefined> {
    for (;;) {
      if (this.#stop.signal.aborted) return undefined
      const idle = this.#idle.pop()
      if (idle !== undefined) return idle
      if (this.#taken < this.#options.maxEnvironments) return this.#start()
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #release(environment: ExecutionEnvironment | undefined): void {
    if (environment === undefined || !this.#live.has(environment)) return
    if (this.#retired.has(environment)) return environment.end()
    this.#idle.push(environment)
    this.#waiting.shift()?.()
  }

  async #start(): Promise<ExecutionEnvironment | undefined> {
    const { label, onEvent } = this.#options
    const entry = this.#entry
    this.#taken += 1
    const starting = this.#startWith(entry)
    this.#starting.add(starting)
    try {
      const environment = await starting
      this.#live.add(environment)
      onEvent({ type: 'environment-started', function: label, pid: environment.pid })
      if (entry !== this.#entry) this.#retire(environment, false)
      void environment.ended.then((end) => this.#ended(environment, howItEnded(end)))
      return environment
    } catch (error) {
      this.#giveUpPlace()
      throw error
    } finally {
      this.#starting.delete(starting)
    }
  }

  async #startWith(entry: HandlerEntry): Promise<ExecutionEnvironment> {
    const { label, onEvent } = this.#options
    return startEnvironment(
      { ...this.#options, entry: typeof entry === 'string' ? entry : await entry() },
      {
        onLine: ({ stream, text }, pid) => onEvent({ type: 'log', function: label, pid, stream, line: text }),
        signal: this.#stop.signal,
      },
    )
  }

  #ended(environment: ExecutionEnvironment, how: string): void {
    const { label, onEvent } = this.#options
    this.#live.delete(environment)
    const at = this.#idle.indexOf(environment)
    if (at >= 0) this.#idle.splice(at, 1)
    const retired = this.#retired.delete(environment)
    if (!retired || this.#options.oneCodeAtATime === true) this.#giveUpPlace()
    onEvent({
      type: 'environment-ended',
      function: label,
      pid: environment.pid,
      because: this.#becauseOf(environment),
      how,
    })
    if (this.#options.replaceKilled === true && !retired) void this.#replace()
  }

  #becauseOf(environment: ExecutionEnvironment): 'stopped' | 'replaced' | 'timed-out' | 'crashed' {
    if (this.#stop.signal.aborted) return 'stopped'
    if (environment.endedByUs()) return 'replaced'
    return environment.timedOut() ? 'timed-out' : 'crashed'
  }

  /** An event that waits has taken the place already, and starts one for itself. */
  async #replace(): Promise<void> {
    if (this.#stop.signal.aborted || this.#taken >= this.#options.maxEnvironments) return
    // The event that needs a handler reports that it cannot be loaded.
    this.#release(await this.#start().catch(() => undefined))
  }

  #giveUpPlace(): void {
    this.#taken -= 1
    this.#waiting.shift()?.()
  }
}

const STOPPED: InvocationOutcome = {
  kind: 'crashed',
  error: { type: 'Stopped', message: 'the function is stopped' },
}
