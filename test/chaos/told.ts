import { readFileSync } from 'node:fs'

/**
 * What workers tell of themselves. `by` is a life of a worker, and `fence` the claim under which its code ran. Times are of
 * the machine's clock.
 */
export type Told =
  | { readonly kind: 'life'; readonly by: string; readonly pid: number }
  /** A batch was handed to it, with the messages in their order. */
  | {
      readonly kind: 'received'
      readonly by: string
      readonly at: number
      readonly messages: readonly ToldMessage[]
    }
  /** It answered the batch: it lives, and is done with all of it. */
  | { readonly kind: 'answered'; readonly by: string; readonly at: number }
  | ToldOfClaim

/** What the code of a process told, under the claim of its worker. */
export type ToldOfClaim =
  | {
      readonly kind: 'body'
      readonly by: string
      readonly process: string
      readonly effect: string
      readonly attempt: number
      readonly fence: number
    }
  | { readonly kind: 'ran-to-end'; readonly by: string; readonly process: string; readonly fence: number }

export type ToldMessage = {
  readonly process: string
  readonly sentAt: number
  /** How often it was received, this time included. */
  readonly receives: number
}

/** All that was told, in the order in which it was. */
export function readTold(path: string): readonly Told[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
}
