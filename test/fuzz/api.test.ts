import * as fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { apiApp } from '../../lib/api/app.ts'
import { PROBLEM } from '../../lib/api/answers.ts'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { parseCallbackToken } from '../../lib/effects/callback.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { askingProcess } from '../helpers/asking.ts'
import {
  anyJson,
  anyText,
  edgeNumber,
  expectUnpolluted,
  holds,
  INHERITED,
  nestedText,
  SEED,
  wholeText,
} from '../helpers/fuzz.ts'

const { asking, tokens } = askingProcess()

/** An API with something behind it: an open process that waits for a callback, and an external one. */
async function served() {
  const registry = new MemoryProcessRegistry()
  const kit = new TestKit({ definitions: [asking], registry })
  await kit.start(asking, null, { id: 'there' })
  const told: unknown[] = []
  const telemetry = {
    count() {},
    measure() {},
    info() {},
    warn() {},
    error: (message: string, error: unknown) => void told.push(message, error),
  }
  const { clock } = kit
  const app = apiApp({ registry, doorbell: NO_DOORBELL, clock, definitions: [asking], telemetry })
  return { app, told, kit }
}

const PLATFORM = { authorizer: { iam: { userArn: 'arn:aws:iam::1:user/ann' } }, remainingMs: 0 }
const DEEP = '@deep@'
const id = fc
  .oneof(fc.constantFrom('there', 'no-such-id', '__proto__'), wholeText)
  // These would be another path.
  .filter((text) => !['', '.', '..'].includes(text))
const value = fc.oneof(anyJson, fc.constant(DEEP))
const oddly = <T>(good: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary: good }, value)
const body = fc
  .record(
    {
      id: oddly(fc.constantFrom('new-1', 'there', 'a b')),
      kind: oddly(fc.constantFrom('asking', 'no-such-id')),
      input: value,
      recovery: fc.constantFrom('rerun', 'external'),
      startAt: oddly(edgeNumber),
      limits: oddly(
        fc.dictionary(fc.constantFrom('timeoutMs', 'retentionMs', ...INHERITED), edgeNumber, {
          noNullPrototype: true,
        }),
      ),
      concurrency: oddly(fc.record({ key: anyText, limit: edgeNumber })),
      provenance: oddly(fc.record({ source: anyText })),
      starts: oddly(
        fc.array(fc.record({ id: anyText, kind: fc.constant('asking'), input: value }), { maxLength: 3 }),
      ),
      reason: oddly(anyText),
      key: oddly(anyText),
      payload: value,
      token: oddly(fc.oneof(anyText, fc.constant('there~0~AAAAAAAAAAAAAAAAAAAAAA'))),
      completionToken: oddly(anyText),
      value,
      error: oddly(fc.record({ message: anyText })),
      output: oddly(fc.record({ outcome: fc.constantFrom('success', 'failure'), value })),
    },
    { requiredKeys: [] },
  )
  .map((fields) => JSON.stringify(fields))

type Drawn = {
  route: number
  id: string
  name: string
  query: [string, string][]
  body: string
  keep: boolean
  type: string
}
const drawn: fc.Arbitrary<Drawn> = fc.record({
  route: fc.nat(ROUTES.length - 1),
  id,
  name: id,
  query: fc.array(
    fc.tuple(
      fc.constantFrom(
        'kind',
        'scope',
        'status',
        'limit',
        'after',
        'cursor',
        'waitMs',
        'from',
        'to',
        '__proto__',
      ),
      fc.oneof(wholeText, edgeNumber.map(String), fc.constantFrom('asking', '10')),
    ),
    { maxLength: 3 },
  ),
  body: fc.oneof(
    { weight: 6, arbitrary: body },
    anyText,
    anyJson.map((each) => JSON.stringify(each)),
  ),
  keep: fc.boolean(),
  type: fc.constantFrom(
    'application/json',
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    '',
  ),
})

/** The request that was drawn, with only those fields of its body that the route knows where `keep` says so. */
function requestOf(each: Drawn): Request {
  const route = ROUTES[each.route]
  if (route === undefined) throw new Error('a route is drawn')
  const path = route.path
    .replace('{id}', encodeURIComponent(each.id))
    .replace('{name}', encodeURIComponent(each.name))
  const query = each.keep
    ? each.query.filter(([key]) => Object.hasOwn(route.query?.entries ?? {}, key))
    : each.query
  const url = `http://api.test${path}?${new URLSearchParams(query).toString()}`
  if (route.method === 'GET') return new Request(url)
  const headers = each.type === '' ? {} : { 'content-type': each.type }
  return new Request(url, {
    method: route.method,
    headers,
    body: kept(each, Object.keys(route.body?.entries ?? {})),
  })
}

