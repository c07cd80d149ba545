import { readFileSync } from 'node:fs'

/** What workers tell of themselves. `by` is a life of a worker, and `fence` the claim under which its code ran. */
export type Told =
  | { readonly kind: 'life'; readonly by: string; readonly pid: number }
  | {
      readonly kind: 'body'
      readonly by: string
      readonly process: string
      readonly effect: string
      readonly attempt: number
      readonly fence: number
    }
  | { readonly kind: 'ran-to-end'; readonly by: string; readonly process: string; readonly fence: number }

/** All that was told, in the order in which it was. */
export function readTold(path: string): readonly Told[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told)
}
