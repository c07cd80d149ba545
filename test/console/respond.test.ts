import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_BODY_MAX_BYTES } from '../../lib/model/limits-http.ts'
import { OPERATIONS } from '../../lib/console/operations.ts'
import { DEPLOYED, errorIn, LOCAL, SECRET, servedConsole } from './served.ts'

let local: Awaited<ReturnType<typeof servedConsole>>
let deployed: typeof local
beforeAll(async () => {
  local = await servedConsole()
  deployed = await servedConsole({ target: DEPLOYED, has: (path) => path !== '/v1/attention' })
})
afterAll(() => Promise.all([local.stop(), deployed.stop()]))

const START = JSON.stringify({ kind: 'echo', id: 'p1', input: { text: 'x' } })

describe('a forged request', () => {
  test.each([
    ['another name', 'evil.example'],
    ['another name with the right port', (port: string) => `evil.example:${port}`],
    ['no port', '127.0.0.1'],
    ['another port', '127.0.0.1:1'],
    ['a name that ends like this one', (port: string) => `evil.127.0.0.1:${port}`],
    ['a user before the name', (port: string) => `a@127.0.0.1:${port}`],
  ])('is refused before its path is read when its Host has %s', async (_, forged) => {
    const host = typeof forged === 'string' ? forged : forged(local.host.split(':')[1]!)
    for (const path of ['/', '/app.js', '/api/target', '/nowhere']) {
      const answer = await local.ask(path, { body: '{}', headers: { host, origin: `http://${host}` } })
      expect([answer.status, errorIn(answer).code]).toEqual([421, 'host_refused'])
    }
  })

  test.each([
    ['of another site', 'http://evil.example'],
    ['of another port of this machine', 'http://127.0.0.1:1'],
    ['of a sandboxed frame', 'null'],
    ['by another scheme', (host: string) => `https://${host}`],
    ['left out', undefined],
  ])('is refused when its Origin is %s', async (_, forged) => {
    const origin = typeof forged === 'function' ? forged(local.host) : forged
    const answer = await local.ask('/api/target', { body: '{}', headers: { origin } })
    expect([answer.status, errorIn(answer).code]).toEqual([403, 'origin_refused'])
  })

  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['wrong', 'b'.repeat(SECRET.length)],
    ['too short', SECRET.slice(0, -1)],
    ['too long', `${SECRET}x`],
  ])('is refused when its secret is %s, and its operation is not looked up', async (_, secret) => {
    for (const operation of ['target', 'start', 'nothing']) {
      const headers = { 'x-leasehold-session': secret }
      const answer = await local.ask(`/api/${operation}`, { body: START, headers })
      expect([answer.status, errorIn(answer).code]).toEqual([401, 'session_refused'])
    }
  })

  test('reaches the API in no case', () => expect(local.calls).toEqual([]))

  test('from a form or another site gets no header that lets its page read the answer', async () => {
    const asked = await local.ask('/api/target', {
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(asked.status).toBe(405)
    const read = await local.ask('/api/target', { body: '{}' })
    for (const { headers } of [asked, read])
      expect(Object.keys(headers).filter((name) => /^access-control-|^set-cookie$/u.test(name))).toEqual([])
  })
})

