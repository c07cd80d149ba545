import type { CodeFact } from '../history.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { broken } from './violation.ts'
import { TAG } from './stored.ts'

type Took = Extract<CodeFact, { kind: 'took-signal' }>

/** What code was given, live or replayed, is the signal that the log has in that place: the nth of its name to the nth wait. */
export function signalIsTheNth(observed: ObservedProcess, fact: Took, index: number, say: Say): void {
  const { name, nth, payload, by } = fact
  const sent = observed.log.entries.filter(([tag, , of]) => tag === TAG.signal && of === name)
  const [, , , , form, value] = sent[nth] ?? []
  // A payload by reference is compared with what earlier runs were given instead.
  const given = form === 1 ? JSON.stringify(value) : observed.took.get(`${nth} ${name}`)
  if (sent[nth] === undefined)
    say(
      broken(
        'signals come in order',
        observed.id,
        index,
        `${by} took signal ${nth} of ${name}, of ${sent.length}`,
      ),
    )
  else if (given !== undefined && given !== payload)
    say(
      broken(
        'signals come in order',
        observed.id,
        index,
        `${by} took ${payload} as signal ${nth} of ${name}, not ${given}`,
      ),
    )
  observed.took.set(`${nth} ${name}`, payload)
}
