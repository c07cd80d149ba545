import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { SCOPES } from '../../lib/api/route.ts'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { HttpProcessClient } from '../../lib/client/http/client.ts'
import { bearer } from '../../lib/client/http/signing.ts'
import { localToken } from '../../lib/local/gateway/tokens.ts'
import { Forbidden, Unauthenticated } from '../../lib/model/errors.ts'
import { clientStack } from '../helpers/client-stack.ts'

// Every route, raw, through the gateway with its JWT authorizer to the bundled handler: who may ask, and what comes of it.

let stack: Awaited<ReturnType<typeof clientStack>>
beforeAll(async () => {
  const dynamoEndpoint = inject('dynamoEndpoint')
  stack = await clientStack({ name: 'api-routes', dynamoEndpoint, apiAuth: 'jwt', apiEnvironments: 2 })
})
afterAll(() => stack.stop())

const SECRET = 'a-secret-of-the-caller'
const tokenOf = (...scopes: readonly string[]) =>
  localToken({ sub: 'ann', scope: scopes.map((scope) => `leasehold/${scope}`).join(' ') })

/** Names of the routes that have answered as they do when all is well. */
const answered = new Set<string>()

async function ask(name: string, path: string, body?: object, token = tokenOf(...SCOPES)) {
  const method = ROUTES.find((each) => each.name === name)?.method ?? 'GET'
  const response = await fetch(`${stack.apiUrl}/v1/${path}`, {
    method,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.ok) answered.add(name)
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
const start = (id: string, kind: string, more: object = {}) =>
  ask('startProcess', 'processes', { id, kind, input: {}, ...more })
const result = (id: string) => ask('awaitResult', `processes/${id}/result?waitMs=20000`)
async function callbackOf(id: string): Promise<string> {
  await start(id, 'payment')
  const { body } = await ask('readEvents', `processes/${id}/events?after=1&waitMs=20000`)
  return JSON.stringify(body).match(/"token":"([^"]+)"/)![1]!
}

test.each(ROUTES)(
  '$method $path accepts authenticated callers with the right only',
  async ({ name, path, scope }) => {
    const at = path
      .slice('/v1/'.length)
      .replace('{id}', 'no-such-id')
      .replace('{name}', 'go')
      .replace('{seq}', '0')
    const body = ROUTES.find((each) => each.name === name)?.body === undefined ? undefined : {}
    expect(await ask(name, at, body, '')).toEqual({ status: 401, body: { message: 'Unauthorized' } })
    if (scope === undefined) {
      expect((await ask(name, at, body, tokenOf())).body.code).toBe('invalid_input')
      return
    }
    const others = await ask(name, at, body, tokenOf(...SCOPES.filter((each) => each !== scope)))
    expect([others.status, others.body.code]).toEqual([403, 'forbidden'])
    expect(others.body.detail).toContain(`leasehold/${scope}`)
    expect([200, 400, 404]).toContain((await ask(name, at, body, tokenOf(scope))).status)
    answered.delete(name)
  },
)

test('every route does what it says', { timeout: 60_000 }, async () => {
  expect((await start('a', 'approval', { scope: 'tenant' })).status).toBe(201)
  const starts = ['b', 'c'].map((id) => ({ id, kind: 'approval', input: {}, scope: 'tenant' }))
  const many = await ask('startProcesses', 'processes/batch', { starts })
  expect(many.body.results).toMatchObject([{ created: true }, { created: true }])
  const first = await ask('listProcesses', 'processes?scope=tenant&limit=2')
  const second = await ask('listProcesses', `processes?scope=tenant&limit=2&cursor=${first.body.cursor}`)
  const listed = [first, second].flatMap(({ body }) => body.items as { id: string }[])
  expect(listed.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c'])
  expect((await ask('getProcess', 'processes/a')).body).toMatchObject({ id: 'a', kind: 'approval' })
  const events = await ask('readEvents', 'processes/a/events?waitMs=20000')
  expect(events.body).toMatchObject({ ended: false, events: [{ seq: 1, name: 'asked' }] })

  const signal = { name: 'approved', key: 'k', payload: 'yes' }
  expect((await ask('signalProcess', 'processes/a/signals', signal)).status).toBe(202)
  expect((await result('a')).body.output).toEqual({ outcome: 'success', value: 'yes' })
  const cancelled = await ask('cancelProcess', 'processes/b/cancel', { reason: 'r' })
  expect(cancelled).toMatchObject({ status: 202, body: { cancel: { reason: 'r', by: 'ann' } } })
  expect((await result('b')).body.output).toEqual({ outcome: 'cancelled', reason: 'r' })
  expect((await ask('abandonProcess', 'processes/c/abandon', { reason: 'r' })).status).toBe(202)
  expect((await result('c')).body.status).toBe('abandoned')
  const retried = await ask('retryProcess', 'processes/b/retry', { id: 'b2' })
  expect(retried).toMatchObject({ status: 201, body: { id: 'b2', provenance: { retryOf: 'b' } } })

  await start('m', 'manual', { completionToken: SECRET })
  const completion = { token: SECRET, output: { outcome: 'success', value: 1 } }
  const completed = await ask('completeExternal', 'processes/m/complete', completion)
  expect(completed).toMatchObject({ status: 200, body: { status: 'completed' } })
  const paid = await callbackOf('p1')
  expect((await ask('heartbeatCallback', 'callbacks/heartbeat', { token: paid })).status).toBe(204)
  const reply = await ask('completeCallback', 'callbacks/complete', { token: paid, value: 12 })
  expect(reply).toEqual({ status: 202, body: { fresh: true } })
  expect((await result('p1')).body.output).toEqual({ outcome: 'success', value: 12 })
  const error = { message: 'card declined', code: 'declined' }
  const failed = await ask('failCallback', 'callbacks/fail', { token: await callbackOf('p2'), error })
  expect(failed.status).toBe(202)
  expect((await result('p2')).body.output).toMatchObject({ outcome: 'failure', error })

  await resumeOfAStuckOne()
  const { kinds } = (await ask('listKinds', 'kinds')).body as { kinds: { kind: string }[] }
  expect(kinds.map(({ kind }) => kind)).toContain('approval')
  expect((await ask('readPayload', 'processes/a/payloads/0')).body).toEqual({ seq: 0, value: {} })
  expect((await ask('listChildren', 'processes/a/children')).body).toEqual({ children: [] })
  expect((await ask('listWaits', 'processes/a/waits')).body).toEqual({
    id: 'a',
    status: 'completed',
    waits: [],
  })
  expect((await ask('readHealth', 'health')).body).toMatchObject({ queues: expect.any(Array) })
  const release = { key: 'account/7', id: 'a' }
  expect((await ask('readSlots', 'slots?key=account%2F7')).body).toMatchObject({ limit: 0, holders: [] })
  expect((await ask('releaseSlot', 'slots/release', release)).body).toEqual({ released: false, woken: [] })
  expect((await ask('listAttention', 'attention?status=failed')).body.items).toMatchObject([
    { id: 'p2', code: 'declined' },
  ])
  expect((await ask('countProcesses', 'counts?kind=payment')).body.kinds).toEqual([
    { kind: 'payment', counts: { completed: 1, failed: 1 } },
  ])
  expect([...answered].toSorted()).toEqual(ROUTES.map(({ name }) => name).toSorted())
})

async function resumeOfAStuckOne(): Promise<void> {
  const path = join(stack.folder, 'deployed')
  await start('f', 'fickle', { input: { path } })
  const until = (status: string) =>
    vi.waitUntil(async () => (await ask('getProcess', 'processes/f')).body.status === status, {
      timeout: 20_000,
    })
  await until('waiting')
  writeFileSync(path, '')
  await ask('signalProcess', 'processes/f/signals', { name: 'go', key: 'k', payload: 'continued' })
  await until('stuck')
  rmSync(path)
  expect((await ask('resumeProcess', 'processes/f/resume')).status).toBe(202)
  expect((await result('f')).body.output).toEqual({ outcome: 'success', value: 'continued' })
}

test('the client says by the same errors who is unknown and who may not', async () => {
  const of = (token: string) => new HttpProcessClient({ url: stack.apiUrl, auth: bearer(token) })
  await expect(of('none').get('a')).rejects.toThrow(Unauthenticated)
  await expect(of(tokenOf('start')).get('a')).rejects.toThrow(Forbidden)
  await expect(of(tokenOf('start')).get('a')).rejects.toThrow('leasehold/read')
  expect(await of(tokenOf('read')).get('no-such-id')).toBeUndefined()
})
