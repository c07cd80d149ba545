import type { StoreFact } from '../history.ts'
import type { ObservedProcess, RowWrite, Say } from './observed-process.ts'
import { CALLBACK, map, STEP, TAG } from './stored.ts'
import { broken } from './violation.ts'

const INVARIANT = 'values are stored as the codec wrote them'

/** Where there is a codec, no value of a step, secret of a callback, payload of a signal or output stands in the row as it is. */
export function rowIsCoded({ observed, after, index }: RowWrite, say: Say): void {
  for (const raw of after.tail) {
    const [tag, , , effect, , form] = JSON.parse(raw) as unknown[]
    if (tag === TAG.effect && (effect === STEP || effect === CALLBACK) && form === 1)
      say(broken(INVARIANT, observed.id, index, 'a value is in its log as it is'))
    if (tag === TAG.signal && effect === 1)
      say(broken(INVARIANT, observed.id, index, 'the payload of a signal is in its log as it is'))
  }
  if (after.outputValue !== undefined && map(after.outputValue)?.['r'] === undefined)
    say(broken(INVARIANT, observed.id, index, 'its output is in its row as it is'))
}

export function itemIsCoded(
  observed: ObservedProcess,
  { sk, after }: StoreFact,
  index: number,
  say: Say,
): void {
  if (sk.startsWith('BLOB#') && after?.['j'] !== undefined)
    say(broken(INVARIANT, observed.id, index, `${sk} holds a value as it is`))
}
