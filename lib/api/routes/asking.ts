import { retryOne } from '../../client/direct.ts'
import { viewOf } from '../../client/view.ts'
import { parseProcessId } from '../../model/ids.ts'
import { FRESH, VIEW } from '../answers.ts'
import { route } from '../route.ts'
import { STARTED, startedAnswer } from './starting.ts'
import { BY_ID, NOTHING, REASON, RETRY, SIGNAL } from '../shapes.ts'

// What is asked of a process. Who asks is recorded with it.

const TAKEN = { 202: { says: 'It is recorded, and the process will see it.', schema: VIEW } } as const
const REFUSALS = ['invalid_id', 'unknown_process', 'no_longer_retained', 'process_ended']

export const cancel = route({
  method: 'POST',
  path: '/v1/processes/{id}/cancel',
  name: 'cancelProcess',
  summary: 'Asks a process to cancel. The same again is the same request.',
  scope: 'cancel',
  params: BY_ID,
  body: REASON,
  errors: REFUSALS,
  answers: TAKEN,
  async handle({ client }, { params, body, by }) {
    return { status: 202, body: viewOf(await client.cancel(params.id, body.reason, by)) }
  },
})

export const abandon = route({
  method: 'POST',
  path: '/v1/processes/{id}/abandon',
  name: 'abandonProcess',
  summary: 'Asks that a process be given up as abandoned once it has no live lease.',
  scope: 'operate',
  params: BY_ID,
  body: REASON,
  errors: REFUSALS,
  answers: TAKEN,
  async handle({ client }, { params, body, by }) {
    return { status: 202, body: viewOf(await client.abandon(params.id, body.reason, by)) }
  },
})

export const resume = route({
  method: 'POST',
  path: '/v1/processes/{id}/resume',
  name: 'resumeProcess',
  summary: 'Lets a stuck process continue, after a deploy of code that replays its journal.',
  scope: 'operate',
  params: BY_ID,
  body: NOTHING,
  errors: [...REFUSALS, 'signal_refused'],
  answers: TAKEN,
  async handle({ client }, { params, by }) {
    return { status: 202, body: viewOf(await client.resume(params.id, by)) }
  },
})

export const retry = route({
  method: 'POST',
  path: '/v1/processes/{id}/retry',
  name: 'retryProcess',
  summary:
    'Retries an ended process from the start, as a new one that names the old one. Every step runs again under new idempotency keys, recorded ones too. The same again starts nothing.',
  scope: 'start',
  params: BY_ID,
  body: RETRY,
  errors: ['invalid_id', 'unknown_process', 'no_longer_retained', 'process_open', 'registration_conflict'],
  answers: STARTED,
  async handle({ direct, definitions }, { params, body }) {
    return startedAnswer(await retryOne(direct, definitions, parseProcessId(params.id), body))
  },
})

export const signal = route({
  method: 'POST',
  path: '/v1/processes/{id}/signals',
  name: 'signalProcess',
  summary: 'Sends a signal, which counts once by its key.',
  scope: 'signal',
  params: BY_ID,
  body: SIGNAL,
  errors: [...REFUSALS, 'key_conflict', 'signal_refused', 'not_serialisable', 'payload_too_large'],
  answers: { 202: { says: 'It is in the log of the process.', schema: FRESH } },
  async handle({ client }, { params, body }) {
    return { status: 202, body: await client.signal(params.id, body) }
  },
})
