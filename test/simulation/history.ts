import type { Item } from '../../lib/registry/store/store.ts'
import type { QueueName } from '../../lib/queue/doorbell.ts'

/** What a checker sees of a world: facts in the order in which they took effect, and the table as it was at the end. */
export type History = { readonly facts: readonly Fact[]; readonly end: readonly Item[] }

/** `at` is the world's own time, whatever any actor's clock says. */
export type Fact = { readonly at: number } & (StoreFact | CodeFact | HostFact | CallerFact)

/**
 * One accepted write to one item. The writes of a transaction follow each other and share `tx`. `by` is who wrote it:
 * one life of one worker (`worker-2#3`), of the sweep, or a client. It is absent where the recorder cannot know it, as in
 * a table's stream.
 */
export type StoreFact = {
  readonly kind: 'write'
  readonly by?: string
  readonly tx?: number
  readonly pk: string
  readonly sk: string
  readonly before: Item | undefined
  readonly after: Item | undefined
}

/** What the code of a process did, told by the code itself from inside its bodies. */
export type CodeFact =
  | {
      /** The body of a step began. `effect` is the step's name, unique in its process. */
      readonly kind: 'body'
      readonly by: string
      readonly process: string
      readonly effect: string
      readonly attempt: number
      /** By its worker's own clock, where the recorder knows it. */
      readonly clockAt?: number
    }
  /** The code of a process was run with this input. */
  | { readonly kind: 'got-input'; readonly by: string; readonly process: string; readonly input: string }
  | {
      /** A wait for a signal came to an end with this payload, live or replayed. */
      readonly kind: 'took-signal'
      readonly by: string
      readonly process: string
      readonly name: string
      /** Which wait for this name it was, from 0. */
      readonly nth: number
      readonly payload: string
    }
  | {
      /** The token of a callback went out. `name` is the callback's, unique in its process. */
      readonly kind: 'gave-token'
      readonly by: string
      readonly process: string
      readonly name: string
      readonly token: string
    }
  | {
      /** A wait for a callback came to an end with this answer, live or replayed. Answers are told as in `answered`. */
      readonly kind: 'took-answer'
      readonly by: string
      readonly process: string
      readonly name: string
      readonly answer: string
    }
  | {
      /** The run reached its last line: what it would answer or throw, before that is recorded. */
      readonly kind: 'ran-to-end'
      readonly by: string
      readonly process: string
    }

/** What a life did besides: absent where the recorder cannot know it. */
export type HostFact =
  /** It heard that a write of a process, this fact, was accepted. */
  | { readonly kind: 'heard'; readonly by: string; readonly fact: number }
  /** It sent a wake-up, whether or not that arrived, and to which queue, where the recorder knows. */
  | { readonly kind: 'woke'; readonly by: string; readonly process: string; readonly queue?: QueueName }
  /** It died of a fault, and leaves undone what it was at. */
  | { readonly kind: 'fell'; readonly by: string }
  | {
      /** A pass of the sweep looked at all rows that are due, and woke those it wanted to. */
      readonly kind: 'swept'
      readonly by: string
      readonly beganAt: number
      /** By its own clock: the earlier one of when it began and when it ended. */
      readonly clockAt: number
    }
  /** A pass over what is due began, or was told to stop. */
  | { readonly kind: 'pass-began' | 'pass-stopped'; readonly by: string }
  | {
      /** An invocation has ended, with a message of this process. If its worker died, of several messages the first to come. */
      readonly kind: 'delivered'
      readonly by: string
      readonly process: string
      /** Counts the deliveries of the message. */
      readonly attempt: number
      readonly end: 'done' | 'given back' | 'died'
      readonly tookMs: number
      /** Something besides a crash went wrong with its worker meanwhile. */
      readonly isDisturbed: boolean
      /** Until the queue delivers it again; 0 where it does already. */
      readonly hiddenForMs: number
      /** At the end the worker runs the process, which it claimed in this invocation. */
      readonly isHeld: boolean
      /** At the end the process is running, and a suspect. */
      readonly isSuspect: boolean
      /** From the beginning to the end another worker ran the process, under one claim. */
      readonly isOfAnother: boolean
    }
  /** A pass sent a claim, whether or not that arrived. */
  | { readonly kind: 'claims'; readonly by: string; readonly process: string }

/** The code of a refusal without a caller: the message is in the dead-letter queue. */
export const DEAD_LETTER = 'dead_letter'

/** What a caller was told: of requests only those that were accepted, or refused for good. */
export type CallerFact =
  /** By a message it is accepted by the queue: its process is not there yet. */
  | { readonly kind: 'started'; readonly process: string; readonly byMessage?: boolean }
  | {
      readonly kind: 'refused'
      readonly process: string
      readonly asked: string
      readonly code: string
    }
  | {
      readonly kind: 'signalled'
      readonly process: string
      readonly name: string
      readonly key: string
      readonly payload: string
    }
  | { readonly kind: 'cancel-asked'; readonly process: string; readonly reason: string }
  | { readonly kind: 'abandon-asked'; readonly process: string; readonly reason: string }
  /** An external process was completed. The output has the form of `outputText`. */
  | { readonly kind: 'completed'; readonly process: string; readonly token: string; readonly output: string }
  /** All pages of a list, from its newest process on. */
  | {
      readonly kind: 'listed'
      readonly process: string
      /** What the partition of the list index begins with. */
      readonly group: string
      readonly status?: string
      readonly pages: number
      /** When the first page was asked for, by the world's own time. */
      readonly beganAt: number
      readonly items: readonly { readonly id: string; readonly status: string; readonly createdAt: number }[]
    }
  | {
      /** The event bus took a status event. */
      readonly kind: 'published'
      readonly process: string
      readonly status: string
      readonly revision: number
      /** When the process was registered: another process of the same id has another. */
      readonly createdAt: number
    }
  /** The holder of a callback's token said that it is still at work. */
  | { readonly kind: 'beat'; readonly process: string; readonly name: string; readonly token: string }
  | {
      readonly kind: 'answered'
      readonly process: string
      /** The callback's. */
      readonly name: string
      readonly token: string
      /** The JSON of a value, or `failed: ` and what the error says. */
      readonly answer: string
    }

/** One broken promise. `invariant` is a name of the list in docs/correctness.md. */
export type Violation = {
  readonly invariant: string
  readonly process?: string
  readonly says: string
  /** Index of the fact that broke it. */
  readonly fact?: number
}

/** The code of an error that a caller reports. */
export const OUTER_FAILED = 'outer_failed'

/** The output or error that a caller sends for an external process. */
export function outputText({ says, fails }: { readonly says: string; readonly fails: boolean }): string {
  return fails ? `failed: ${says}` : JSON.stringify(says)
}
