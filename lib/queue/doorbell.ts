import type { ProcessId } from '../model/ids.ts'
import { SQS_DELAY_MAX_MS } from '../model/limits.ts'

/** "Look at process P", after a delay. A hint: losing or repeating one changes latency, never an outcome. */
export type Wakeup = {
  readonly id: ProcessId
  readonly delayMs: number
  /** Goes to the queue of the urgent ones, where there is one. */
  readonly urgent?: boolean
  /** Whose doorbell it is to a fair queue: a flood of one group does not make the others wait. */
  readonly group?: string
  /** A worker died with it: it goes to the isolation queue, where there is one (C60). */
  readonly alone?: boolean
}

/**
 * `urgent`: for processes that are started as urgent. `isolation`: for those of dead owners; each of its messages is
 * delivered by itself, so nothing runs beside them.
 */
export type QueueName = 'work' | 'urgent' | 'isolation'

export interface Doorbell {
  /** The queues there are. Without a queue of their own, wake-ups go to `urgent` or `work`. */
  readonly queues: readonly QueueName[]
  /** The longest delay that it takes. The sweep wakes a process that is due later than that. */
  readonly maxDelayMs: number
  /** Sends them all, in batches. Throws `StoreUnavailable` where some could not be sent; the sweep finds those rows. */
  ring(wakeups: readonly Wakeup[]): Promise<void>
  /** About how many messages of this queue wait to be received. */
  backlog(queue: QueueName): Promise<number>
}

/** For hosts without a queue: the next pass finds the due processes. */
export const NO_DOORBELL: Doorbell = {
  queues: ['work'],
  maxDelayMs: SQS_DELAY_MAX_MS,
  ring: () => Promise.resolve(),
  backlog: () => Promise.resolve(0),
}
