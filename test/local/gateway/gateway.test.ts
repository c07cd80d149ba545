import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect, test } from 'vitest'
import { sigV4 } from '../../../lib/client/http/signing.ts'
import { localToken } from '../../../lib/local/gateway/tokens.ts'
import { openGateway as open } from '../../helpers/gateway.ts'

type Echoed = {
  rawPath: string
  rawQueryString: string
  headers: Record<string, string>
  body?: string
  isBase64Encoded: boolean
  requestContext: { http: { method: string }; authorizer?: { iam: Record<string, string> } }
}
const echoed = async (response: Response): Promise<Echoed> => (await response.json()) as Echoed

test('a request becomes an event of payload 2.0, and the result an answer', async () => {
  const { url } = await open()
  const body = '{"a":"ä"}'
  const headers = { 'content-type': 'application/json', 'X-One': '1' }
  const response = await fetch(`${url}/v1/a%20b?x=1&x=2`, { method: 'POST', body, headers })
  expect([response.status, response.headers.get('x-told')]).toEqual([202, 'yes'])
  expect(await echoed(response)).toMatchObject({
    rawPath: '/v1/a b',
    rawQueryString: 'x=1&x=2',
    headers: { 'x-one': '1', 'content-type': 'application/json' },
    body,
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' } },
  })
  const bytes = await fetch(`${url}/v1/a`, {
    method: 'POST',
    body: new Uint8Array([0, 255]),
    headers: { 'content-type': 'application/octet-stream' },
  })
  expect(await echoed(bytes)).toMatchObject({ body: 'AP8=', isBase64Encoded: true })
  const answered = await fetch(`${url}/bytes`)
  expect([...new Uint8Array(await answered.arrayBuffer())]).toEqual([0, 255])
})

test('a path arrives decoded once, and only up to an escaped question mark', async () => {
  const { url, events } = await open({ environments: 3 })
  const rawPaths = async (...paths: string[]) =>
    Promise.all(paths.map(async (path) => (await echoed(await fetch(`${url}/v1/${path}`))).rawPath))
  expect(await rawPaths('100%2525', 'x%2Fy', 'a%3Fb/c')).toEqual(['/v1/100%25', '/v1/x/y', '/v1/a'])
  const broken = await fetch(`${url}/v1/100%`)
  expect([broken.status, await broken.json()]).toEqual([400, { message: 'Bad Request' }])
  expect(events.of('invoked')).toHaveLength(3)
})

test('a handler that throws, exits or times out is answered as on AWS, and the next one works', async () => {
  const { url } = await open({ timeoutMs: 500 })
  expect((await fetch(`${url}/throw`)).status).toBe(500)
  expect((await fetch(`${url}/exit`)).status).toBe(500)
  expect((await fetch(`${url}/sleep`)).status).toBe(503)
  expect((await fetch(`${url}/v1/a`)).status).toBe(202)
})

test('a request over 10 MB, and an event over 6 MB, never reach the function', async () => {
  const { url, events } = await open()
  for (const bytes of [6 * 1_048_576, 10 * 1_048_576 + 1]) {
    const body = 'x'.repeat(bytes)
    expect((await fetch(`${url}/v1/a`, { method: 'POST', body })).status).toBe(413)
  }
  expect(events.of('invoked')).toEqual([])
})

test('a request is answered 503 when every environment is busy', async () => {
  const gateway = await open({ environments: 1 })
  const { url, events } = gateway
  const busy = fetch(`${url}/sleep`).catch(() => undefined)
  await events.until((all) => all.of('environment-started').length === 1)
  const response = await fetch(`${url}/v1/a`)
  expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }])
  await gateway.stop()
  await busy
})

test('with iam a request has to be signed, by the local user, over this very request', async () => {
  const { url, events } = await open({ auth: 'iam' })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const sign = sigV4({ region: 'us-east-1', service: 'execute-api', credentials })
  const target = new URL(`${url}/v1/a?b=2&a=%C3%A4%20x`)
  const body = '{"a":1}'
  const toSign = {
    method: 'POST',
    url: target,
    headers: { 'content-type': 'application/json' },
    body,
  } as const
  const headers = await sign(toSign)
  const signed = await fetch(target, { method: 'POST', headers, body })
  expect(signed.status).toBe(202)
  expect((await echoed(signed)).requestContext.authorizer?.iam).toMatchObject({
    userArn: 'arn:aws:iam::000000000000:user/local',
  })
  // As curl signs: over host and date, with no header for the hash of the body.
  const plain = new SignatureV4({
    region: 'us-east-1',
    service: 'execute-api',
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  })
  const { host, hostname, pathname: path } = target
  const query = { b: '2', a: 'ä x' }
  const asCurl = await plain.sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    path,
    query,
    body,
    headers: { host },
  })
  expect(asCurl.headers['x-amz-content-sha256']).toBeUndefined()
  expect((await fetch(target, { method: 'POST', body, headers: asCurl.headers })).status).toBe(202)
  const changed = fetch(target, { method: 'POST', body: '{"a":2}', headers: asCurl.headers })
  expect((await changed).status).toBe(403)
  const stranger = sigV4({
    region: 'us-east-1',
    service: 'execute-api',
    credentials: { ...credentials, secretAccessKey: 'guessed' },
  })
  const old = { ...headers, 'x-amz-date': '20200101T000000Z' }
  const refused = [
    fetch(target, { method: 'POST', body }),
    fetch(target, { method: 'POST', body: '{"a":2}', headers }),
    fetch(new URL('/v1/b', target), { method: 'POST', body, headers }),
    fetch(target, { method: 'POST', body, headers: old }),
    fetch(target, { method: 'POST', body, headers: await stranger(toSign) }),
    fetch(target, { method: 'POST', body, headers: { authorization: 'Bearer token' } }),
  ]
  expect((await Promise.all(refused)).map(({ status }) => status)).toEqual(refused.map(() => 403))
  expect(events.of('invoked')).toHaveLength(2)
})

test('with jwt a request needs an unexpired token of the local issuer, and passes its claims on', async () => {
  const { url, events } = await open({ auth: 'jwt' })
  const ask = (token: string, scheme = 'Bearer') =>
    fetch(`${url}/v1/a`, { headers: { authorization: `${scheme} ${token}` } })
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600
  const token = localToken({ sub: 'ann', scope: 'leasehold/read leasehold/start', exp: inAnHour })
  const known = await ask(token)
  expect(known.status).toBe(202)
  expect((await echoed(known)).requestContext.authorizer).toEqual({
    jwt: {
      claims: { sub: 'ann', scope: 'leasehold/read leasehold/start', exp: String(inAnHour) },
      scopes: null,
    },
  })
  const [head = '', , signature = ''] = token.split('.')
  const claims = Buffer.from('{"sub":"bob"}').toString('base64url')
  const refused = await Promise.all([
    fetch(`${url}/v1/a`),
    ask(token, 'Basic'),
    ask(`${head}.${claims}.${signature}`),
    ask(token.slice(0, -3)),
    ask(localToken({ sub: 'ann', exp: inAnHour - 7_200 })),
    ask('..'),
  ])
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401))
  expect(refused[0]?.headers.get('www-authenticate')).toBe('Bearer')
  expect(await refused[0]?.json()).toEqual({ message: 'Unauthorized' })
  expect(events.of('invoked')).toHaveLength(1)
})
