import type { LocalBusEvent } from './status-events/bus.ts'

/** Events of a local stack, for its display and for tests. `function` is `worker`, `sweep` or `statusEvents`. */
export type LocalEvent =
  | { readonly type: 'environment-started'; readonly function: string; readonly pid: number }
  | {
      readonly type: 'environment-ended'
      readonly function: string
      readonly pid: number
      /** `replaced`: other code was deployed. */
      readonly because: 'stopped' | 'replaced' | 'timed-out' | 'crashed'
      /** `exit status 1`, `signal: SIGKILL` */
      readonly how: string
    }
  | {
      readonly type: 'invoked'
      readonly function: string
      readonly pid: number
      readonly outcome: 'succeeded' | 'failed' | 'crashed' | 'timed-out'
      /** From handing over the event to its outcome. */
      readonly tookMs: number
      readonly error?: FunctionError
    }
  /** A line that a handler printed. */
  | {
      readonly type: 'log'
      readonly function: string
      readonly pid: number
      readonly stream: 'stdout' | 'stderr'
      readonly line: string
    }
  | {
      readonly type: 'batch'
      /** Message ids. */
      readonly received: readonly string[]
      readonly failed: readonly string[]
      /** Why all of it failed, where all did. */
      readonly because?: string
    }
  /** A batch of the table's stream, by sequence numbers. It comes again from the first that failed. */
  | {
      readonly type: 'stream-batch'
      readonly received: readonly string[]
      readonly failed: readonly string[]
      readonly because?: string
    }
  /** The bus took an event. */
  | { readonly type: 'outcome'; readonly event: LocalBusEvent }
  /** The queue or the stream could not be read or messages not be deleted; it is tried again. */
  | { readonly type: 'queue-trouble'; readonly doing: string; readonly error: string }
  /** It was not stopped by us: nothing works any more. */
  | { readonly type: 'emulator-ended'; readonly emulator: string }

export type OnLocalEvent = (event: LocalEvent) => void

/** An error as Lambda reports it. */
export type FunctionError = { readonly type: string; readonly message: string }
