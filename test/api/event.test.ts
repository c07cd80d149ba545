import { expect, test } from 'vitest'
import { platformOf, requestOf, resultOf, type HttpEvent } from '../../lib/api/event.ts'

function event(more: Partial<HttpEvent> & { method?: string } = {}): HttpEvent {
  const { method = 'POST', ...rest } = more
  return {
    rawPath: '/v1/processes',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    isBase64Encoded: false,
    requestContext: { domainName: 'api.example', http: { method } },
    ...rest,
  }
}

test.each([
  ['text', '{"a":"ä"}', false],
  ['base64', Buffer.from('{"a":"ä"}').toString('base64'), true],
])('a body that comes as %s is the same', async (_, body, isBase64Encoded) => {
  const request = requestOf(event({ body, isBase64Encoded, headers: { 'content-length': '1' } }))
  expect(request.headers.get('content-length')).toBe('10')
  expect(await request.text()).toBe('{"a":"ä"}')
})

test('path and query are those of the event, whatever the path looks like', () => {
  const request = requestOf(event({ method: 'GET', rawPath: '/v1/a b/ä', rawQueryString: 'x=1&y=%20' }))
  expect(request.url).toBe('https://api.example/v1/a%20b/%C3%A4?x=1&y=%20')
  expect(new URL(requestOf(event({ rawPath: '//evil.example/x' })).url).host).toBe('api.example')
  expect(requestOf(event({ method: 'GET', body: 'dropped' })).body).toBeNull()
})

test.each([
  ['an HTTP API, which has decoded it', 'api.example', '/v1/processes/100%25', '/v1/processes/100%2525'],
  [
    'a function URL, which has not',
    'x.lambda-url.eu-west-1.on.aws',
    '/v1/processes/a%3Ab',
    '/v1/processes/a%3Ab',
  ],
])('the path of %s is decoded once in all', (_, domainName, rawPath, expected) => {
  const { requestContext } = event()
  const request = requestOf(event({ rawPath, requestContext: { ...requestContext, domainName } }))
  expect(new URL(request.url).pathname).toBe(expected)
})

test('the platform says who asks and how long it may take', () => {
  const authorizer = { iam: { userArn: 'arn' } }
  const { requestContext } = event()
  const context = { getRemainingTimeInMillis: () => 5 }
  expect(platformOf(event({ requestContext: { ...requestContext, authorizer } }), context)).toEqual({
    remainingMs: 5,
    authorizer,
  })
  expect(platformOf(event(), context)).toEqual({ remainingMs: 5 })
})

test('an answer keeps its status, headers and text', async () => {
  const response = new Response('{"a":1}', { status: 201, headers: { location: '/x' } })
  expect(await resultOf(response)).toMatchObject({
    statusCode: 201,
    headers: { location: '/x' },
    body: '{"a":1}',
    isBase64Encoded: false,
  })
  expect(await resultOf(new Response(null, { status: 204 }))).toMatchObject({ statusCode: 204, body: '' })
})

test('an impossible header is left out, and an impossible method reaches no route', () => {
  const headers = {
    'content-type': 'application/json',
    'x-a': '😀',
    'x-b': 'a\nb: c',
    'x\nc': '1',
    '': '2',
    'x-d': 'ü',
  }
  const request = requestOf(event({ headers, body: '{}' }))
  expect([...request.headers.keys()].sort()).toEqual(['content-length', 'content-type', 'x-d'])
  for (const method of ['TRACE', 'CONNECT', 'TRACK', 'G T', 'ä', ''])
    expect(requestOf(event({ method })).method).toBe('OPTIONS')
})
