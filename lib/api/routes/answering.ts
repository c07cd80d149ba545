import { viewOf } from '../../client/view.ts'
import { RecordedError } from '../../model/recorded-error.ts'
import { FRESH, VIEW } from '../answers.ts'
import { route } from '../route.ts'
import { BY_ID, CALLBACK, CALLBACK_ERROR, CALLBACK_VALUE, COMPLETION } from '../shapes.ts'

// Answers of systems that have a token. The token is in the body, never in the URL, so that no access log holds it. It is the
// proof of the right, so these routes need no scope.

const REFUSALS = ['signal_refused', 'process_ended', 'unknown_process', 'no_longer_retained', 'key_conflict']

export const completeCallback = route({
  method: 'POST',
  path: '/v1/callbacks/complete',
  name: 'completeCallback',
  summary: 'Answers a callback with a value, once.',
  body: CALLBACK_VALUE,
  errors: [...REFUSALS, 'not_serialisable', 'payload_too_large'],
  answers: { 202: { says: 'It is in the log of the process.', schema: FRESH } },
  async handle({ client }, { body: { token, value } }) {
    return { status: 202, body: await client.completeCallback(token, value) }
  },
})

export const failCallback = route({
  method: 'POST',
  path: '/v1/callbacks/fail',
  name: 'failCallback',
  summary: 'Answers a callback with an error, once.',
  body: CALLBACK_ERROR,
  errors: REFUSALS,
  answers: { 202: { says: 'It is in the log of the process.', schema: FRESH } },
  async handle({ client }, { body: { token, error } }) {
    return { status: 202, body: await client.failCallback(token, new RecordedError(error)) }
  },
})

export const heartbeat = route({
  method: 'POST',
  path: '/v1/callbacks/heartbeat',
  name: 'heartbeatCallback',
  summary: 'Reports that the work behind a callback continues.',
  body: CALLBACK,
  errors: ['signal_refused'],
  answers: { 204: { says: 'It is noted.' } },
  async handle({ client }, { body: { token } }) {
    await client.heartbeat(token)
    return { status: 204 }
  },
})

export const completeExternal = route({
  method: 'POST',
  path: '/v1/processes/{id}/complete',
  name: 'completeExternal',
  summary: 'Ends an external process. Its completion token is the proof of the right.',
  params: BY_ID,
  body: COMPLETION,
  errors: [
    'invalid_id',
    'unknown_process',
    'no_longer_retained',
    'completion_refused',
    'completion_conflict',
    'not_serialisable',
    'payload_too_large',
  ],
  answers: { 200: { says: 'It has ended, now or before, with this output.', schema: VIEW } },
  async handle({ client }, { params, body: { token, output } }) {
    return { status: 200, body: viewOf(await client.completeExternal(params.id, token, output)) }
  },
})