function kept({ body: text, keep }: Drawn, fields: readonly string[]): string {
  const parsed = keep && text.startsWith('{') ? (JSON.parse(text) as object) : undefined
  const some = parsed && Object.fromEntries(Object.entries(parsed).filter(([key]) => fields.includes(key)))
  return (some === undefined ? text : JSON.stringify(some)).replaceAll(`"${DEEP}"`, nestedText(10_000))
}

describe(`requests of any content (SEED=${SEED})`, () => {
  test('to every route are answered, or refused as a problem that is the caller’s', () =>
    holds(
      fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 8 }), async (requests) => {
        const { app, told, kit } = await served()
        for (const each of requests) {
          const answer = await app.fetch(requestOf(each), PLATFORM)
          const text = await answer.text()
          if (told.length > 0) throw new Error(`answered ${answer.status}: ${text}`, { cause: told[1] })
          expect(answer.status).toBeLessThan(500)
          if (answer.status >= 400) {
            expect(answer.headers.get('content-type')).toBe('application/problem+json')
            expect(v.is(PROBLEM, JSON.parse(text))).toBe(true)
          }
          expect(text).not.toContain(parseCallbackToken(tokens.at(-1) ?? '')?.secret)
        }
        expect(['waiting', 'completed', 'failed', 'cancelled']).toContain((await kit.record('there')).status)
        expectUnpolluted()
      }),
      60,
    ))

  test('to any route without identity are refused unread, unless the route takes a token', () =>
    holds(
      fc.asyncProperty(drawn, async (each) => {
        const { app } = await served()
        const { status } = await app.fetch(requestOf(each), {})
        if (ROUTES[each.route]?.scope !== undefined) expect(status).toBe(401)
        else expect(status).toBeGreaterThanOrEqual(400)
      }),
      60,
    ))

  test('from a caller of any shape are refused, unless the platform uses that shape', () =>
    holds(
      fc.asyncProperty(
        fc.oneof(
          anyJson,
          fc.record(
            {
              jwt: fc.oneof(anyJson, fc.record({ claims: anyJson, scopes: anyJson }, { requiredKeys: [] })),
              iam: fc.oneof(
                anyJson,
                fc.record(
                  {
                    userArn: anyJson.filter((arn) => typeof arn !== 'string' || arn === ''),
                    callerId: fc.constant(''),
                  },
                  { requiredKeys: [] },
                ),
              ),
            },
            { requiredKeys: [] },
          ),
        ),
        async (authorizer) => {
          const { app, told } = await served()
          const answer = await app.fetch(new Request('http://api.test/v1/processes/there'), {
            authorizer: authorizer as never,
          })
          expect([401, 403]).toContain(answer.status)
          expect(told).toEqual([])
        },
      ),
      100,
    ))

  test('to no route are a problem too', () =>
    holds(
      fc.asyncProperty(
        wholeText,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
        async (path, method) => {
          const { app, told } = await served()
          const answer = await app.fetch(
            new Request(`http://api.test/${encodeURIComponent(path)}`, { method }),
            PLATFORM,
          )
          expect([404, 405]).toContain(answer.status)
          expect(told).toEqual([])
        },
      ),
      60,
    ))
})

test('every answer about a process leaves out the secret of its callback and of its completion', async () => {
  const { app } = await served()
  const secret = parseCallbackToken(tokens.at(-1) ?? '')?.secret
  const token = 'a-token-that-is-long-enough'
  const start = JSON.stringify({
    id: 'ext',
    kind: 'else',
    recovery: 'external',
    input: 1,
    completionToken: token,
  })
  const headers = { 'content-type': 'application/json' }
  const asked = [new Request('http://api.test/v1/processes', { method: 'POST', headers, body: start })]
  for (const path of ['there', 'there/events', 'there/result', 'ext', 'ext/events'])
    asked.push(new Request(`http://api.test/v1/processes/${path}`))
  for (const request of asked) {
    const answer = await app.fetch(request, PLATFORM)
    const text = await answer.text()
    expect(answer.status, text).toBeLessThan(300)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(token)
    expect(text).not.toMatch(/completionHash|tokenHash|"grant"/u)
  }
})
