import * as v from 'valibot'
import { describe, expect, test, vi } from 'vitest'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { SCOPES } from '../../lib/api/route.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { InvariantBroken, Contended, StoreUnavailable } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { API_ANSWER_MAX_BYTES, API_BODY_MAX_BYTES } from '../../lib/model/limits-http.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { IAM, testApi } from '../helpers/api.ts'
import { Told } from '../helpers/world.ts'

const START = { id: 'a', kind: 'echo', input: { n: 1 } }
const TOKEN = 'a~0~AAAAAAAAAAAAAAAAAAAAAA'
const SECRET = 'a-secret-of-the-caller'
/** Its schema has an issue to tell of each element. */
const NUMBERS = defineProcess({
  kind: 'numbers',
  input: v.array(v.number()),
  output: v.unknown(),
  run: async () => 1,
})
const DONE = { outcome: 'success', value: 1 }

/** A good body for each route that takes one, by its name. */
const BODIES: Readonly<Record<string, object>> = {
  startProcess: START,
  startProcesses: { starts: [START] },
  cancelProcess: { reason: 'r' },
  abandonProcess: { reason: 'r' },
  resumeProcess: {},
  retryProcess: {},
  signalProcess: { name: 'n', key: 'k' },
  completeExternal: { token: SECRET, output: DONE },
  completeCallback: { token: TOKEN },
  failCallback: { token: TOKEN, error: { message: 'm' } },
  heartbeatCallback: { token: TOKEN },
  releaseSlot: { key: 'k', id: 'a' },
}
const pathOf = (path: string, id: string): string =>
  path.replace('{id}', id).replace('{name}', 'go').replace('{seq}', '0')
const ofProcess = ROUTES.filter(({ path }) => path.includes('{id}'))
const withBody = ROUTES.filter(({ body }) => body !== undefined)
const withScope = ROUTES.filter(({ scope }) => scope !== undefined)

describe.each(ofProcess)('$method $path', ({ method, path, name }) => {
  test('answers 404 when no process has the id, and 400 when the id is invalid', async () => {
    const { ask } = testApi()
    const asking = { method, ...(method === 'POST' ? { body: BODIES[name] } : {}) }
    const unknown = await ask(pathOf(path, 'no-such-id'), asking)
    expect([unknown.status, unknown.body.code]).toEqual([404, 'unknown_process'])
    for (const id of ['a%20b', 'a%2Fb', 'x'.repeat(257), '%E0%A4%A']) {
      const bad = await ask(pathOf(path, id), asking)
      expect([bad.status, bad.body.code, bad.body.issues?.[0]?.path]).toEqual([400, 'invalid_id', 'id'])
    }
  })
})

