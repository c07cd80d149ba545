import type { EpochMs } from '../model/clock.ts'

/** One delivery of a message to a worker, from any queue. */
export type Delivery = {
  /** The message's id, by which the worker names it to its queue and in logs. */
  readonly id: string
  readonly body: string
  /** Counts the deliveries of this message, from 1. Absent on hosts that do not count. */
  readonly attempt?: number
  readonly firstSentAt?: EpochMs
}

export type DeadLetter = {
  readonly messageId: string
  readonly body: string
  readonly code: string
  readonly reason: string
}

/** Keeps messages that no worker can serve, for a person to look at. */
export interface DeadLetters {
  put(letter: DeadLetter): Promise<void>
}

/** For how long from now on the queue delivers this message to no worker. */
export type Hiding = { readonly id: string; readonly forMs: number }

/** Chooses when a message that was received, and is not deleted by then, is delivered again. */
export interface Redelivery {
  /** Deliveries of a message before the queue makes it a dead letter. */
  readonly maxAttempts: number
  /**
   * Sets these times, in as few requests as they fit in. Returns the ids that the queue refused for good: such a message
   * is deleted, or was delivered again. Throws if a request failed.
   */
  hide(hidings: readonly Hiding[]): Promise<readonly string[]>
}
