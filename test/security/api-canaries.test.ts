import type { Context } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import * as v from 'valibot'
import { apiHandler } from '../../lib/api/lambda.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { freshTable, localClient } from '../helpers/table.ts'
import { writtenFromNow } from '../helpers/written.ts'

// An answer names what is wrong with a request, and quotes up to 60 characters of it: the sender knows them. They may be
// a secret that came into the wrong field, so nothing of it is for the log, which others read. The real handler is asked
// wrongly in every field there is, at its most talkative.

const CANARY = /canary/u
const SECRET = 'canary-4111'
/** Long enough for a token. */
const TOKEN = 'canary-token-of-16-or-more'
const picky = defineProcess({
  kind: 'picky',
  // The library's default words for these quote what they were given.
  input: v.object({ mode: v.picklist(['a', 'b']), mail: v.pipe(v.string(), v.email()) }),
  output: v.unknown(),
  run: async () => 1,
})
const GOOD = { id: 'p', kind: 'picky', input: { mode: 'a', mail: 'a@example.com' } }

type Asked = readonly [what: string, status: number, path: string, body?: unknown]
const start = (what: string, more: object): Asked => [what, 400, '/v1/processes', { ...GOOD, ...more }]
const REFUSED: readonly Asked[] = [
  start('an input that its schema refuses', { input: { mode: SECRET, mail: SECRET } }),
  start('an input of another type', { input: SECRET }),
  start('an id with a blank', { id: `${SECRET} x` }),
  start('an id that is an object', { id: { secret: SECRET } }),
  start('a kind that is unknown', { kind: SECRET }),
  start('a scope with a blank', { scope: `${SECRET} x` }),
  start('a recovery that there is not', { recovery: SECRET }),
  start('a provenance that is a text', { provenance: SECRET }),
  start('a timeout that is a text', { limits: { timeoutMs: SECRET } }),
  start('a concurrency without a limit', { concurrency: { key: SECRET } }),
  start('a place for urgent ones that is a text', { urgent: SECRET }),
  start('events that are a text', { events: SECRET }),
  start('a token that is too short', { completionToken: 'canary-tok' }),
  start('a field that there is not', { [SECRET]: SECRET }),
  start('half a character', { input: { mode: 'a', mail: `${SECRET}\ud800` } }),
  ['text that is no JSON', 400, '/v1/processes', `{"id":"${SECRET}`],
  ['a body that is a list', 400, '/v1/processes', [SECRET]],
  ['many starts that are a text', 400, '/v1/processes/batch', { starts: SECRET }],
  ['a query that is a text', 400, `/v1/processes?kind=picky&limit=${SECRET}`],
  ['a status that there is not', 400, `/v1/processes?kind=picky&status=${SECRET}`],
  ['a cursor of no list', 400, `/v1/processes?kind=picky&cursor=${SECRET}`],
  ['a name in the query that there is not', 400, `/v1/processes?kind=picky&${SECRET}=${SECRET}`],
  ['a path that there is not', 404, `/${SECRET}`],
  ['a process that there is not', 404, `/v1/processes/${SECRET}`],
  [
    'a signal that no one takes',
    404,
    '/v1/processes/p/signals',
    { name: SECRET, key: SECRET, payload: SECRET },
  ],
  ['a signal of another form', 400, '/v1/processes/p/signals', { name: 's', key: [SECRET], payload: SECRET }],
  ['a reason that is a list', 400, '/v1/processes/p/cancel', { reason: [SECRET] }],
  ['a token that is none', 409, '/v1/callbacks/complete', { token: TOKEN, value: SECRET }],
  ['a token that is too much', 400, '/v1/callbacks/fail', { token: [TOKEN], error: SECRET }],
  ['an error that is a text', 400, '/v1/callbacks/fail', { token: TOKEN, error: SECRET }],
  [
    'an end that there is not',
    400,
    '/v1/processes/p/complete',
    { token: TOKEN, output: { outcome: SECRET } },
  ],
]

let ask: (path: string, body?: unknown) => Promise<{ readonly status?: number; readonly text: string }>
let askWithoutTable: typeof ask
let written: readonly string[]
const log = () => written.join('\n')

beforeAll(async () => {
  const dynamo = localClient(inject('dynamoEndpoint'))
  for (const [name, value] of Object.entries({
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    LEASEHOLD_TABLE: await freshTable(dynamo, 'api-canaries'),
    LEASEHOLD_QUEUE_URL: 'http://127.0.0.1:9/queue',
    LEASEHOLD_DYNAMODB_ENDPOINT: inject('dynamoEndpoint'),
    LEASEHOLD_API_AUTH: 'none',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
  }))
    vi.stubEnv(name, value)
  written = writtenFromNow()
  ask = asking()
  vi.stubEnv('LEASEHOLD_TABLE', 'nowhere')
  askWithoutTable = asking()
})
afterAll(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

function asking(): typeof ask {
  const handler = apiHandler({ definitions: [picky] })
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 30_000 } as Context
  return async (path, body) => {
    const [rawPath = '', rawQueryString = ''] = path.split('?')
    const event = {
      rawPath,
      rawQueryString,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      isBase64Encoded: false,
      requestContext: { http: { method: body === undefined ? 'GET' : 'POST' } },
    }
    const { statusCode, body: text = '' } = await handler(event, context)
    return { ...(statusCode === undefined ? {} : { status: statusCode }), text }
  }
}

describe('an answer says what is wrong with a request, and the log only that it was refused:', () => {
  for (const [what, status, path, body] of REFUSED) {
    test(what, async () => {
      const before = written.length
      expect((await ask(path, body)).status).toBe(status)
      const lines = written.slice(before).join('\n')
      expect(lines).toMatch(/"Rejected":\[?1/u)
      expect(lines).not.toMatch(CANARY)
    })
  }
})

test('an answer quotes the beginning of a wrong value, to its sender', async () => {
  const { text } = await ask('/v1/processes', { ...GOOD, recovery: `${SECRET}${'x'.repeat(100)}` })
  expect(text).toMatch(/canary-4111x{45,50}…/u)
  expect(text).not.toContain('x'.repeat(61))
  expect(log()).not.toMatch(CANARY)
})

test('of a batch, each answer names what is wrong with its own item only', async () => {
  const starts = [
    { ...GOOD, input: { mode: SECRET, mail: SECRET } },
    { ...GOOD, id: `${SECRET} x` },
  ]
  const { status, text } = await ask('/v1/processes/batch', { starts })
  expect([status, text.match(/"ok":false/gu)?.length]).toEqual([200, 2])
  expect(text).toMatch(CANARY)
  expect(log()).not.toMatch(CANARY)
})

test('a request that fails by us is logged with its cause, and without what was asked', async () => {
  const { status, text } = await askWithoutTable('/v1/processes', {
    ...GOOD,
    input: { mode: 'a', mail: `${SECRET}@example.com` },
    provenance: { source: SECRET },
  })
  expect(status).toBeGreaterThanOrEqual(500)
  expect(text).not.toMatch(CANARY)
  expect(log()).toMatch(/"message":"a request failed".*ResourceNotFoundException/u)
  expect(log()).not.toMatch(CANARY)
})
