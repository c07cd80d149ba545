import { nextEvents, untilEnded } from '../../client/direct.ts'
import { viewOf } from '../../client/view.ts'
import { UnknownProcess } from '../../model/errors.ts'
import { parseProcessId } from '../../model/ids.ts'
import { isEnded } from '../../model/record.ts'
import { ENDED, LISTED, PAGE_OF_EVENTS, STILL_OPEN, VIEW } from '../answers.ts'
import { route } from '../route.ts'
import { BY_ID, EVENTS, GET, LIST, RESULT } from '../shapes.ts'

export const get = route({
  method: 'GET',
  path: '/v1/processes/{id}',
  name: 'getProcess',
  summary: 'What is recorded of a process.',
  scope: 'read',
  params: BY_ID,
  query: GET,
  errors: ['invalid_id', 'unknown_process', 'no_longer_retained'],
  answers: { 200: { says: 'The process.', schema: VIEW } },
  async handle({ client }, { params: { id }, query: { include } }) {
    const record = await client.get(id, include === undefined ? {} : { include })
    if (record === undefined) throw new UnknownProcess({ id })
    return { status: 200, body: viewOf(record) }
  },
})

export const list = route({
  method: 'GET',
  path: '/v1/processes',
  name: 'listProcesses',
  summary: 'The processes of a kind, of a scope or of all deployed kinds, newest first.',
  scope: 'read',
  query: LIST,
  errors: ['invalid_id'],
  answers: { 200: { says: 'A page, and the cursor of the next where there may be one.', schema: LISTED } },
  async handle({ client }, { query: { from, to, ...query } }) {
    const page = await client.list({
      ...query,
      ...(from === undefined ? {} : { createdFrom: from }),
      ...(to === undefined ? {} : { createdBefore: to }),
    })
    return { status: 200, body: page }
  },
})

export const events = route({
  method: 'GET',
  path: '/v1/processes/{id}/events',
  name: 'readEvents',
  summary: 'The log of a process above a number, waited for where there is nothing yet.',
  scope: 'read',
  params: BY_ID,
  query: EVENTS,
  errors: ['invalid_id', 'unknown_process', 'no_longer_retained'],
  answers: { 200: { says: 'Entries in order: none where nothing came in time.', schema: PAGE_OF_EVENTS } },
  async handle({ direct }, { params, query: { waitMs, ...from }, waitAtMostMs }) {
    const at = { ...from, waitMs: Math.min(waitMs, waitAtMostMs) }
    return { status: 200, body: await nextEvents(direct, parseProcessId(params.id), at) }
  },
})

export const result = route({
  method: 'GET',
  path: '/v1/processes/{id}/result',
  name: 'awaitResult',
  summary: 'The output of a process, waited for where it has not ended.',
  scope: 'read',
  params: BY_ID,
  query: RESULT,
  errors: ['invalid_id', 'unknown_process', 'no_longer_retained', 'payload_too_large'],
  answers: {
    200: { says: 'It has ended.', schema: ENDED },
    202: { says: 'It has not ended in time: ask again.', schema: STILL_OPEN },
  },
  async handle({ direct }, { params, query, waitAtMostMs }) {
    const waitMs = Math.min(query.waitMs, waitAtMostMs)
    const record = await untilEnded(direct, parseProcessId(params.id), waitMs)
    const { id, kind, status } = record
    if (!isEnded(record)) return { status: 202, body: { id, status } }
    return { status: 200, body: { id, kind, status, output: await direct.registry.outputOf(record) } }
  },
})
