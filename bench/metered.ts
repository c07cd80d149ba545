import { randomBytes } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { localClients } from '../lib/local/emulators.ts'
import { ensureQueues, ensureTable } from '../lib/local/resources.ts'
import type { Clock } from '../lib/model/clock.ts'
import { parseProcessId } from '../lib/model/ids.ts'
import type { Status } from '../lib/model/record.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { TABLE } from '../lib/registry/table.ts'
import { SILENT } from '../lib/telemetry/port.ts'
import { serveBatch } from '../lib/worker/batch.ts'
import { workerParts } from '../lib/worker/config.ts'
import { startMessage } from '../lib/worker/messages.ts'
import { SqsDeadLetters, SqsDoorbell } from '../lib/worker/queue-sqs.ts'
import { queueShape } from '../lib/worker/queue-shape.ts'
import { sweep, type SweepPass } from '../lib/worker/sweep.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/worker/system.ts'
import { Meter } from './meter.ts'
import { THREE_STEPS, threeSteps, type OnStep } from './three-steps.ts'

const REGION = 'us-east-1'
/** As Lambda gives a worker in the cloud: far more than a scenario takes. */
const INVOCATION_MS = 15 * 60_000

export type Emulated = { readonly dynamoEndpoint: string; readonly sqsEndpoint: string }

export type Metered = Awaited<ReturnType<typeof openMetered>>

/**
 * The real registry, worker and sweep in this process, on emulators over HTTP, with every request of theirs metered.
 * The clock is the real one, and can be put forward.
 */
export async function openMetered({ dynamoEndpoint, sqsEndpoint }: Emulated) {
  const name = `bench-${randomBytes(4).toString('hex')}`
  const unmetered = localClients({ region: REGION, dynamoEndpoint, sqsEndpoint })
  const { sqs } = localClients({ region: REGION, dynamoEndpoint, sqsEndpoint })
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  // One try, as the handlers' client has: the store retries by itself.
  const dynamo = new DynamoDBClient({ endpoint: dynamoEndpoint, region: REGION, credentials, maxAttempts: 1 })
  const [queues] = await Promise.all([
    ensureQueues(unmetered.sqs, { name, endpoint: sqsEndpoint }, queueShape()),
    ensureTable(unmetered.dynamo, name),
  ])
  const meter = new Meter()
  meter.watchDynamo(dynamo, { tables: { [name]: TABLE }, client: unmetered.dynamo })
  meter.watchSqs(sqs)
  const clock = movableClock()
  const registry = new DynamoProcessRegistry({
    client: dynamo,
    tableName: name,
    clock,
    chance: SYSTEM_CHANCE,
  })
  const unmeteredRegistry = new DynamoProcessRegistry({
    client: unmetered.dynamo,
    tableName: name,
    clock,
    chance: SYSTEM_CHANCE,
  })
  const doorbell = new SqsDoorbell({ client: sqs, queueUrl: queues.queueUrl })
  const deadLetters = new SqsDeadLetters({ client: sqs, queueUrl: queues.deadLetterUrl })
  const QueueUrl = queues.queueUrl
  return {
    meter,
    registry,
    clock,
    /** Tells each request to DynamoDB as the product makes it. */
    onRequest(tell: (command: string, input: object) => void): void {
      dynamo.middlewareStack.add(
        (next, context) => (args) => {
          tell(context.commandName ?? '', args.input)
          return next(args)
        },
        { step: 'initialize', priority: 'high', name: 'onRequest' },
      )
    },
    /** Sends start messages as a producer would: that is not the worker's bill. Answers their bodies. */
    async send(ids: readonly string[]): Promise<readonly string[]> {
      const Entries = ids.map((id, index) => ({
        Id: String(index),
        MessageBody: startMessage({ id, kind: THREE_STEPS, input: { order: index } }),
      }))
      await unmetered.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      return Entries.map((entry) => entry.MessageBody)
    },
    /** What Lambda's event source mapping does with one batch. Answers how many messages there were. */
    async serve(ownerId: string, onStep?: OnStep): Promise<number> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      )
      const definitions = [threeSteps(onStep)]
      const worker = workerParts({ registry, definitions, ownerId, doorbell, clock, telemetry: SILENT })
      const deliveries = Messages.map(({ MessageId = '', Body = '' }) => ({
        messageId: MessageId,
        body: Body,
      }))
      const hardAt = clock.now() + INVOCATION_MS
      const failed = await serveBatch({ worker, deadLetters }, deliveries, {
        hardAt,
        remainingMs: () => hardAt - clock.now(),
      })
      if (failed.length > 0) throw new Error(`${failed.length} messages failed`)
      const Entries = Messages.map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message.ReceiptHandle,
      }))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      return Messages.length
    },
    /** Read by a client that nobody meters. */
    statusOf: async (id: string): Promise<Status | undefined> =>
      (await unmeteredRegistry.get(parseProcessId(id)))?.status,
    sweep: (): Promise<SweepPass> => sweep({ registry, doorbell, clock, telemetry: SILENT }),
    close(): void {
      for (const client of [unmetered.dynamo, unmetered.sqs, dynamo, sqs]) client.destroy()
    },
  }
}

/** The real clock, some time ahead. */
function movableClock(): Clock & { forward(ms: number): void } {
  let aheadMs = 0
  return {
    ...SYSTEM_CLOCK,
    now: () => SYSTEM_CLOCK.now() + aheadMs,
    forward(ms) {
      aheadMs += ms
    },
  }
}
