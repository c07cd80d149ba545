/** What a model of the programs says of their processes. Processes that it does not name are held to the general rules. */
export type Expectations = {
  readonly processes: ReadonlyMap<string, Expected>
  /** How far back a worker's clock may have jumped while it ran. Absent where nobody knows: as far as clocks may be off. */
  readonly clocksJumpBackMs?: number
}

export type Expected = {
  /** Why a process may not have ended like this; undefined where it may. A crash-free run decides. */
  readonly allowed: (end: { readonly status: string; readonly output: unknown }) => string | undefined
  /** Steps whose bodies may begin once, whatever happens. */
  readonly atMostOnce?: ReadonlySet<string>
  /** It waits for something that never comes, so it is open at the end. */
  readonly mayStayOpen?: boolean
  /** Its start may have been lost on the way, or refused. */
  readonly mayBeMissing?: boolean
}