describe.each(withBody)('the body of $method $path', ({ path, name }) => {
  const url = pathOf(path, 'a')
  const body = BODIES[name]!

  test.each([
    ['no JSON', '{"id": ', 400, 'invalid_input'],
    ['half a character', '"\ud800', 400, 'invalid_input'],
    ['a list', [], 400, 'invalid_input'],
    ['a text', '"text"', 400, 'invalid_input'],
    ['null', 'null', 400, 'invalid_input'],
    ['a field too many', { ...body, constructor: 1, surplus: true }, 400, 'invalid_input'],
    ['too long', ' '.repeat(API_BODY_MAX_BYTES + 1), 413, 'payload_too_large'],
  ] as const)('is refused where it is %s', async (_, sent, status, code) => {
    const answer = await testApi().ask(url, { method: 'POST', body: sent })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  test('is refused by the path of each field of a wrong type or without a value', async () => {
    for (const key of Object.keys(body)) {
      const wrong = await testApi().ask(url, { body: { ...body, [key]: [[]] } })
      if (wrong.status !== 400) continue
      const paths = wrong.body.issues?.map((issue) => issue.path) ?? []
      expect(paths.some((issue) => issue === key || issue.startsWith(`${key}.`))).toBe(true)
    }
    const needed = Object.keys(body).filter((key) => key !== 'reason')
    const issues = needed.map((key) => ({ path: key, message: 'is missing' }))
    // Without a body nothing is said, in no format: not one that is unsupported.
    for (const asking of [{ body: {} }, { method: 'POST' }]) {
      const empty = await testApi().ask(url, asking)
      if (issues.length > 0) expect(empty.body.issues).toEqual(issues)
      else expect(empty.body.code).toBe('unknown_process')
    }
  })

  test.each([
    ['text/plain', 'identity'],
    ['application/jsonx', 'identity'],
    ['application/x-www-form-urlencoded', 'identity'],
    ['application/json', 'gzip'],
  ])('is refused as %s in %s', async (type, encoding) => {
    const headers = { 'content-type': type, 'content-encoding': encoding }
    const answer = await testApi().ask(url, { body: JSON.stringify(body), headers })
    expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_content'])
  })
})

describe.each(withScope)('who may ask for $method $path', ({ method, path, name, scope }) => {
  const asking = { method, ...(method === 'POST' ? { body: BODIES[name] } : {}) }
  const url = `${pathOf(path, 'a')}${name === 'listProcesses' ? '?kind=echo' : ''}`
  const jwt = (claims: Record<string, unknown>) => ({
    authorizer: { jwt: { claims: { sub: 's', ...claims } } },
  })

  test('a request without identity gets 401, unless the API needs no authentication', async () => {
    for (const platform of [{}, { authorizer: {} }, { authorizer: { iam: null } }]) {
      const answer = await testApi().ask(url, { ...asking, platform })
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated'])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect((await testApi({ auth: 'none' }).ask(url, { ...asking, platform })).status).not.toBe(401)
    }
  })

  test('a token without the scope is answered 403, whatever other scopes it has', async () => {
    const others = SCOPES.filter((each) => each !== scope).map((each) => `leasehold/${each}`)
    for (const claims of [{}, { scope: others.join(' ') }, { scope: scope }, { scope: [7] }]) {
      const answer = await testApi().ask(url, { ...asking, platform: jwt(claims) })
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
      expect(answer.body['detail']).toContain(`leasehold/${scope}`)
    }
  })

  test('a token with the scope gets through, in each form that issuers write it', async () => {
    const own = `leasehold/${scope}`
    const forms = [{ scope: `openid ${own}` }, { scp: [own] }, { scp: `[openid ${own}]` }]
    for (const claims of forms)
      expect([401, 403]).not.toContain(
        (await testApi().ask(url, { ...asking, platform: jwt(claims) })).status,
      )
    const other = testApi({ scopePrefix: 'jobs:' })
    const platform = jwt({ scope: `jobs:${scope}` })
    expect([401, 403]).not.toContain((await other.ask(url, { ...asking, platform })).status)
  })
})

test('the routes of callbacks and completions accept a token instead of an identity', async () => {
  const open = ROUTES.filter(({ scope }) => scope === undefined)
  expect(open.map(({ name }) => name)).toEqual([
    'completeExternal',
    'completeCallback',
    'failCallback',
    'heartbeatCallback',
  ])
  for (const { path, name } of open) {
    const answer = await testApi().ask(pathOf(path, 'a'), { body: BODIES[name], platform: {} })
    expect([404, 409]).toContain(answer.status)
    expect(path).not.toContain('token')
  }
})

describe('a query', () => {
  test.each([
    ['/v1/processes?cursor=x', 'cursor without a kind', 'cursor'],
    ['/v1/attention?status=completed', 'status', 'status'],
    ['/v1/attention?cursor=x', 'cursor', 'cursor'],
    ['/v1/counts?kinds=a', 'surplus', 'kinds'],
    ['/v1/processes/a/children?limit=1', 'surplus', 'limit'],
    ['/v1/processes/a/payloads/one', 'a number that is not one', 'seq'],
    ['/v1/processes/a/payloads/-1', 'a negative number', 'seq'],
    ['/v1/kinds?kind=a', 'surplus', 'kind'],
    ['/v1/processes?kind=a&scope=b', 'kind', 'kind'],
    ['/v1/processes?kind=a&limit=0', 'limit', 'limit'],
    ['/v1/processes?kind=a&limit=101', 'limit', 'limit'],
    ['/v1/processes?kind=a&limit=many', 'limit', 'limit'],
    ['/v1/processes?kind=a&limit=1.5', 'limit', 'limit'],
    ['/v1/processes?kind=a&status=done', 'status', 'status'],
    ['/v1/processes?kind=a&from=yesterday', 'from', 'from'],
    ['/v1/processes?kind=a&to=-1', 'to', 'to'],
    ['/v1/processes?kind=a&kind=b', 'kind twice', 'kind'],
    ['/v1/processes?kind=a&cursor=x', 'cursor', 'cursor'],
    ['/v1/processes?kind=a&__proto__=x', 'a field that it does not know', '__proto__'],
    ['/v1/processes/a/events?after=-1', 'after', 'after'],
    ['/v1/processes/a/events?waitMs=20001', 'waitMs', 'waitMs'],
    ['/v1/processes/a/result?waitMs=', 'waitMs', 'waitMs'],
    ['/v1/processes/a?verbose=1', 'surplus', 'verbose'],
  ])('%s is refused for %s', async (url, _, path) => {
    const answer = await testApi().ask(url)
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_input'])
    expect(answer.body.issues?.map((issue) => issue.path)).toEqual([path])
  })

  test('a cursor leads through the pages of its own query only', async () => {
    const { ask } = testApi()
    for (const id of ['a', 'b', 'c']) await ask('/v1/processes', { body: { ...START, id, scope: 's' } })
    const first = await ask('/v1/processes?scope=s&limit=2')
    const cursor = String(first.body['cursor'])
    expect((await ask(`/v1/processes?scope=s&limit=2&cursor=${cursor}`)).body['items']).toHaveLength(1)
    expect((await ask(`/v1/processes?scope=t&cursor=${cursor}`)).status).toBe(400)
    expect((await ask(`/v1/processes?scope=s&cursor=${cursor.slice(0, -2)}`)).status).toBe(400)
  })
})

test('a retry is answered 201 with its place, then 200, and its id needs no encoding', async () => {
  const { ask } = testApi()
  await ask('/v1/processes', {
    body: { ...START, kind: 'outside', recovery: 'external', completionToken: SECRET },
  })
  await ask('/v1/processes/a/complete', { body: { token: SECRET, output: DONE } })
  const body = { completionToken: SECRET }
  const first = await ask('/v1/processes/a/retry', { body })
  expect([first.status, first.body.id]).toEqual([201, 'a.retry'])
  expect(first.headers.get('location')).toBe(`/v1/processes/${encodeURIComponent('a.retry')}`)
  expect((await ask('/v1/processes/a/retry', { body })).status).toBe(200)
})

describe('a start', () => {
  test('is answered 201 with its place, then 200, then 409 for another content', async () => {
    const { ask } = testApi()
    const first = await ask('/v1/processes', { body: START })
    expect([first.status, first.headers.get('location')]).toEqual([201, '/v1/processes/a'])
    expect((await ask('/v1/processes', { body: START })).status).toBe(200)
    const other = await ask('/v1/processes', { body: { ...START, input: { n: 2 } } })
    expect([other.status, other.body.code]).toEqual([409, 'registration_conflict'])
    expect(other.body.detail).toContain('they differ in input.n; stored ')
  })

  test.each([
    ['an input of a wrong type', { input: { n: 'one' } }, 'invalid_input', 'input.n'],
    ['a kind that is not deployed', { kind: 'other' }, 'unknown_kind', 'kind'],
    ['a kind of wrong letters', { kind: 'a b' }, 'invalid_id', 'kind'],
    ['a scope of wrong letters', { scope: 'a b' }, 'invalid_id', 'scope'],
    ['limits that are a list', { limits: [] }, 'invalid_input', 'limits'],
    ['a provenance that is a list', { provenance: [] }, 'invalid_input', 'provenance'],
    ['an id that is a step in a path', { id: '..' }, 'invalid_id', 'id'],
    ['a limit of nothing', { limits: { timeoutMs: 0 } }, 'invalid_input', 'limits.timeoutMs'],
    ['a recovery that its kind has not', { recovery: 'abandon' }, 'invalid_input', 'recovery'],
    ['a short secret', { completionToken: 'short' }, 'invalid_input', 'completionToken'],
  ])('is refused for %s, and nothing is written', async (_, wrong, code, path) => {
    const { ask, registry } = testApi()
    const answer = await ask('/v1/processes', { body: { ...START, ...wrong } })
    expect([answer.status, answer.body.code]).toEqual([400, code])
    expect(answer.body.issues?.map((issue) => issue.path)).toEqual([path])
    expect(await registry.get(parseProcessId('a'))).toBeUndefined()
  })

  test.each([
    [{ id: 'bad 2' }, 'expected letters, digits and . _ : - only; "bad 2" has a space'],
    [{ id: 'bäd' }, 'expected letters, digits and . _ : - only; "bäd" has "ä"'],
    [{ id: '..' }, '".." is no name: in a path it means another folder'],
    [{ id: 'x'.repeat(257) }, 'expected at most 256 characters, got "xxx'],
    [{ scope: 'x'.repeat(129) }, 'expected at most 128 characters, got "xxx'],
    [{ kind: 'echoo' }, 'no such kind is deployed here; did you mean echo?'],
  ])('%o gets an error that says what to change', async (wrong, message) => {
    const answer = await testApi().ask('/v1/processes', { body: { ...START, ...wrong } })
    expect(answer.body.issues).toEqual([
      { path: Object.keys(wrong)[0], message: expect.stringContaining(message) as string },
    ])
  })

  test('of an unknown kind lists the kinds once', async () => {
    const answer = await testApi().ask('/v1/processes', { body: { ...START, kind: 'other' } })
    expect(String(answer.body.detail).match(/\becho\b/gu)).toHaveLength(1)
  })

  test('of an input nested deeper than a stack holds is refused', async () => {
    const nested = '['.repeat(100_000) + ']'.repeat(100_000)
    const body = `{"id":"a","kind":"echo","input":${nested}}`
    const answer = await testApi().ask('/v1/processes', { body })
    expect([answer.status, answer.body.code]).toEqual([400, 'not_serialisable'])
  })

  test('of too large an input is answered 413', async () => {
    const body = { ...START, input: { n: 1, note: 'x'.repeat(400_000) } }
    expect((await testApi().ask('/v1/processes', { body })).body.code).toBe('payload_too_large')
  })

  test('of a batch returns one answer per item, and is refused with no or too many items', async () => {
    const { ask } = testApi()
    const starts = [START, { ...START, input: { n: 'x' } }, { ...START, id: 'b' }]
    const { body } = await ask('/v1/processes/batch', { body: { starts } })
    expect(body['results']).toMatchObject([
      { id: 'a', ok: true, created: true },
      { id: 'a', ok: false, problem: { status: 400, issues: [{ path: 'input.n' }] } },
      { id: 'b', ok: true },
    ])
    for (const wrong of [[], Array.from({ length: 101 }, () => START)])
      expect((await ask('/v1/processes/batch', { body: { starts: wrong } })).status).toBe(400)
  })

  test('of many stops no other by its form, whatever stands in its place', async () => {
    const { ask, registry } = testApi()
    const wrong = [{ ...START, scop: 's' }, { kind: 'echo' }, 7, null, 'a', { ...START, id: 7 }]
    const { status, body } = await ask('/v1/processes/batch', { body: { starts: [...wrong, START] } })
    expect(status).toBe(200)
    const problem = (path: string, message: string) => ({ status: 400, issues: [{ path, message }] })
    expect(body['results']).toMatchObject([
      { id: 'a', ok: false, problem: problem('scop', 'unknown field') },
      { id: '', ok: false, problem: { issues: [{ path: 'id', message: 'is missing' }, { path: 'input' }] } },
      ...wrong.slice(2, 5).map(() => ({ id: '', ok: false, problem: { status: 400 } })),
      { id: '', ok: false, problem: problem('id', 'expected string, got 7') },
      { id: 'a', ok: true, created: true },
    ])
    expect(await registry.get(parseProcessId('a'))).toBeDefined()
  })

  test('of a batch answers each item although others fail, and limits the size of their messages', async () => {
    const { ask } = testApi()
    const long = '"'.repeat(19_000)
    const wrong = Array.from({ length: 99 }, (_, n) => (n % 2 === 0 ? { ...START, id: long } : { [long]: n }))
    const { status, body } = await ask('/v1/processes/batch', { body: { starts: [START, ...wrong] } })
    expect(status).toBe(200)
    expect(body['results']).toMatchObject([
      { id: 'a', ok: true },
      ...wrong.map(() => ({ id: '', ok: false })),
    ])
    expect(JSON.stringify(body).length).toBeLessThan(200_000)
  })

  test('with a million issues lists the first hundred and the number of the others', async () => {
    const { ask } = testApi({ definitions: [NUMBERS] })
    const input = Array.from({ length: 100_000 }, () => '"')
    const { status, body } = await ask('/v1/processes', { body: { id: 'n', kind: 'numbers', input } })
    expect([status, body.code]).toEqual([400, 'invalid_input'])
    expect(body.issues).toHaveLength(101)
    expect(body.issues?.at(-1)?.message).toBe('and 99900 more issues')
  })
})

test('a process past its retention is 410 on every route, and its id stays used', async () => {
  const { ask } = testApi({ registry: new MemoryProcessRegistry({ clock: SYSTEM_CLOCK }) })
  const body = { id: 'm', kind: 'manual', input: {}, completionToken: SECRET, limits: { retentionMs: 1 } }
  await ask('/v1/processes', { body })
  expect((await ask('/v1/processes/m/complete', { body: { token: SECRET, output: DONE } })).status).toBe(200)
  await vi.waitUntil(async () => (await ask('/v1/processes/m')).status === 410)
  for (const { method, path, name } of ofProcess) {
    const answer = await ask(pathOf(path, 'm'), { method, body: BODIES[name] })
    expect([name, answer.status, answer.body.code]).toEqual([name, 410, 'no_longer_retained'])
  }
  const again = await ask('/v1/processes', { body })
  expect([again.status, again.body.code]).toEqual([410, 'no_longer_retained'])
})

test('what is shown of a process holds no token, no hash and no tail', async () => {
  const { ask, registry } = testApi()
  const body = { id: 'm', kind: 'manual', input: {}, completionToken: SECRET }
  await ask('/v1/processes', { body })
  const request = { ownerId: 'host', attemptId: 'run', token: 'token-of-the-owner', ttlMs: 1_000 }
  await ask('/v1/processes', { body: START })
  await registry.claim(parseProcessId('a'), request, Date.now())
  for (const id of ['a', 'm']) {
    const shown = JSON.stringify((await ask(`/v1/processes/${id}`)).body)
    expect(shown).not.toMatch(/token|hash|tail|grant|commit|pendingNotifications/iu)
  }
})

test('who asks is recorded with what was asked', async () => {
  const { ask } = testApi()
  await ask('/v1/processes', { body: START })
  const asked = await ask('/v1/processes/a/cancel', { body: { reason: 'r' } })
  expect(asked.body['cancel']).toMatchObject({ reason: 'r', by: 'arn:aws:iam::1:user/ann' })
  const claims = { sub: 'user-7', scope: 'leasehold/operate' }
  const platform = { authorizer: { jwt: { claims } } }
  const given = await ask('/v1/processes/a/abandon', { body: { reason: 'r' }, platform })
  expect(given.body['abandon']).toMatchObject({ by: 'user-7' })
})

test('a result is 202 while the process is open, and a long poll ends before the invocation does', async () => {
  const { ask } = testApi()
  await ask('/v1/processes', { body: START })
  const short = { ...IAM, remainingMs: 3_050 }
  const startedAt = performance.now()
  const open = await ask('/v1/processes/a/result?waitMs=20000', { platform: short })
  expect([open.status, open.body.status]).toEqual([202, 'pending'])
  const none = await ask('/v1/processes/a/events?waitMs=20000', { platform: short })
  expect(none.body).toEqual({ events: [], ended: false })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test('an output that no answer can carry is refused by its size', async () => {
  const kept = new Map<string, Uint8Array>()
  const large = {
    maxBytes: 2 * API_ANSWER_MAX_BYTES,
    put: async (key: string, bytes: Uint8Array) => void kept.set(key, bytes),
    get: async (key: string) => kept.get(key),
  }
  const registry = new MemoryProcessRegistry({ payloads: { large } })
  const { ask } = testApi({ registry })
  await ask('/v1/processes', { body: { id: 'm', kind: 'manual', input: {}, completionToken: SECRET } })
  const value = 'x'.repeat(API_ANSWER_MAX_BYTES)
  await registry.completeExternal(parseProcessId('m'), SECRET, { outcome: 'success', value }, Date.now())
  const answer = await ask('/v1/processes/m/result')
  expect([answer.status, answer.body.code]).toEqual([413, 'payload_too_large'])
  expect((await ask('/v1/processes/m')).status).toBe(200)
})

test.each([
  ['/v1/processes', 'DELETE', 'POST, GET'],
  ['/v1/processes/a', 'PUT', 'GET'],
  ['/v1/processes/a/cancel', 'GET', 'POST'],
  ['/openapi.json', 'POST', 'GET'],
])('%s refuses %s and says what it takes', async (path, method, allow) => {
  const answer = await testApi().ask(path, { method })
  expect([answer.status, answer.body.code]).toEqual([405, 'method_not_allowed'])
  expect(answer.headers.get('allow')).toBe(allow)
})

test.each(['/', '/v2/processes', '/v1/processes/', '/v1/processes/a/unknown', '//v1/processes'])(
  '%s is no path of the API',
  async (path) => {
    expect((await testApi().ask(path)).body.code).toBe('unknown_route')
  },
)

describe('a store in trouble', () => {
  const troubled = (error: Error) => {
    const registry = new MemoryProcessRegistry()
    registry.get = async () => {
      throw error
    }
    return registry
  }
  const unavailable = (reason: string) =>
    new StoreUnavailable({ operation: 'get', tries: 8, reason }, undefined)

  test.each([
    [unavailable('ThrottlingException: slow down'), 429, 'throttled', '1'],
    [unavailable('ThrottlingError, ThrottlingError'), 429, 'throttled', '1'],
    [unavailable('socket hang up at 10.0.0.1'), 503, 'store_unavailable', '1'],
    [new Contended({ id: 'a', operation: 'cancel', tries: 8 }), 503, 'contended', '1'],
    [new InvariantBroken('it holds', { secret: 's' }), 500, 'invariant_broken', null],
    [new TypeError('secret of the code'), 500, 'unexpected', null],
  ])('%s', async (error, status, code, retryAfter) => {
    const told = new Told()
    const answer = await testApi({ registry: troubled(error), telemetry: told }).ask('/v1/processes/a')
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get('retry-after')).toBe(retryAfter)
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|10\.0\.0\.1/u)
    expect(told.counts.get(status < 500 ? 'Rejected' : 'RequestFailed')).toBe(1)
    const about = { route: 'getProcess', id: 'a', method: 'GET' }
    expect(told.lines.filter(({ level }) => level === 'error')).toMatchObject(
      status < 500 ? [] : [{ message: 'a request failed', facts: about }],
    )
  })
})

test('the line of a start that failed names its id and kind, and nothing that is no id', async () => {
  const told = new Told()
  const registry = new MemoryProcessRegistry()
  registry.register = () =>
    Promise.reject(new StoreUnavailable({ operation: 'put', tries: 8, reason: 'down' }, undefined))
  await testApi({ registry, telemetry: told }).ask('/v1/processes', { body: START })
  expect(told.lines).toMatchObject([
    { level: 'error', facts: { route: 'startProcess', id: 'a', kind: 'echo' } },
  ])
})

test('requests and refusals are counted', async () => {
  const told = new Told()
  const { ask } = testApi({ telemetry: told })
  await ask('/v1/processes', { body: START })
  await ask('/v1/processes/a')
  await ask('/v1/processes/b')
  expect(Object.fromEntries(told.counts)).toEqual({ Requested: 2, Rejected: 1 })
})

test('GET /v1/processes/{id} includes the lease of a running process when asked [C72]', async () => {
  const { ask, registry } = testApi()
  await ask('/v1/processes', { body: START })
  const id = parseProcessId('a')
  const now = SYSTEM_CLOCK.now()
  const request = { ownerId: 'worker-1', attemptId: 'i', token: 'secret-token', ttlMs: 30_000 }
  const claimed = await registry.claim(id, request, now)
  if (claimed.outcome !== 'claimed') throw new Error(`not claimed: ${claimed.outcome}`)
  const step = { name: 'double', attempt: 3, since: now - 5 }
  await registry.renew(claimed.ownership.lease, 30_000, now + 1, step)
  const { body } = await ask('/v1/processes/a?include=lease')
  const lease = { ownerId: 'worker-1', claimedAt: now, renewedAt: now + 1, expiresAt: now + 30_001, step }
  expect(body).toMatchObject({ status: 'running', lease })
  expect(JSON.stringify(body)).not.toContain('secret-token')
  expect(body).not.toHaveProperty('dueAt')
  expect((await ask('/v1/processes/a')).body).not.toHaveProperty('lease')
  const refused = await ask('/v1/processes/a?include=leases')
  expect([refused.status, refused.body.issues?.[0]?.path]).toEqual([400, 'include'])
})
