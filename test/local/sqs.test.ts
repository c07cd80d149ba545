import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { localClients } from '../../lib/local/emulators.ts'
import { startSqs } from '../../lib/local/sqs.ts'

test('one that was killed comes back where it was, with its messages', async () => {
  const [region, dataDir] = ['us-east-1', mkdtempSync(join(tmpdir(), 'leasehold-again-'))]
  const first = await startSqs({ region, dataDir })
  const { sqs } = localClients({ region, dynamoEndpoint: first.endpoint, sqsEndpoint: first.endpoint })
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'kept' }))
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'said before' }))
  process.kill(first.pid, 'SIGKILL')
  await first.ended
  const second = await startSqs({ region, dataDir, port: Number(new URL(first.endpoint).port) })
  try {
    expect(second.endpoint).toBe(first.endpoint)
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
    expect(Messages?.map(({ Body }) => Body)).toEqual(['said before'])
  } finally {
    await second.stop()
    rmSync(dataDir, { recursive: true })
  }
})
