import { KINDS } from '../answers-overview.ts'
import { route } from '../route.ts'

// What is asked of all processes together.

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
