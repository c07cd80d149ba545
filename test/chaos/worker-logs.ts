import { readFileSync } from 'node:fs'

/**
 * What workers log. `by` is a worker process, and `fence` the claim under which its code ran. Times are of the
 * machine's clock.
 */
export type WorkerLog =
  | { readonly kind: 'started'; readonly by: string; readonly pid: number }
  /** A batch was handed to it, with the messages in their order. */
  | {
      readonly kind: 'received'
      readonly by: string
      readonly at: number
      readonly messages: readonly ReceivedMessage[]
    }
  /** It finished the batch and answered: it is still alive. */
  | { readonly kind: 'answered'; readonly by: string; readonly at: number }
  | CodeLog

/** What the code of a process logged, under the claim of its worker. */
export type CodeLog =
  | {
      readonly kind: 'body'
      readonly by: string
      readonly process: string
      readonly effect: string
      readonly attempt: number
      readonly fence: number
    }
  | { readonly kind: 'ran-to-end'; readonly by: string; readonly process: string; readonly fence: number }

export type ReceivedMessage = {
  readonly process: string
  readonly sentAt: number
  /** How often it was received, this time included. */
  readonly receives: number
}

/** All log entries, in their order. */
export function readLogs(path: string): readonly WorkerLog[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WorkerLog)
}
