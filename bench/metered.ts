import { randomBytes } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { ProcessClient } from '../lib/client/client.ts'
import type { AnyDefinition } from '../lib/effects/definition.ts'
import { localClients } from '../lib/local/emulators.ts'
import { ensureQueues, ensureTable } from '../lib/local/resources.ts'
import type { Clock } from '../lib/model/clock.ts'
import { parseProcessId } from '../lib/model/ids.ts'
import { MAX_RECEIVES } from '../lib/model/limits.ts'
import type { Status } from '../lib/model/record.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { TABLE } from '../lib/registry/table.ts'
import { SILENT } from '../lib/telemetry/port.ts'
import { serveBatch } from '../lib/worker/batch.ts'
import { workerParts } from '../lib/worker/config.ts'
import { lookMessage, startMessage } from '../lib/queue/messages.ts'
import { SqsRedelivery, toDelivery } from '../lib/queue/redelivery.ts'
import { SqsDeadLetters, SqsDoorbell } from '../lib/queue/sqs.ts'
import { queueShape } from '../lib/queue/shape.ts'
import { sweep, type SweepPass } from '../lib/sweep/sweep.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/host/system.ts'
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
  const doorbell = new SqsDoorbell({
    client: sqs,
    queueUrl: queues.queueUrl,
    isolationQueueUrl: queues.isolationUrl,
  })
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
    async send(
      ids: readonly string[],
      kind: string = THREE_STEPS,
      more: { readonly scope?: string } = {},
    ): Promise<readonly string[]> {
      const Entries = ids.map((id, index) => ({
        Id: String(index),
        MessageBody: startMessage({ id, kind, input: { order: index }, ...more }),
      }))
      await unmetered.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
      return Entries.map((entry) => entry.MessageBody)
    },
    /** What Lambda's event source mapping does with one batch. Answers how many messages there were. */
    async serve(ownerId: string, onStep?: OnStep): Promise<number> {
      return this.serveWith(ownerId, [threeSteps(onStep)])
    },
    /** `serve` by a worker that hides its messages once the batch takes longer than a moment. */
    async serveHiding(ownerId: string, onStep: OnStep): Promise<number> {
      return this.serveWith(ownerId, [threeSteps(onStep)], { QueueUrl, MaxNumberOfMessages: 10, hides: true })
    },
    /** `serve` for the queue of processes whose worker died: one message. */
    async serveSuspect(ownerId: string): Promise<number> {
      return this.serveWith(ownerId, [threeSteps()], {
        QueueUrl: queues.isolationUrl,
        MaxNumberOfMessages: 1,
      })
    },
    /** `serve` with definitions of the caller's. Waits for a message where none is there yet. */
    async serveWith(
      ownerId: string,
      definitions: readonly AnyDefinition[],
      { hides = false, ...from }: Source = { QueueUrl, MaxNumberOfMessages: 10 },
    ): Promise<number> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          ...from,
          WaitTimeSeconds: 5,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      )
      const worker = workerParts({ registry, definitions, ownerId, doorbell, clock, telemetry: SILENT })
      const name = from.QueueUrl.slice(from.QueueUrl.lastIndexOf('/') + 1)
      const records = Messages.map((message) => ({
        messageId: message.MessageId ?? '',
        body: message.Body ?? '',
        receiptHandle: message.ReceiptHandle ?? '',
        eventSourceARN: `arn:aws:sqs:${REGION}:0:${name}`,
        attributes: message.Attributes ?? {},
      }))
      const hiding = new SqsRedelivery({ client: sqs, queueUrls: [from.QueueUrl], maxAttempts: MAX_RECEIVES })
      const redelivery = hides ? { redelivery: hiding.of(records) } : {}
      const hardAt = clock.now() + INVOCATION_MS
      const failed = await serveBatch({ worker, deadLetters, ...redelivery }, records.map(toDelivery), {
        hardAt,
        remainingMs: () => hardAt - clock.now(),
      })
      if (failed.length > 0) throw new Error(`${failed.length} messages failed`)
      const Entries = Messages.map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message.ReceiptHandle,
      }))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: from.QueueUrl, Entries }))
      return Messages.length
    },
    /** What a wake-up for this process would make a worker do, without the queue. */
    async look(ownerId: string, id: string, definitions: readonly AnyDefinition[]): Promise<void> {
      const worker = workerParts({ registry, definitions, ownerId, doorbell, clock, telemetry: SILENT })
      const body = lookMessage(parseProcessId(id))
      await serveBatch({ worker, deadLetters }, [{ id: 'look', body }], {})
    },
    /** Runs `count` processes until they park. Unmetered, and without a message each. */
    async parked(count: number, definition: AnyDefinition): Promise<void> {
      const registry = unmeteredRegistry
      const worker = workerParts({
        registry,
        definitions: [definition],
        ownerId: 'worker-1',
        clock,
        telemetry: SILENT,
        concurrency: 32,
      })
      const deliveries = Array.from({ length: count }, (_, index) => ({
        id: String(index),
        body: startMessage({
          id: `${definition.kind}-${index}`,
          kind: definition.kind,
          input: { order: index },
        }),
      }))
      const failed = await serveBatch({ worker, deadLetters }, deliveries, {})
      if (failed.length > 0) throw new Error(`${failed.length} of ${count} processes did not park`)
    },
    /** Signals and the like from outside, metered. */
    client: new ProcessClient({ registry, doorbell, clock }),
    /** Read by a client without a meter. */
    statusOf: async (id: string): Promise<Status | undefined> =>
      (await unmeteredRegistry.get(parseProcessId(id)))?.status,
    sweep: (): Promise<SweepPass> => sweep({ registry, doorbell, clock, telemetry: SILENT }),
    close(): void {
      for (const client of [unmetered.dynamo, unmetered.sqs, dynamo, sqs]) client.destroy()
    },
  }
}

/** Where messages come from. `hides`: the worker may hide them, as deployed. A metered batch takes longer than one on AWS. */
type Source = {
  readonly QueueUrl: string
  readonly MaxNumberOfMessages: number
  readonly hides?: boolean
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
