import { viewOf } from '../../client/view.ts'
import { startAll, startOne, type ValidStart, type StartResult } from '../../client/direct.ts'
import { LeaseholdError } from '../../model/errors.ts'
import type { RegistrationInput } from '../../model/registration.ts'
import { validateStart } from '../../effects/validate-start.ts'
import { STARTED_MANY, VIEW } from '../answers.ts'
import { problemOf, under } from '../problems.ts'
import { checked } from '../reading.ts'
import { route, type RouteAnswer, type RouteParts } from '../route.ts'
import { START, START_MANY } from '../shapes.ts'

/** No id is longer. What is none may be, and the answer is one for all. */
const ID_MAX = 256

type StartBody = RegistrationInput & { readonly completionToken?: string }

const REFUSALS = [
  'invalid_id',
  'unknown_kind',
  'not_serialisable',
  'registration_conflict',
  'no_longer_retained',
  'payload_too_large',
]

/** How each route answers that starts one process. */
export const STARTED = {
  200: { says: 'It was there before.', schema: VIEW },
  201: { says: 'It is registered, and will run.', schema: VIEW },
} as const

export function startedAnswer({ created, record }: StartResult): RouteAnswer {
  return created
    ? { status: 201, body: viewOf(record), headers: { location: `/v1/processes/${record.id}` } }
    : { status: 200, body: viewOf(record) }
}

export const start = route({
  method: 'POST',
  path: '/v1/processes',
  name: 'startProcess',
  summary: 'Starts a process. The same again starts nothing and answers the process that is there.',
  scope: 'start',
  body: START,
  errors: REFUSALS,
  answers: STARTED,
  async handle(parts, { body }) {
    return startedAnswer(await startOne(parts.direct, await admitted(parts, body)))
  },
})

export const startMany = route({
  method: 'POST',
  path: '/v1/processes/batch',
  name: 'startProcesses',
  summary: 'Starts up to 100 processes, each answered by itself and in the order asked.',
  scope: 'start',
  body: START_MANY,
  errors: ['payload_too_large'],
  answers: { 200: { says: 'What each start came to.', schema: STARTED_MANY } },
  async handle(parts, { body }) {
    const replies = await startAll(
      parts.direct,
      // Each start is checked by itself, so a refused one stops no other.
      body.starts.map((each) => async () => admitted(parts, checked('the start', START, each))),
    )
    const results = replies.map((reply, index) => {
      const id = idOf(body.starts[index])
      return reply instanceof LeaseholdError
        ? { id, ok: false, problem: problemOf(reply) }
        : { id, ok: true, created: reply.created, process: viewOf(reply.record) }
    })
    return { status: 200, body: { results } }
  },
})

/** Where it has none that could be one, its place in the answer has to tell. */
function idOf(each: unknown): string {
  if (typeof each !== 'object' || each === null || !('id' in each) || typeof each.id !== 'string') return ''
  return each.id.length <= ID_MAX ? each.id : ''
}

/** Checks a start against the definitions that are deployed with the API; issues of its input are told as `input.…`. */
async function admitted(parts: RouteParts, { completionToken, ...raw }: StartBody): Promise<ValidStart> {
  try {
    const registration = await validateStart({ ...parts, registry: parts.direct.registry }, raw)
    return { registration, ...(completionToken === undefined ? {} : { completionToken }) }
  } catch (error) {
    const ofInput = error instanceof LeaseholdError && error.facts['what'] === `the input of ${raw.kind}`
    throw ofInput ? under('input', error) : error
  }
}
