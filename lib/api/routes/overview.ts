import { ATTENTION, COUNTS, KINDS } from '../answers-overview.ts'
import { route } from '../route.ts'
import { ATTENTION_QUERY, COUNTS_QUERY } from '../shapes-overview.ts'

// Routes over all processes together: kinds, attention and counts.

export const kinds = route({
  method: 'GET',
  path: '/v1/kinds',
  name: 'listKinds',
  summary: 'The kinds that are deployed with the API, with their schemas. Costs no request to the table.',
  scope: 'read',
  errors: [],
  answers: { 200: { says: 'Each kind, by name.', schema: KINDS } },
  async handle({ operations }) {
    return { status: 200, body: { kinds: await operations.kinds() } }
  },
})

export const attention = route({
  method: 'GET',
  path: '/v1/attention',
  name: 'listAttention',
  summary: 'The stuck, failed and abandoned processes of all kinds, those that became so last first.',
  scope: 'read',
  query: ATTENTION_QUERY,
  errors: [],
  answers: { 200: { says: 'A page, and the cursor of the next where there may be one.', schema: ATTENTION } },
  async handle({ operations }, { query }) {
    return { status: 200, body: await operations.attention(query) }
  },
})

export const counts = route({
  method: 'GET',
  path: '/v1/counts',
  name: 'countProcesses',
  summary: 'How many processes each kind has by status. The newest are counted, up to a bound.',
  scope: 'read',
  query: COUNTS_QUERY,
  errors: ['invalid_id'],
  answers: { 200: { says: 'Counts by kind.', schema: COUNTS } },
  async handle({ operations }, { query }) {
    return { status: 200, body: { kinds: await operations.counts(query) } }
  },
})
