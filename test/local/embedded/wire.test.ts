import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEmbeddedStore, type EmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'
import { tableOf } from './differential/both-stores.ts'

describe('the wire of the embedded store', () => {
  let store: EmbeddedStore
  beforeAll(async () => {
    store = await startEmbeddedStore()
  })
  afterAll(() => store.stop())

  test('an answer has a request id and a checksum of its bytes', async () => {
    const { status, headers, body } = await ask('DynamoDB_20120810.ListTables', '{}')
    expect({ status, body }).toEqual({ status: 200, body: '{"TableNames":[]}' })
    expect(headers['content-type']).toBe('application/x-amz-json-1.0')
    expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers['x-amz-crc32']).toBe(String(crc32(body)))
  })

  test.each(['', '[]', '{bad', '{"TableName":1}', '{"TableName":"abc","Item":{"pk":{"S":1}}}'])(
    'the body %j is a serialization error',
    async (body) => {
      const answer = await ask('DynamoDB_20120810.PutItem', body)
      expect(answer.status).toBe(400)
      expect(answer.body).toContain('#SerializationException')
    },
  )

  test('a request without a signature or a known target is refused', async () => {
    const unsigned = await ask('DynamoDB_20120810.ListTables', '{}', {})
    expect(unsigned.body).toContain('#MissingAuthenticationToken')
    expect((await ask('Other.ListTables', '{}')).body).toContain('#InvalidAction')
  })

  test('attribute names that all objects inherit are ordinary attributes', async () => {
    await ask('DynamoDB_20120810.CreateTable', JSON.stringify(TABLE))
    const item = `{"pk":{"S":"a"},"__proto__":{"S":"b"},"constructor":{"M":{"__proto__":{"N":"1"}}}}`
    await ask('DynamoDB_20120810.PutItem', `{"TableName":"inherited","Item":${item}}`)
    const set = {
      UpdateExpression: 'SET #p = #c.#p',
      ExpressionAttributeNames: { '#p': '__proto__', '#c': 'constructor' },
    }
    const updated = await ask(
      'DynamoDB_20120810.UpdateItem',
      JSON.stringify({ TableName: 'inherited', Key: { pk: { S: 'a' } }, ReturnValues: 'ALL_NEW', ...set }),
    )
    expect(updated.body).toBe(`{"Attributes":${item.replace('{"S":"b"}', '{"N":"1"}')}}`)
  })

  async function ask(
    target: string,
    body: string,
    headers: Record<string, string> = { authorization: 'signed' },
  ): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
    const sent = request(store.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': target, ...headers },
    })
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }
})

const TABLE = tableOf('inherited', { pk: 'S' })
