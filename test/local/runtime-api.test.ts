import { afterEach, beforeEach, expect, test } from 'vitest'
import { serveRuntimeApi, type RuntimeApi } from '../../lib/local/runtime-api.ts'

const INVOCATION = {
  requestId: 'request-1',
  event: '{"hello":"ünï"}',
  deadlineAt: 1_700_000_000_123,
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  traceId: 'Root=1-a-b;Sampled=0',
}

let api: RuntimeApi
let base = ''
beforeEach(async () => {
  api = await serveRuntimeApi()
  base = `http://${api.address}/2018-06-01/runtime`
})
afterEach(() => api.close())

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/${path}`, { method: 'POST', body, headers })
}

test('next waits for an event and hands it over with the documented headers', async () => {
  const next = fetch(`${base}/invocation/next`)
  expect(await api.ready).toBeUndefined()
  const answer = api.run(INVOCATION)
  const reply = await next
  expect(await reply.text()).toBe(INVOCATION.event)
  expect(Object.fromEntries(reply.headers)).toMatchObject({
    'lambda-runtime-aws-request-id': 'request-1',
    'lambda-runtime-deadline-ms': '1700000000123',
    'lambda-runtime-invoked-function-arn': INVOCATION.functionArn,
    'lambda-runtime-trace-id': INVOCATION.traceId,
  })
  const accepted = await post('invocation/request-1/response', '{"ok":true}')
  expect([accepted.status, await accepted.json()]).toEqual([202, { status: 'OK' }])
  expect(await answer).toEqual({ ok: true, payload: '{"ok":true}' })
})

test('an event that comes before the runtime asks waits for it', async () => {
  const answer = api.run(INVOCATION)
  expect(await (await fetch(`${base}/invocation/next`)).text()).toBe(INVOCATION.event)
  await post('invocation/request-1/error', '{"errorType":"TypeError","errorMessage":"no"}')
  expect(await answer).toEqual({ ok: false, error: { type: 'TypeError', message: 'no' } })
})

test('an error with an unreadable body is reported by its header', async () => {
  const answer = api.run(INVOCATION)
  await fetch(`${base}/invocation/next`)
  await post('invocation/request-1/error', 'oops', { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Mine' })
  expect(await answer).toMatchObject({ ok: false, error: { type: 'Runtime.Mine' } })
})

test('an answer under another request id, or a second one, is refused', async () => {
  const answer = api.run(INVOCATION)
  await fetch(`${base}/invocation/next`)
  expect((await post('invocation/request-2/response', '1')).status).toBe(400)
  await post('invocation/request-1/response', '2')
  expect((await post('invocation/request-1/response', '3')).status).toBe(400)
  expect(await answer).toEqual({ ok: true, payload: '2' })
})

test('an answer of more than 6 MB is refused and fails the invocation', async () => {
  const answer = api.run(INVOCATION)
  await fetch(`${base}/invocation/next`)
  expect((await post('invocation/request-1/response', `"${'x'.repeat(6_291_556)}"`)).status).toBe(413)
  expect(await answer).toMatchObject({ ok: false, error: { type: 'Function.ResponseSizeTooLarge' } })
})

test('a failed initialisation is reported instead of being ready', async () => {
  expect((await post('init/error', '{"errorType":"E","errorMessage":"m"}')).status).toBe(202)
  expect(await api.ready).toEqual({ type: 'E', message: 'm' })
})

test('other paths are not found', async () => {
  expect((await post('invocation/next', '')).status).toBe(404)
  expect((await fetch(`http://${api.address}/2015-01-01/runtime/invocation/next`)).status).toBe(404)
})

test('a second event for a busy environment is a bug, and said to be one', async () => {
  void api.run(INVOCATION)
  expect(() => api.run({ ...INVOCATION, requestId: 'request-2' })).toThrow('one invocation at a time')
})
