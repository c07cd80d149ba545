import type { CodeFact } from '../history.ts'
import type { ProcessLife, Say } from './life-of-process.ts'
import { broken } from './violation.ts'

/** A schema made the input once: no run gets another one, whatever is deployed meanwhile (C58). */
export function inputIsTheRecorded(
  life: ProcessLife,
  { by, input }: Extract<CodeFact, { kind: 'got-input' }>,
  index: number,
  say: Say,
): void {
  life.input ??= input
  if (life.input === input) return
  say(broken('each run gets the recorded input', life.id, index, `${by} got ${input}, not ${life.input}`))
}
