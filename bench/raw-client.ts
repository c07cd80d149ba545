import { once } from 'node:events'
import {
  PutItemCommand,
  UpdateItemCommand,
  type PutItemCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import * as v from 'valibot'
import { localClients } from '../lib/local/emulators.ts'
import type { RawOrder, RecordedRequest } from './raw.ts'

// A process of the raw side of the throughput bench: it sends recorded requests and does nothing else.

const Started = v.object({ id: v.string() })

const [order] = (await once(process, 'message')) as [RawOrder]
const { dynamoEndpoint, sqsEndpoint, tableName, queueUrl: QueueUrl, recording } = order
const { dynamo, sqs } = localClients({ region: 'us-east-1', dynamoEndpoint, sqsEndpoint })
const templates = recording.requests.map(({ command, input }) => ({ command, text: JSON.stringify(input) }))

tell('ready')
for (;;) {
  const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 })
  const { Messages = [] } = await sqs.send(receive)
  if (Messages.length === 0) continue
  await Promise.all(Messages.map(({ Body = '' }) => replay(v.parse(Started, JSON.parse(Body)).id)))
  const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
  tell(Messages.length)
}

async function replay(id: string): Promise<void> {
  for (const { command, text } of templates) {
    const input = JSON.parse(text.replaceAll(recording.id, id)) as object
    await send({ command, input: { ...input, TableName: tableName } })
  }
}

async function send({ command, input }: RecordedRequest): Promise<void> {
  if (command === 'PutItemCommand') await dynamo.send(new PutItemCommand(input as PutItemCommandInput))
  else if (command === 'UpdateItemCommand')
    await dynamo.send(new UpdateItemCommand(input as UpdateItemCommandInput))
  else throw new Error(`a recorded process sent ${command}`)
}

function tell(what: 'ready' | number): void {
  process.send?.(what)
}
