import { InvalidInput } from '../model/errors.ts'
import { CONCURRENCY_KEY_MAX } from '../model/limits.ts'
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
      issues: [{ path: 'seq', message: 'expected a whole number from 0' }],
    })
  },
  key: expectKey,
  place: (given: { readonly key: string; readonly id: string }) => {
    expectOptions<typeof given>('the place', given, { key: 'text', id: 'text' })
    expectKey(given.key)
  },
  counts: (given: CountsQuery) => expectOptions<CountsQuery>('the query', given, { kind: 'text' }),
}

/** A key as a start may have it. */
function expectKey(given: string): void {
  if (typeof given === 'string' && given.length >= 1 && given.length <= CONCURRENCY_KEY_MAX) return
  const message = `expected 1 to ${CONCURRENCY_KEY_MAX} characters`
  throw new InvalidInput({ what: 'the concurrency key', issues: [{ path: 'key', message }] })
}
