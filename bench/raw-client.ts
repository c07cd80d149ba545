import { once } from 'node:events'
import { Agent, request } from 'node:http'
import pMap from 'p-map'
import type { RawOrder } from './raw.ts'

// A process of the raw side of the benches: it sends recorded requests over bare HTTP and does nothing else. It reads its order first,
// then ids; it answers each message once that is done.

/** As a worker runs them. */
const AT_ONCE = 10
/** No emulator verifies a signature, but each wants one. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00'

const [order] = (await once(process, 'message')) as [RawOrder]
const { recording, tableName, endpoint } = order
const agent = new Agent({ keepAlive: true })
const { hostname, port } = new URL(endpoint)
const templates = recording.requests.map(({ operation, input }) => ({
  target: `DynamoDB_20120810.${operation}`,
  text: JSON.stringify({ ...input, TableName: tableName }),
}))

process.on('message', (ids: readonly string[]) => {
  pMap(ids, replay, { concurrency: AT_ONCE }).then(
    () => process.send?.('done'),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.('ready')

async function replay(id: string): Promise<void> {
  for (const { target, text } of templates) await send(target, text.replaceAll(recording.id, id))
}

function send(target: string, body: string): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
    'x-amz-target': target,
    authorization: AUTHORIZATION,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method: 'POST', path: '/', agent, headers }, (reply) => {
      reply.resume()
      reply.once('error', reject).once('end', () => {
        if (reply.statusCode === 200) resolve()
        else reject(new Error(`${target}: the store answered ${reply.statusCode}`))
      })
    })
    sent.once('error', reject).end(body)
  })
}
