import { setImmediate as turn } from 'node:timers/promises'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { problemOf, STATUS_OF } from '../../../lib/api/problems.ts'
import { HttpProcessClient } from '../../../lib/client/http/client.ts'
import { bearer, sigV4, type Authenticator } from '../../../lib/client/http/signing.ts'
import * as errors from '../../../lib/model/errors.ts'
import { API_BODY_MAX_BYTES, HTTP_TIMEOUT_MS, HTTP_TRIES } from '../../../lib/model/limits-http.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'

type Sent = { readonly url: URL; readonly init: RequestInit; readonly at: number }
type Answering = (sent: Sent, index: number) => Response | Promise<Response>

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers })
const ECHO = { kind: 'echo', input: v.unknown(), output: v.unknown() }
const VIEW = { id: 'a', kind: 'echo', status: 'pending' }

/** A client whose platform answers as told, on a clock that skips all waits. */
function client(answering: Answering, more: { auth?: Authenticator; url?: string } = {}) {
  const clock = new VirtualClock()
  const sent: Sent[] = []
  const chance = { random: () => 0.5, token: () => 'token' }
  const fetch = async (url: URL, init: RequestInit): Promise<Response> => {
    const request = { url, init, at: clock.now() }
    sent.push(request)
    return answering(request, sent.length)
  }
  const http = new HttpProcessClient({ url: 'https://api.example', fetch, clock, chance, ...more })
  /** Lets all waits pass that stand between a call and its answer. */
  const go = async <T>(call: Promise<T>): Promise<T> => {
    let settled = false
    const done = call.finally(() => (settled = true))
    done.catch(() => undefined)
    while (!settled) {
      for (let turns = 0; turns < 10; turns += 1) await turn()
      if (!settled) await clock.skip()
    }
    return done
  }
  return { http, go, sent, clock, waits: () => sent.slice(1).map(({ at }, n) => at - (sent[n]?.at ?? 0)) }
}

describe('a request that may pass is sent again', () => {
  test.each([
    ['after no answer', () => Promise.reject(new TypeError('fetch failed'))],
    ['after a fault', () => json(500, { message: 'Internal Server Error' })],
    ['after a gateway without its function', () => new Response('<html>', { status: 502 })],
    ['after half an answer', () => new Response('{"id":', { status: 200 })],
    ['when it is throttled', () => json(429, { message: 'Rate Exceeded.' })],
    ['when the store does not answer', () => json(503, problemOf(new errors.Contended(CONTENDED)))],
  ] as [string, Answering][])('%s, with growing waits', async (_, failing) => {
    const { http, go, waits } = client((request, index) =>
      index < 4 ? failing(request, index) : json(200, VIEW),
    )
    expect(await go(http.get('a'))).toEqual(VIEW)
    expect(waits()).toEqual([50, 100, 200])
  })

  test('no sooner than the API asks for, and no longer than anyone would wait', async () => {
    const times = ['3', '86400', 'Tue, 24 Nov 2026 12:00:00 GMT']
    const { http, go, waits } = client((_, index) =>
      index <= 3 ? json(429, {}, { 'retry-after': times[index - 1]! }) : json(200, VIEW),
    )
    await go(http.get('a'))
    expect(waits()).toEqual([3_000, 10_000, 200])
  })

  test('a few times, then the error is the caller’s', async () => {
    const { http, go, sent } = client(() => json(503, {}))
    await expect(go(http.cancel('a', 'r'))).rejects.toMatchObject({
      code: 'request_failed',
      facts: { tries: HTTP_TRIES, status: 503, path: '/v1/processes/a/cancel' },
    })
    expect(sent).toHaveLength(HTTP_TRIES)
    const throttled = client(() => json(429, {}))
    await expect(throttled.go(throttled.http.get('a'))).rejects.toThrow(errors.Throttled)
  })

  test('when nothing comes for too long', async () => {
    const { http, go, waits } = client(({ init }, index) =>
      index === 1
        ? new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('cut'))))
        : json(200, VIEW),
    )
    await go(http.get('a'))
    expect(waits()).toEqual([HTTP_TIMEOUT_MS + 50])
  })
})

const CONTENDED = { id: 'a', operation: 'cancel', tries: 8 }

test('what the caller has to mend is not sent again', async () => {
  for (const status of [400, 401, 403, 404, 405, 409, 410, 413, 415]) {
    const { http, go, sent } = client(() => json(status, {}))
    await expect(go(http.cancel('a', 'r'))).rejects.toThrow(errors.LeaseholdError)
    expect(sent).toHaveLength(1)
  }
})

