import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignatureV4 } from '@smithy/signature-v4'
import { Sha256 } from '@aws-crypto/sha256-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { JsonService, type Credentials, type JsonServiceConfig } from '../../lib/aws/json-service.ts'
import { readFailure, refusedTransaction, refusedWrite } from '../../lib/registry/store/refusals.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const FIRST: Credentials = { accessKeyId: 'first', secretAccessKey: 'secret', sessionToken: 'token' }

type Asked = {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly connection: object
}
type Answer = (asked: Asked, response: ServerResponse) => void

/** A service over HTTP that answers its requests in turn, the last answer for all that follow. */
async function service(answers: readonly Answer[], config: Partial<JsonServiceConfig> = {}) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => (body += text))
    request.on('end', () => {
      const one = { headers: request.headers, body, connection: request.socket }
      asked.push(one)
      answers[Math.min(asked.length, answers.length) - 1]?.(one, response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new JsonService({
    service: 'dynamodb',
    target: 'DynamoDB_20120810',
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: async () => FIRST,
    clock: { now: () => NOW },
    http: { connectionTimeout: 1000, requestTimeout: 300, socketTimeout: 300, throwOnRequestTimeout: true },
    ...config,
  })
  onTestFinished(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { client, asked, port }
}

const reply =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
      .end(JSON.stringify(value))
const refuse = (type: string, fields: object = {}, headers: Record<string, string> = {}): Answer =>
  reply(
    { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `it is ${type}`, ...fields },
    400,
    headers,
  )

function failureOf(sent: Promise<unknown>): Promise<unknown> {
  return sent.then(
    () => undefined,
    (failed: unknown) => failed,
  )
}

describe('a request', () => {
  test('has the operation, the body and a signature that the signer of the SDK makes too', async () => {
    const { client, asked, port } = await service([reply({ Item: { a: { N: '1' } } })])
    expect(await client.send('GetItem', { TableName: 'ü' })).toEqual({ Item: { a: { N: '1' } } })
    const [{ headers, body } = { headers: {}, body: '' }] = asked
    expect(body).toBe('{"TableName":"ü"}')
    const signer = new SignatureV4({
      service: 'dynamodb',
      region: 'eu-central-1',
      credentials: FIRST,
      sha256: Sha256,
    })
    const expected = await signer.sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: '127.0.0.1',
        port,
        path: '/',
        query: {},
        headers: {
          host: `127.0.0.1:${port}`,
          'content-type': 'application/x-amz-json-1.0',
          'content-length': '18',
          'x-amz-target': 'DynamoDB_20120810.GetItem',
        },
        body,
      },
      { signingDate: new Date(NOW) },
    )
    expect(headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'content-length': '18',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      authorization: expected.headers['authorization'],
      'x-amz-security-token': 'token',
      'x-amz-date': '20260102T030405Z',
    })
  })

  test('carries unsigned headers such as that of a trace', async () => {
    const { client, asked } = await service([reply({})], { headers: () => ({ 'x-amzn-trace-id': 'Root=1' }) })
    await client.send('GetItem', {})
    expect(asked[0]?.headers['x-amzn-trace-id']).toBe('Root=1')
    expect(asked[0]?.headers.authorization).not.toContain('trace')
  })

  test('returns bytes as the SDK returns them', async () => {
    const Item = { b: { B: 'aGk=' }, s: { BS: ['aGk='] }, m: { M: { B: { S: 'text' } } }, t: { S: '"B":' } }
    const { client } = await service([reply({ Item })])
    const hi = new Uint8Array([104, 105])
    expect(await client.send('GetItem', {})).toEqual({
      Item: { b: { B: hi }, s: { BS: [hi] }, m: { M: { B: { S: 'text' } } }, t: { S: '"B":' } },
    })
  })
})

describe('a refusal', () => {
  test('of a condition has the item that was found', async () => {
    const { client } = await service([
      refuse('ConditionalCheckFailedException', { Item: { pk: { S: 'a' } } }),
    ])
    const error = await failureOf(client.send('UpdateItem', {}))
    expect(refusedWrite(error)).toEqual({ applied: false, found: { pk: 'a' } })
  })

  test('of a transaction has the reasons of its parts', async () => {
    const CancellationReasons = [
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Item: { pk: { S: 'b' } } },
    ]
    const { client } = await service([refuse('TransactionCanceledException', { CancellationReasons })])
    const error = await failureOf(client.send('TransactWriteItems', {}))
    expect(refusedTransaction(error)).toEqual({ applied: false, failed: [undefined, { found: { pk: 'b' } }] })
  })

  test('says what to do about it', async () => {
    const sent: readonly (readonly [Answer, object])[] = [
      [refuse('ThrottlingException'), { again: true, maybeApplied: false }],
      [refuse('TransactionConflictException'), { again: true, maybeApplied: false }],
      [
        refuse('ValidationException'),
        { again: false, reason: 'ValidationException: it is ValidationException' },
      ],
      [reply({ __type: 'x#InternalServerError', Message: 'no' }, 500), { again: true, maybeApplied: true }],
      [(_, response) => void response.writeHead(503).end('<html>'), { again: true, maybeApplied: true }],
      // A proxy that answers in the place of the service.
      [(_, response) => void response.writeHead(200).end('<html>'), { again: false }],
      [
        reply({}, 403, { 'x-amzn-errortype': 'AccessDeniedException:http://x' }),
        { again: false, reason: 'AccessDeniedException: HTTP status 403' },
      ],
    ]
    for (const [answer, expected] of sent) {
      const { client, asked } = await service([answer])
      expect(readFailure(await failureOf(client.send('PutItem', {})))).toMatchObject(expected)
      expect(asked).toHaveLength(1)
    }
  })
})

