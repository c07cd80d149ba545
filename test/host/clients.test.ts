import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { dynamoClient, OUTSIDE_PATIENCE, sqsClient } from '../../lib/host/clients.ts'
import { registryOf } from '../../lib/host/deployed.ts'
import { StoreUnavailable } from '../../lib/model/errors.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { STORE_TRIES } from '../../lib/model/limits.ts'
import { readEnvironment } from '../../lib/host/environment.ts'
import { readFailure } from '../../lib/registry/store/refusals.ts'

const GET = { TableName: 'table', Key: { pk: { S: 'a' }, sk: { S: 'b' } } }

beforeEach(() => {
  process.env['AWS_REGION'] = 'us-east-1'
  process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'local'
})

/** Takes every connection, reads what comes, and never answers. */
async function silence(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function told(): Promise<ReturnType<typeof readEnvironment>> {
  const endpoint = await silence()
  return readEnvironment({
    LEASEHOLD_TABLE: 'table',
    LEASEHOLD_QUEUE_URL: `${endpoint}/queue`,
    LEASEHOLD_DEAD_LETTER_URL: `${endpoint}/dead`,
    LEASEHOLD_DYNAMODB_ENDPOINT: endpoint,
    LEASEHOLD_SQS_ENDPOINT: endpoint,
    LEASEHOLD_RENEW_EVERY_MS: '200',
  })
}

test('a DynamoDB request without a reply fails before the next renewal, and may be applied', async () => {
  const client = dynamoClient(await told())
  onTestFinished(() => client.destroy())
  const asked = client.send('GetItem', GET)
  const error: unknown = await asked.then(
    () => undefined,
    (failed: unknown) => failed,
  )
  expect(readFailure(error)).toMatchObject({ again: true, maybeApplied: true })
}, 10_000)

test('an operation on a table that answers nothing ends within its patience', async () => {
  const registry = registryOf(await told(), {}, 900)
  const beganAt = performance.now()
  const error: unknown = await registry.get(parseProcessId('a')).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(StoreUnavailable)
  // A try takes 200 ms: with all of its tries the operation took 1,600 ms and the pauses between them.
  expect(performance.now() - beganAt).toBeLessThan(1_500)
  expect((error as StoreUnavailable).facts['tries']).toBeLessThan(STORE_TRIES)
}, 10_000)

test('a client outside of the functions gives up on a request that is never answered', async () => {
  const { LEASEHOLD_DYNAMODB_ENDPOINT: endpoint = '' } = await told()
  const client = new DynamoDBClient({ endpoint, maxAttempts: 1, requestHandler: OUTSIDE_PATIENCE })
  onTestFinished(() => client.destroy())
  const get = new GetItemCommand({ TableName: 'table', Key: { pk: { S: 'a' }, sk: { S: 'b' } } })
  await expect(client.send(get)).rejects.toThrow(/timeout/i)
}, 15_000)

test('a function that holds no lease gives up on a request that is never answered, too', async () => {
  const { LEASEHOLD_DYNAMODB_ENDPOINT } = await told()
  const client = dynamoClient({ LEASEHOLD_DYNAMODB_ENDPOINT })
  onTestFinished(() => client.destroy())
  await expect(client.send('GetItem', GET)).rejects.toThrow(/timeout/i)
}, 15_000)

test('a request to SQS that is never answered fails', async () => {
  const environment = await told()
  const client = sqsClient(environment)
  onTestFinished(() => client.destroy())
  const command = new SendMessageCommand({ QueueUrl: environment.LEASEHOLD_QUEUE_URL, MessageBody: 'x' })
  await expect(client.send(command)).rejects.toThrow(/timeout/i)
}, 20_000)

const BODY = 'x'

/** Answers everything, and counts who connects and who asks. */
async function counting() {
  const counts = { connections: 0, requests: 0 }
  const server = createHttpServer((request, response) => {
    counts.requests += 1
    // The client of SQS compares the sum that it is answered with its own, of the body that `send` below has.
    const answer = { MessageId: '1', MD5OfMessageBody: createHash('md5').update(BODY).digest('hex') }
    request.resume().once('end', () => response.end(JSON.stringify(answer)))
  })
  server.on('connection', () => (counts.connections += 1))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return { counts, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

// An emulator ends a connection that is idle (the one of SQS after 72 s). A function whose event loop was blocked that long
// sends its next request into it.
describe('a request on a connection that its server has ended', () => {
  /** Answers the first request of each connection, and ends the connection at the second. */
  async function endingConnections(): Promise<string> {
    const seen = new WeakSet<object>()
    const server = createHttpServer((request, response) => {
      if (seen.has(request.socket)) return void request.socket.destroy()
      seen.add(request.socket)
      const answer = { MessageId: '1', MD5OfMessageBody: createHash('md5').update(BODY).digest('hex') }
      request.resume().once('end', () => response.end(JSON.stringify(answer)))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('gets through to SQS at the next try', async () => {
    const endpoint = await endingConnections()
    const client = sqsClient({ LEASEHOLD_SQS_ENDPOINT: endpoint })
    onTestFinished(() => client.destroy())
    const send = new SendMessageCommand({ QueueUrl: `${endpoint}/queue`, MessageBody: BODY })
    expect((await client.send(send)).$metadata.attempts).toBe(1)
    expect((await client.send(send)).$metadata.attempts).toBe(2)
  })

  test('is sent to DynamoDB again by the store', async () => {
    const endpoint = await endingConnections()
    const client = dynamoClient({ LEASEHOLD_DYNAMODB_ENDPOINT: endpoint })
    onTestFinished(() => client.destroy())
    await client.send('GetItem', GET)
    const error = await client.send('GetItem', GET).catch((failed: unknown) => failed)
    expect(readFailure(error)).toMatchObject({ again: true, maybeApplied: true })
    await client.send('GetItem', GET)
  })
})

describe('requests that come after one another take the same connection,', () => {
  const times = Array.from({ length: 5 })
  const get = new GetItemCommand({ TableName: 'table', Key: { pk: { S: 'a' }, sk: { S: 'b' } } })

  test('to DynamoDB', async () => {
    const { counts, endpoint } = await counting()
    const client = dynamoClient({ LEASEHOLD_DYNAMODB_ENDPOINT: endpoint, LEASEHOLD_RENEW_EVERY_MS: 10_000 })
    onTestFinished(() => client.destroy())
    for (const _ of times) await client.send('GetItem', GET)
    expect(counts).toEqual({ connections: 1, requests: 5 })
  })

  test('to SQS', async () => {
    const { counts, endpoint } = await counting()
    const client = sqsClient({ LEASEHOLD_SQS_ENDPOINT: endpoint, LEASEHOLD_RENEW_EVERY_MS: 10_000 })
    onTestFinished(() => client.destroy())
    const send = new SendMessageCommand({ QueueUrl: `${endpoint}/queue`, MessageBody: BODY })
    for (const _ of times) await client.send(send)
    expect(counts).toEqual({ connections: 1, requests: 5 })
  })

  test('from outside of the functions', async () => {
    const { counts, endpoint } = await counting()
    const client = new DynamoDBClient({ endpoint, maxAttempts: 1, requestHandler: OUTSIDE_PATIENCE })
    onTestFinished(() => client.destroy())
    for (const _ of times) await client.send(get)
    expect(counts).toEqual({ connections: 1, requests: 5 })
  })
})
