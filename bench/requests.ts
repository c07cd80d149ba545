import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoService } from '../lib/aws/dynamo.ts'
import { OUTSIDE_PATIENCE } from '../lib/host/clients.ts'
import { SYSTEM_CLOCK } from '../lib/host/system.ts'
import { type DynamoRequests, sdkRequests } from '../lib/registry/store/requests.ts'

// `npm run bench:requests`: the CPU of one write to DynamoDB in the worker's process, by the SDK's client and by the client of
// deployed functions. A server in another process answers at once, so that only the client is measured. The two take turns. Compare
// the ratio: the milliseconds are those of this machine at this load. `--json` prints the figures alone.

const ROUNDS = 7
const REQUESTS = 3_000
const AT_A_TIME = 10
const REGION = 'eu-central-1'
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 't'.repeat(600) }

if (process.argv[2] === 'serve') serve()
else await main()

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const server = fork(import.meta.filename, ['serve'])
  try {
    const [port] = (await once(server, 'message')) as [number]
    const endpoint = `http://127.0.0.1:${port}`
    const sdk = new DynamoDBClient({
      endpoint,
      region: REGION,
      credentials: CREDENTIALS,
      maxAttempts: 1,
      requestHandler: OUTSIDE_PATIENCE,
    })
    const deployed = dynamoService({
      endpoint,
      region: REGION,
      credentials: async () => CREDENTIALS,
      clock: SYSTEM_CLOCK,
      http: OUTSIDE_PATIENCE,
    })
    const rounds: { sdkMs: number; deployedMs: number; share: number }[] = []
    // The first round warms both up and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const [sdkMs, deployedMs] = [await cpuMs(sdkRequests(sdk)), await cpuMs(deployed)]
      if (round > 0) rounds.push({ sdkMs, deployedMs, share: deployedMs / sdkMs })
    }
    sdk.destroy()
    deployed.destroy()
    rounds.sort((a, b) => a.share - b.share)
    const median = rounds[Math.floor(ROUNDS / 2)] ?? { sdkMs: 0, deployedMs: 0, share: 0 }
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ ...median, rounds: ROUNDS })}\n`
        : `CPU of a write: SDK ${median.sdkMs.toFixed(2)} ms, deployed functions ${median.deployedMs.toFixed(2)} ms: ${median.share.toFixed(2)} of it (median of ${ROUNDS} rounds)\n`,
    )
  } finally {
    server.kill()
  }
}

/** Milliseconds of this process's CPU for one request. */
async function cpuMs(requests: DynamoRequests): Promise<number> {
  const before = process.cpuUsage()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < REQUESTS) await requests.send('UpdateItem', writeOf(next++))
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, lane))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / REQUESTS
}

/** As large as the commit of a step. */
function writeOf(nth: number) {
  return {
    TableName: 'leasehold',
    Key: { pk: { S: `P#order-${nth}` }, sk: { S: 'PROCESS' } },
    UpdateExpression: 'SET #a = :a, #b = :b, #t = list_append(#t, :t), #c = :c',
    ConditionExpression: '#f = :f AND #c = :d AND #s = :s',
    ExpressionAttributeNames: { '#a': 'a', '#b': 'b', '#t': 't', '#c': 'c', '#f': 'f', '#s': 's' },
    ExpressionAttributeValues: {
      ':a': { N: '12345' },
      ':b': { S: 'b'.repeat(60) },
      ':t': { L: [{ S: 't'.repeat(200) }] },
      ':c': { S: 'commit' },
      ':d': { S: 'before' },
      ':f': { N: '3' },
      ':s': { S: 'running' },
    },
    ReturnValues: 'ALL_NEW' as const,
  }
}

function serve(): void {
  const body = JSON.stringify({ Attributes: { pk: { S: 'P#order' }, t: { L: [{ S: 't'.repeat(600) }] } } })
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(body.length) }
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, headers).end(body))
  }).listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}