describe('an error of the API is of the class that the direct client throws', () => {
  const thrown = Object.values(errors).flatMap((each) => {
    if (each === errors.LeaseholdError) return []
    const Class = each as unknown as new (facts: object) => errors.LeaseholdError
    const issues = [{ path: 'a.b', message: 'is missing' }]
    const facts = {
      id: 'a',
      issues,
      known: [],
      because: 'token',
      keptUntil: 0,
      error: {},
      field: 'id',
      pattern: 'p',
      what: 'w',
      reason: 'r',
      path: '$.a',
      found: 'a Date',
    }
    const error = new Class(facts)
    return Object.hasOwn(STATUS_OF, error.code) ? [{ code: error.code, error }] : []
  })

  test('for each code that the API answers', () => {
    expect(new Set(thrown.map(({ code }) => code))).toEqual(new Set(Object.keys(STATUS_OF)))
  })

  test.each(thrown)('$code', async ({ error }) => {
    const problem = problemOf(error)
    const { http, go } = client(() => json(problem.status < 500 ? problem.status : 400, problem))
    const caught = await go(http.cancel('a', 'r')).catch((each: unknown) => each)
    expect(caught).toBeInstanceOf(error.constructor)
    expect(caught).toMatchObject({ code: error.code, message: problem.detail })
    if (error instanceof errors.InvalidInput) expect(caught).toMatchObject({ issues: error.issues })
  })

  test('and of a code that this client does not know it says what the API said', async () => {
    const { http, go } = client(() => json(422, { code: 'new_code', detail: 'something new' }))
    await expect(go(http.cancel('a', 'r'))).rejects.toMatchObject({
      code: 'request_failed',
      message: expect.stringContaining('something new'),
    })
  })
})

test('requests carry what makes them known, anew each time', async () => {
  let count = 0
  const auth = bearer(() => `token-${(count += 1)}`)
  const { http, go, sent } = client((_, index) => (index === 1 ? json(500, {}) : json(200, VIEW)), { auth })
  await go(http.get('a'))
  const headers = sent.map(({ init }) => (init.headers as Record<string, string>)['authorization'])
  expect(headers).toEqual(['Bearer token-1', 'Bearer token-2'])
  expect(sent[0]?.init.redirect).toBe('error')
})

test('a signature covers host, session and body', async () => {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'session' }
  const auth = sigV4({ region: 'eu-west-1', service: 'lambda', credentials })
  const { http, go, sent } = client(() => json(202, VIEW), { auth })
  await go(http.cancel('a', 'r'))
  const headers = sent[0]?.init.headers as Record<string, string>
  expect(headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/eu-west-1\/lambda\/aws4_request/,
  )
  for (const name of ['host', 'x-amz-security-token', 'x-amz-content-sha256'])
    expect(headers['authorization']).toContain(name)
  expect(JSON.stringify(headers)).not.toContain('secret"')
})

test('a base with a path, and one that is no URL', async () => {
  const { http, go, sent } = client(() => json(200, VIEW), { url: 'https://example.com/jobs/' })
  await go(http.get('a'))
  expect(sent[0]?.url.href).toBe('https://example.com/jobs/v1/processes/a')
  expect(() => new HttpProcessClient({ url: 'example' })).toThrow(errors.InvalidConfig)
})

test('an id that would be another path is refused before anything is sent', async () => {
  const { http, go, sent } = client(() => json(200, VIEW))
  for (const id of ['..', '.', 'a/b', 'a?b', ''])
    await expect(go(http.get(id))).rejects.toThrow(errors.InvalidId)
  expect(sent).toHaveLength(0)
})

test('many starts go in batches of what the API takes, by number and by size', async () => {
  const { http, go, sent } = client(({ init }) => {
    const { starts } = JSON.parse(init.body as string) as { starts: { id: string }[] }
    return json(200, { results: starts.map(({ id }) => ({ id, ok: true, created: true, process: VIEW })) })
  })
  const definition = ECHO as never
  const many = Array.from({ length: 205 }, (_, n) => ({ id: `p-${n}`, input: n }))
  expect((await go(http.startMany(definition, many as never))).map(({ id }) => id)).toEqual(
    many.map(({ id }) => id),
  )
  expect(sent).toHaveLength(3)
  const large = Array.from({ length: 5 }, (_, n) => ({ id: `p-${n}`, input: 'x'.repeat(1_500_000) }))
  await go(http.startMany(definition, large as never))
  expect(sent).toHaveLength(3 + 3)
})

test('one of many that cannot be sent is refused in its place, and the others are sent', async () => {
  const { http, go, sent } = client(({ init }) => {
    const { starts } = JSON.parse(init.body as string) as { starts: { id: string }[] }
    return json(200, { results: starts.map(({ id }) => ({ id, ok: true, created: true, process: VIEW })) })
  })
  const inputs: unknown[] = [1, 'x'.repeat(API_BODY_MAX_BYTES), 2, () => 'no JSON', 3]
  const starts = inputs.map((input, n) => ({ id: `p-${n}`, input }))
  const replies = await go(http.startMany(ECHO as never, starts as never))
  expect(replies).toMatchObject([
    { id: 'p-0', ok: true },
    { id: 'p-1', ok: false, error: { code: 'payload_too_large' } },
    { id: 'p-2', ok: true },
    { id: 'p-3', ok: false, error: { code: 'not_serialisable' } },
    { id: 'p-4', ok: true },
  ])
  expect(sent).toHaveLength(1)
})

test('a wait for a result is asked for piece by piece, and ends in time', async () => {
  const { http, go, sent, clock } = client(async ({ url }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.after(Number(url.searchParams.get('waitMs')), resolve)
    await promise
    return json(202, { id: 'a', status: 'running' })
  })
  await expect(go(http.result('a', { timeout: { seconds: 45 } }))).rejects.toThrow(errors.WaitTimedOut)
  expect(sent.map(({ url }) => url.searchParams.get('waitMs'))).toEqual(['20000', '20000', '5000'])
})
