import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { HttpProcessClient } from '../../lib/client/http/client.ts'
import type { LocalStack } from '../../lib/local/stack.ts'
import { API_BODY_MAX_BYTES } from '../../lib/model/limits-http.ts'
import { approval } from '../conformance/fixtures/definitions.ts'
import { clientStack } from '../helpers/client-stack.ts'

// Raw requests through the gateway to the bundled handler, as any program without our client sends them.

let stack: LocalStack
beforeAll(async () => {
  stack = await clientStack({ name: 'raw-api', dynamoEndpoint: inject('dynamoEndpoint'), apiEnvironments: 2 })
})
afterAll(() => stack.stop())

const json = { 'content-type': 'application/json' }
async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${stack.apiUrl}${path}`, init)
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: JSON.parse(text),
  }
}
const post = (path: string, body: object) =>
  ask(path, { method: 'POST', headers: json, body: JSON.stringify(body) })

test('a process is started, watched, signalled and read to its end', async () => {
  const start = { id: 'raw-1', kind: 'approval', input: {} }
  expect((await post('/v1/processes', start)).status).toBe(201)
  expect((await post('/v1/processes', start)).status).toBe(200)
  const events = await ask('/v1/processes/raw-1/events?waitMs=20000')
  expect(events.body.events[0]).toMatchObject({ seq: 1, effect: 'emit', name: 'asked' })
  expect((await ask('/v1/processes/raw-1/result')).status).toBe(202)
  const signal = { name: 'approved', key: 'k', payload: 'yes' }
  expect((await post('/v1/processes/raw-1/signals', signal)).body).toEqual({ fresh: true })
  const result = await ask('/v1/processes/raw-1/result?waitMs=20000')
  expect(result).toMatchObject({ status: 200, body: { output: { outcome: 'success', value: 'yes' } } })
  expect((await post('/v1/processes/raw-1/cancel', { reason: 'late' })).body.code).toBe('process_ended')
})

test.each([
  ['bad JSON', '/v1/processes', { method: 'POST', headers: json, body: '{' }, 400, 'invalid_input'],
  [
    'another type',
    '/v1/processes',
    { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' },
    415,
    'unsupported_content',
  ],
  [
    'an oversize body',
    '/v1/processes',
    { method: 'POST', headers: json, body: ' '.repeat(API_BODY_MAX_BYTES + 1) },
    413,
    'payload_too_large',
  ],
  ['an unknown id', '/v1/processes/no-such-id', {}, 404, 'unknown_process'],
  ['a bad id', '/v1/processes/a%20b', {}, 400, 'invalid_id'],
  ['a bad cursor', '/v1/processes?kind=a&cursor=x', {}, 400, 'invalid_input'],
  ['no such path', '/v1/nothing', {}, 404, 'unknown_route'],
  ['another method', '/v1/processes/a', { method: 'DELETE' }, 405, 'method_not_allowed'],
] as [string, string, RequestInit, number, string][])(
  '%s is a problem',
  async (_, path, init, status, code) => {
    const answer = await ask(path, init)
    expect([answer.status, answer.body.code, answer.type]).toEqual([status, code, 'application/problem+json'])
    expect(answer.body.title).toMatch(/^[A-Z][a-z]+( [a-z]+)*$/)
  },
)

test('a request gets through by trying again when every environment is busy', async () => {
  const statuses: number[] = []
  const client = new HttpProcessClient({
    url: stack.apiUrl,
    chance: { random: () => 1, token: () => '' },
    fetch: async (url, init) => {
      const response = await fetch(url, init)
      statuses.push(response.status)
      return response
    },
  })
  await client.start(approval, {}, { id: 'raw-2' })
  // Which request comes first is up to the machine: until ours came while both environments waited.
  while (!statuses.includes(503)) {
    const waiting = [1, 2].map(() => ask('/v1/processes/raw-2/result?waitMs=700'))
    expect(await client.get('raw-2')).toMatchObject({ id: 'raw-2' })
    await Promise.all(waiting)
  }
  expect(statuses.at(-1)).toBe(200)
})