describe('an operation', () => {
  test.each(['nothing', '__proto__', 'constructor', 'toString', 'target/', 'target/..', '', '%74arget'])(
    '"%s" is unknown',
    async (name) => {
      const answer = await local.ask(`/api/${name}`, { body: '{}' })
      expect([answer.status, errorIn(answer).code]).toEqual([404, 'unknown_operation'])
    },
  )

  test.each(['GET', 'PUT', 'DELETE'])('refuses the method %s', async (method) => {
    const answer = await local.ask('/api/target', { method })
    expect([answer.status, errorIn(answer).code]).toEqual([405, 'method_not_allowed'])
  })

  test('refuses a body that a form can send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      const answer = await local.ask('/api/target', { body: '{}', headers: { 'content-type': type } })
      expect([answer.status, errorIn(answer).code]).toEqual([415, 'unsupported_content'])
    }
    expect(errorIn(await local.ask('/api/target', { body: '{"a":' })).code).toBe('unsupported_content')
  })

  test('refuses a body over the limit, and serves the next request', async () => {
    const body = JSON.stringify({ id: 'x'.repeat(API_BODY_MAX_BYTES) })
    const answer = await local.ask('/api/show', { body })
    expect([answer.status, errorIn(answer).code]).toEqual([413, 'payload_too_large'])
    expect((await local.ask('/api/target', { body: '{}' })).status).toBe(200)
  })

  test.each([
    ['a field too many', '{"id":"p1","also":1}', 'invalid_input'],
    ['no field', '{}', 'invalid_input'],
    ['a list', '[]', 'invalid_input'],
    ['null', 'null', 'invalid_input'],
    ['an id that is a step in a path', '{"id":".."}', 'invalid_id'],
    ['an id with a path in it', '{"id":"p1/../../counts"}', 'invalid_id'],
    ['an id with a query in it', '{"id":"p1?include=lease"}', 'invalid_id'],
  ])('refuses params that are or have %s', async (_, body, code) => {
    const answer = await local.ask('/api/show', { body })
    expect([answer.status, errorIn(answer).code]).toEqual([400, code])
    expect(local.calls.filter((call) => !call.endsWith('/p1'))).toEqual([])
  })

  test('takes nothing from a prototype that its params name', async () => {
    const answer = await local.ask('/api/show', { body: '{"__proto__":{"id":"p1"}}' })
    expect([answer.status, errorIn(answer).code]).toEqual([400, 'invalid_input'])
    expect(({} as { id?: string }).id).toBeUndefined()
  })

  test('answers with the value, or with the code and status of the API', async () => {
    expect(JSON.parse((await local.ask('/api/target', { body: '{}' })).text)).toEqual({ value: LOCAL })
    const missing = await local.ask('/api/show', { body: '{"id":"none"}' })
    expect([missing.status, errorIn(missing).code]).toEqual([404, 'unknown_process'])
  })

  test('that changes something is refused by name in a console that only reads', async () => {
    const writes = Object.entries(OPERATIONS).filter(([, { access }]) => access === 'write')
    expect(writes.map(([name]) => name)).toEqual([
      'start',
      'signal',
      'cancel',
      'abandon',
      'resume',
      'retry',
      'releaseSlot',
      'callbackComplete',
      'redriveDeadLetter',
      'deleteDeadLetter',
      'callbackFail',
    ])
    for (const [name] of writes) {
      const answer = await deployed.ask(`/api/${name}`, { body: START })
      expect([answer.status, errorIn(answer).code]).toEqual([403, 'read_only'])
      expect(errorIn(answer).message).toContain('--write')
    }
    expect(deployed.calls).toEqual([])
  })

  test('on dead letters says what to do when the target does not name its queues', async () => {
    const asked = [
      ['deadLetters', '{}'],
      ['redriveDeadLetter', '{"messageId":"m-1"}'],
      ['deleteDeadLetter', '{"messageId":"m-1"}'],
    ] as const
    for (const [name, body] of asked) {
      const answer = await local.ask(`/api/${name}`, { body })
      expect([answer.status, errorIn(answer).code]).toEqual([501, 'no_queues'])
      expect(errorIn(answer).message).toContain('--stack NAME')
    }
    expect(local.faults).toEqual([])
  })

  test('that an older stack lacks has a code of its own', async () => {
    const answer = await deployed.ask('/api/attention', { body: '{}' })
    expect([answer.status, errorIn(answer).code]).toEqual([501, 'older_stack'])
    expect(errorIn(answer).message).toMatch(/stack orders was made by version 1\.0\.0 .* version 1\.2\.3/u)
  })
})

describe('a file', () => {
  test.each([
    ['/app.js', 'text/javascript; charset=utf-8'],
    ['/app.css', 'text/css; charset=utf-8'],
    ['/', 'text/html; charset=utf-8'],
    ['/?status=failed', 'text/html; charset=utf-8'],
    ['/p/order-7', 'text/html; charset=utf-8'],
    ['/kinds/order', 'text/html; charset=utf-8'],
    ['/slots/a%2Fb', 'text/html; charset=utf-8'],
    ['/health', 'text/html; charset=utf-8'],
  ])('%s is served with every protection', async (path, type) => {
    const { status, headers } = await local.ask(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': type,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    expect(String(headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
  })

  test('is the same page for each screen, without data and without the secret', async () => {
    const pages = await Promise.all(['/', '/p/order-7', '/dlq'].map((path) => local.ask(path)))
    expect(new Set(pages.map(({ text }) => text)).size).toBe(1)
    expect(pages[0]?.text).not.toContain(SECRET)
  })

  test.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/app/../../package.json',
    '/app.js/../x',
    '//evil.example/',
    '/p/a/b',
    '/p/',
    '/index.html',
    '/favicon.ico',
    '/api',
    'http://evil.example/',
  ])('is not at %s', async (path) => {
    const answer = await local.ask(path)
    expect([answer.status, errorIn(answer).code]).toEqual([404, 'unknown_path'])
  })

  test('is only read', async () => {
    expect((await local.ask('/', { method: 'HEAD' })).text).toBe('')
    const answer = await local.ask('/', { body: '{}' })
    expect([answer.status, errorIn(answer).code]).toEqual([405, 'method_not_allowed'])
  })
})
