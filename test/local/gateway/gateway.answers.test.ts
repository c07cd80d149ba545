import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openGateway as open } from '../../helpers/gateway.ts'

// What an HTTP API makes of a request and of a result, where it is neither plain nor well formed.

test('a request waits no longer than an HTTP API does, and its function continues', async () => {
  const { url, events } = await open({ gatewayTimeoutMs: 300, timeoutMs: 1_000 })
  const response = await fetch(`${url}/sleep`)
  expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }])
  expect(events.of('invoked')).toEqual([])
  await events.until((all) => all.of('invoked').length === 1)
  expect(events.of('invoked')).toMatchObject([{ outcome: 'timed-out' }])
})

test('cookies and query parameters come apart from the rest, and the root has no route', async () => {
  const { url, events } = await open()
  const { hostname, port } = new URL(url)
  const headers = { Cookie: ['a=1; b=2', 'c=3'], 'X-MANY': ['1', '2'] }
  const sent = request({ hostname, port, path: '/v1/a%20b?x=1%2C&y=%20&x=2&flag', headers })
  const [answered] = (await once(sent.end(), 'response')) as [IncomingMessage]
  const event = JSON.parse(await text(answered)) as Record<string, unknown>
  expect(event).toMatchObject({
    routeKey: 'ANY /{proxy+}',
    cookies: ['a=1', 'b=2', 'c=3'],
    headers: { 'x-many': '1,2' },
    queryStringParameters: { x: '1,,2', y: ' ', flag: '' },
    pathParameters: { proxy: 'v1/a b' },
    requestContext: { time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}(:\d\d){3} \+0000$/u) },
  })
  expect(event['headers']).not.toHaveProperty('cookie')
  const root = await fetch(`${url}/`)
  expect([root.status, await root.json()]).toEqual([404, { message: 'Not Found' }])
  expect(events.of('invoked')).toHaveLength(1)
})

test('a result is answered by the rules of payload 2.0, and one that breaks them is a 500', async () => {
  const { url } = await open()
  const ask = (result: unknown) =>
    fetch(`${url}/result`, {
      method: 'POST',
      body: JSON.stringify(result),
      headers: { 'content-type': 'text/plain' },
    })
  const full = await ask({
    statusCode: 201,
    headers: { 'x-n': 7 },
    cookies: ['a=1; Path=/', 'b=2'],
    body: 'ä',
  })
  expect([full.status, full.headers.get('x-n'), await full.text()]).toEqual([201, '7', 'ä'])
  expect(full.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
  const inferred = await ask({ hello: 'world' })
  expect([inferred.status, await inferred.json()]).toEqual([200, { hello: 'world' }])
  expect(inferred.headers.get('content-type')).toBe('application/json')
  const malformed = [
    { statusCode: 'ok' },
    { statusCode: 99 },
    { statusCode: 200, body: { not: 'text' } },
    { statusCode: 200, headers: ['a'] },
    { statusCode: 200, headers: { a: 'b\nc' } },
    { statusCode: 200, cookies: 'a=1' },
  ]
  for (const result of malformed) {
    const response = await ask(result)
    expect([response.status, await response.text()], JSON.stringify(result)).toEqual([
      500,
      '{"message":"Internal Server Error"}',
    ])
  }
  expect((await fetch(`${url}/large`)).status).toBe(500)
})
