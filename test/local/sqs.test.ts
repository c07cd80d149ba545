import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import { localClients, startEmulators } from '../../lib/local/emulators.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'

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

test('a stack gives the emulator the port that it was asked for', async () => {
  const [region, onEvent] = ['us-east-1', () => undefined]
  const free = await startSqs({ region })
  const sqsPort = Number(new URL(free.endpoint).port)
  await free.stop()
  const dynamoEndpoint = free.endpoint
  const emulators = await startEmulators({ region, onEvent, dynamoEndpoint, sqsPort })
  try {
    expect(emulators.sqsEndpoint).toBe(free.endpoint)
  } finally {
    await emulators.stop()
  }
  const both = { region, onEvent, dynamoEndpoint, sqsEndpoint: free.endpoint, sqsPort }
  await expect(startEmulators(both)).rejects.toThrow(InvalidConfig)
})
