import type { CodeFact } from '../history.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { broken } from './violation.ts'

/** A schema made the input once: no run gets another one, whatever is deployed meanwhile (C58). */
export function inputIsTheRecorded(
  observed: ObservedProcess,
  { by, input }: Extract<CodeFact, { kind: 'got-input' }>,
  index: number,
  say: Say,
): void {
  observed.input ??= input
  if (observed.input === input) return
  say(
    broken(
      'each run gets the recorded input',
      observed.id,
      index,
      `${by} got ${input}, not ${observed.input}`,
    ),
  )
}
