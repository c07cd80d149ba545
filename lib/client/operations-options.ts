import { InvalidInput } from '../model/errors.ts'
import { expectOptions } from '../model/options.ts'
import { ATTENTION_STATUSES, type AttentionQuery } from '../registry/port-lists.ts'
import type { CountsQuery } from './operations.ts'

// What both clients refuse before they ask.

export const OPERATIONS_OPTIONS = {
  attention: (given: AttentionQuery) =>
    expectOptions<AttentionQuery>('the query', given, {
      status: ATTENTION_STATUSES,
      limit: 'any',
      cursor: 'text',
    }),
  /** A number that cannot be one of an entry would name another path. */
  seq: (given: number) => {
    if (Number.isSafeInteger(given) && given >= 0) return
    throw new InvalidInput({
      what: 'the path',
      flaws: [{ path: 'seq', message: 'expected a whole number from 0' }],
    })
  },
  counts: (given: CountsQuery) => expectOptions<CountsQuery>('the query', given, { kind: 'text' }),
}
