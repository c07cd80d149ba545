import { SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll } from 'vitest'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'

/** An SQS emulator for the tests of a file, from their first to their last. Answers how to get the client of it. */
export function sqsForTests(): () => SQSClient {
  let sqs: LocalServer
  let client: SQSClient
  beforeAll(async () => {
    sqs = await startSqs({ region: 'us-east-1' })
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    client = new SQSClient({
      endpoint: sqs.endpoint,
      region: 'us-east-1',
      credentials,
      useQueueUrlAsEndpoint: false,
    })
  })
  afterAll(async () => {
    client.destroy()
    await sqs.stop()
  })
  return () => client
}
