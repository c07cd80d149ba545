/** Epoch milliseconds: an instant on some machine's clock. */
export type EpochMs = number

/**
 * Time as the code sees it. The real one stands in `lib/host/system.ts`; tests bring a virtual one.
 * A clock may be wrong by minutes: it decides when a lease may be taken over, never who may write.
 */
export interface Clock {
  now(): EpochMs
  /** Milliseconds since any moment, by a clock that nothing sets. Absent where `now` is such a clock. */
  elapsedMs?(): number
  /** Runs `callback` once, `delayMs` from now; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void
  /** Lets every promise that is ready go first: settles on a later turn of the event loop. */
  turn(): Promise<void>
}

/** Chance as the code sees it. */
export interface Chance {
  /** In [0, 1). */
  random(): number
  /** A token that cannot be guessed: 22 characters of `[A-Za-z0-9_-]` (128 bits). */
  token(): string
}
