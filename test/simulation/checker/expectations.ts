/** What a model of the programs says of their processes. Processes that it does not name are held to the general rules. */
export type Expectations = {
  readonly processes: ReadonlyMap<string, Expected>
  /** Ids of processes that start messages name which no worker can accept. One that `processes` holds is started in earnest too. */
  readonly misstarted?: ReadonlySet<string>
  /** How far back a worker's clock may have jumped while it ran. Absent if unknown: then as far as clocks may be off. */
  readonly clocksJumpBackMs?: number
  /** The stream of the table was read to its end. */
  readonly streamed?: boolean
  /** All that had a time to live was removed. */
  readonly expired?: boolean
  /** Each value goes through a codec. */
  readonly coded?: boolean
}

export type Expected = {
  /** Why a process may not have ended like this; undefined where it may. A crash-free run decides. */
  readonly allowed: (end: {
    readonly status: string
    readonly output: unknown
    /** Of the error that it failed with. */
    readonly code?: string | undefined
  }) => string | undefined
  /** Steps whose bodies may begin once, whatever happens. */
  readonly atMostOnce?: ReadonlySet<string>
  /** It waits for something that never comes, so it is open at the end. */
  readonly mayStayOpen?: boolean
  /** Its start may have been lost on the way, or refused; or its parent may end before the start. */
  readonly mayBeMissing?: boolean
  /** A caller asks for its cancel. */
  readonly cancelAsked?: boolean
  /** A caller gives it up. */
  readonly abandonAsked?: boolean
  /** Of an external process: its token, and the outputs that callers with the token send. */
  readonly external?: { readonly token: string; readonly outputs: ReadonlySet<string> }
  /**
   * How often each effect stands in the log of a process that ran to its end: `step p0/1`, `signal a`, `start steady`,
   * `child`. In that of one that ended otherwise there is none of them more often.
   */
  readonly effects?: ReadonlyMap<string, Bounds>
  /** The answers of callers that know the secret, by the callback's name, in the form of facts. */
  readonly answers?: ReadonlyMap<string, ReadonlySet<string>>
  /** Signals that it waits for from its first park on, each by one wait without end. */
  readonly awaitedAtOnce?: ReadonlySet<string>
  /** Attempts of each step, where nothing interrupts one: no body is ever told of a later one. */
  readonly attempts?: ReadonlyMap<string, number>
  /** How long an attempt of a step may take, in ms. */
  readonly limits?: ReadonlyMap<string, number>
  /** Moments that a sleep lasts to, by its name. */
  readonly until?: ReadonlyMap<string, number>
  /** How long a callback waits in silence, and in all. */
  readonly heartbeats?: ReadonlyMap<string, { readonly silenceMs: number; readonly timeoutMs: number }>
  /** Effects that continue when the process is to end, as they are named in `effects`, and the step that comes before the lines that they clean up after. */
  readonly shields?: readonly { readonly opens: string; readonly effects: ReadonlySet<string> }[]
  /** Children that a process which ran to its end has started. */
  readonly children?: Bounds
}

export type Bounds = { readonly min: number; readonly max: number }
