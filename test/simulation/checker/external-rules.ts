import { OUTER_FAILED, outputText, type History } from '../history.ts'
import { outputOf } from './end-rules.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { itemsEver } from './retention-rules.ts'
import { map, text } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'an external process is completed once, by its token'

/** No worker ever claims an external process. */
export function externalIsNotRun({ after, observed, index }: RowWrite, say: Say): void {
  if (after.recovery === 'external' && after.status === 'running')
    say(broken('an external process is never run', observed.id, index, 'a worker claims it'))
}

/** Each completion that was accepted had the token, and is the end on record; no other end from outside is on record. */
export function externalsAreCompletedOnce(
  history: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  expectations: ReadonlyMap<string, Expected>,
  say: Say,
): void {
  const items = itemsEver(history)
  const recorded = (observed: ObservedProcess | undefined): string | undefined => {
    if (observed?.row?.status === 'completed') return JSON.stringify(outputOf(observed, items) ?? null)
    if (observed?.row?.status !== 'failed' || observed.row.code !== OUTER_FAILED) return undefined
    const error = map(map(JSON.parse(observed.row.output))?.['e'])
    return outputText({ says: text(error?.['m']) ?? '', fails: true })
  }
  for (const [index, fact] of history.facts.entries()) {
    if (fact.kind !== 'completed') continue
    const { external } = expectations.get(fact.process) ?? {}
    if (external !== undefined && external.token !== fact.token)
      say(broken(INVARIANT, fact.process, index, 'a completion was accepted under another token'))
    const is = recorded(allObserved.get(fact.process))
    if (is !== fact.output)
      say(
        broken(
          INVARIANT,
          fact.process,
          index,
          `${fact.output} was accepted, and on record is ${is ?? 'none'}`,
        ),
      )
  }
  for (const observed of allObserved.values()) {
    const is = observed.row?.recovery === 'external' ? recorded(observed) : undefined
    const { external } = expectations.get(observed.id) ?? {}
    if (is !== undefined && external?.outputs.has(is) === false)
      say(
        broken(INVARIANT, observed.id, undefined, `on record is ${is}, which no caller with the token says`),
      )
  }
}
