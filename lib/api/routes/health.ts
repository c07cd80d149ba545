import { HEALTH } from '../answers-overview.ts'
import { route } from '../route.ts'

export const health = route({
  method: 'GET',
  path: '/v1/health',
  name: 'readHealth',
  summary:
    'How the system does: due rows by shard, the queues, the newest pass of the sweep, and what of this needs an operator.',
  scope: 'read',
  errors: [],
  answers: { 200: { says: 'What was read, also if something needs an operator.', schema: HEALTH } },
  async handle({ operations }) {
    return { status: 200, body: await operations.health() }
  },
})