describe('a request without a reply', () => {
  test.each<readonly [string, Answer]>([
    ['is never answered', () => {}],
    ['is answered by a reset', (_, response) => void response.socket?.destroy()],
    [
      'stops within its headers',
      (_, response) => void response.writeHead(200, { 'content-length': '10' }).write(''),
    ],
    [
      'stops within its body',
      (_, response) => void response.writeHead(200, { 'content-length': '10' }).write('{"a"'),
    ],
    [
      'is cut within its body',
      (_, response) => {
        response.writeHead(200, { 'content-length': '10' }).write('{"a"', () => response.socket?.destroy())
      },
    ],
  ])('that %s may have been carried out', async (_, answer) => {
    const { client, asked } = await service([answer])
    const error = await failureOf(client.send('PutItem', {}))
    expect(readFailure(error)).toMatchObject({ again: true, maybeApplied: true })
    expect(asked).toHaveLength(1)
  })
})

describe('a clock that is wrong', () => {
  const date = (offMs: number) => ({ date: new Date(NOW + offMs).toUTCString() })

  test('is corrected by the time of the service, once and for all later requests', async () => {
    const hourMs = 3_600_000
    const { client, asked } = await service([
      refuse('InvalidSignatureException', {}, date(hourMs)),
      reply({ second: 1 }),
    ])
    expect(await client.send('PutItem', {})).toEqual({ second: 1 })
    await client.send('PutItem', {})
    expect(asked.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20260102T030405Z',
      '20260102T040405Z',
      '20260102T040405Z',
    ])
  })

  test('is no reason to send again when the service has the same time', async () => {
    const { client, asked } = await service([refuse('InvalidSignatureException', {}, date(1000))])
    expect(await failureOf(client.send('PutItem', {}))).toMatchObject({ name: 'InvalidSignatureException' })
    expect(asked).toHaveLength(1)
  })

  test('is corrected once a request, so that a service that always refuses is not asked for ever', async () => {
    const { client, asked } = await service([refuse('RequestTimeTooSkewed', {}, date(3_600_000))])
    expect(await failureOf(client.send('PutItem', {}))).toMatchObject({ name: 'RequestTimeTooSkewed' })
    expect(asked).toHaveLength(2)
  })
})

describe('credentials', () => {
  const second = { ...FIRST, accessKeyId: 'second' }

  test('that have expired are replaced by those that the provider has now', async () => {
    let now = FIRST
    const { client, asked } = await service(
      [
        (one, response) => {
          now = second
          refuse('ExpiredTokenException')(one, response)
        },
        reply({ fresh: true }),
      ],
      { credentials: async () => now },
    )
    expect(await client.send('PutItem', {})).toEqual({ fresh: true })
    expect(asked.map(({ headers }) => /Credential=(\w+)/u.exec(headers.authorization ?? '')?.[1])).toEqual([
      'first',
      'second',
    ])
  })

  test('that have expired and are the same now are refused', async () => {
    const { client, asked } = await service([refuse('ExpiredTokenException')])
    const error = await failureOf(client.send('PutItem', {}))
    expect(readFailure(error)).toMatchObject({
      again: false,
      reason: expect.stringContaining('ExpiredToken'),
    })
    expect(asked).toHaveLength(1)
  })

  test('that cannot be had fail the request before it is sent', async () => {
    const credentials = () => Promise.reject(new Error('no credentials'))
    const { client, asked } = await service([reply({})], { credentials })
    await expect(client.send('PutItem', {})).rejects.toThrow('no credentials')
    expect(asked).toEqual([])
  })
})

test('requests that come after one another take one connection', async () => {
  const { client, asked } = await service([reply({})])
  for (const _ of [1, 2, 3]) await client.send('GetItem', {})
  expect(new Set(asked.map(({ connection }) => connection)).size).toBe(1)
})
