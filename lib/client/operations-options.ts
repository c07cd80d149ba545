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
  counts: (given: CountsQuery) => expectOptions<CountsQuery>('the query', given, { kind: 'text' }),
}
