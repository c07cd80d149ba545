import { RELEASED, SLOTS } from '../answers-overview.ts'
import { route } from '../route.ts'
import { SLOT_RELEASE, SLOTS_QUERY } from '../shapes-overview.ts'

// The places of a concurrency key.

export const slots = route({
  method: 'GET',
  path: '/v1/slots',
  name: 'readSlots',
  summary:
    'Which processes hold the places of a concurrency key, and which wait for one, in their order. One read.',
  scope: 'read',
  query: SLOTS_QUERY,
  errors: [],
  answers: { 200: { says: 'The places.', schema: SLOTS } },
  async handle({ operations }, { query }) {
    return { status: 200, body: await operations.slots(query.key) }
  },
})

export const release = route({
  method: 'POST',
  path: '/v1/slots/release',
  name: 'releaseSlot',
  summary:
    'Gives back a place that a process has left behind. Refused if the process has not ended: its end gives the place back.',
  scope: 'operate',
  body: SLOT_RELEASE,
  errors: ['invalid_id', 'slot_in_use'],
  answers: {
    200: { says: 'Whether it had a place, and which processes came to the front.', schema: RELEASED },
  },
  async handle({ operations }, { body }) {
    return { status: 200, body: await operations.releaseSlot(body) }
  },
})
