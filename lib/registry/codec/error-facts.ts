import type { Json } from '../../model/json.ts'
import { INNER_DEPTH_MAX } from '../../model/limits-errors.ts'
import type { ErrorFacts } from '../../model/recorded-error.ts'
import { listOf, mapOf, needed, optional, readFields, struct, text, whole, writeFields } from './shape.ts'
import type { Fields, ItemShape } from './shape.ts'

type OwnFacts = Pick<ErrorFacts, 'class' | 'code' | 'message'>
type MoreFacts = Omit<ErrorFacts, keyof OwnFacts>

const OWN: Fields<OwnFacts> = {
  class: needed('c', text),
  code: needed('d', text),
  message: needed('m', text),
}

/** Errors are stored down to a depth. Deeper ones are not written, and a reader leaves them alone. */
function moreAt(depth: number): Fields<MoreFacts> {
  const inner = depth === 1 ? struct<OwnFacts>(OWN) : struct<ErrorFacts>({ ...OWN, ...moreAt(depth - 1) })
  return { status: optional('s', whole), cause: optional('k', inner), errors: optional('e', listOf(inner)) }
}
const MORE = moreAt(INNER_DEPTH_MAX)

/** An error as a map, in the process item. */
export const ERROR_FACTS: ItemShape<ErrorFacts> = struct<ErrorFacts>({ ...OWN, ...MORE })

/** What is recorded of an error besides class, code and message: the last element of its entry, where there is any. */
export const ERROR_MORE: ItemShape<MoreFacts> = {
  write: (error) => writeFields(MORE, error),
  read: (raw, at) => readFields(MORE, mapOf(raw, at), at),
}

/** The elements of an entry that an error takes. */
export function errorParts(error: ErrorFacts): Json[] {
  const own = [error.class, error.code, error.message]
  const more = writeFields(MORE, error)
  return Object.keys(more).length === 0 ? own : [...own, more]
}
