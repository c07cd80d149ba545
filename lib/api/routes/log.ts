import { CHILDREN, PAYLOAD_VALUE, WAITS } from '../answers-overview.ts'
import { route } from '../route.ts'
import { BY_ID } from '../shapes.ts'
import { BY_SEQ } from '../shapes-overview.ts'

// What one read of a log tells.

const REFUSALS = ['invalid_id', 'unknown_process', 'no_longer_retained']

export const children = route({
  method: 'GET',
  path: '/v1/processes/{id}/children',
  name: 'listChildren',
  summary: 'The children that a process has started, in that order, with the ends that it was told of.',
  scope: 'read',
  params: BY_ID,
  errors: REFUSALS,
  answers: { 200: { says: 'Its children.', schema: CHILDREN } },
  async handle({ operations }, { params }) {
    return { status: 200, body: { children: await operations.children(params.id) } }
  },
})

export const waits = route({
  method: 'GET',
  path: '/v1/processes/{id}/waits',
  name: 'listWaits',
  summary:
    'What an open process waits for: since when, until when, and how each wait is answered. Reads the log once at most.',
  scope: 'read',
  params: BY_ID,
  errors: REFUSALS,
  answers: { 200: { says: 'Its waits; none if it runs or has ended.', schema: WAITS } },
  async handle({ operations }, { params }) {
    return { status: 200, body: await operations.waits(params.id) }
  },
})

export const payload = route({
  method: 'GET',
  path: '/v1/processes/{id}/payloads/{seq}',
  name: 'readPayload',
  summary: 'A value of a process, however large: that of a log entry, or its input under number 0.',
  scope: 'read',
  params: BY_SEQ,
  errors: [...REFUSALS, 'payload_too_large'],
  answers: { 200: { says: 'The value.', schema: PAYLOAD_VALUE } },
  async handle({ operations }, { params: { id, seq } }) {
    return { status: 200, body: await operations.payload(id, seq) }
  },
})
